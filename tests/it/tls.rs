//! Runs over TLS, and what is told of clients that speak it where nobody does. Nothing but Rust and a shell is
//! needed.

use serde_json::{Value, json};
use slicecheck::harness::{Checked, Job, check};
use slicecheck::results::RunVerdict;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cli::slicecheck;

fn judge(options: &[&str], client: &[&str]) -> (Option<i32>, Value) {
    let output = slicecheck(&[&["run", "--report", "json=-"], options, client].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    (output.status.code(), serde_json::from_slice(&output.stdout).expect(&said))
}

/// The scenarios that did not pass.
fn others(report: &Value) -> Vec<&str> {
    let scenarios = report["scenarios"].as_array().unwrap().iter();
    let others = scenarios.filter(|scenario| scenario["verdict"] != "pass");
    others.map(|scenario| scenario["id"].as_str().unwrap()).collect()
}

#[test]
fn the_built_in_client_does_over_tls_what_it_does_without() {
    let (_, plain) = judge(&["--strict"], &[]);
    let (exit, over_tls) = judge(&["--strict", "--tls"], &[]);
    assert_eq!(exit, Some(0), "{over_tls:#}");
    assert_eq!(others(&over_tls), others(&plain));
    let topics = |report: &Value| report["summary"]["exercised"]["topics"].clone();
    let mut expected = topics(&plain);
    assert_eq!(expected["tls"], Value::Null);
    expected["tls"] = json!([3, 3]);
    assert_eq!(topics(&over_tls), expected);
}

#[test]
fn the_built_in_client_is_judged_through_tunnels_of_a_proxy() {
    let scenarios = ["-s", "happy/*", "-s", "transport/*", "-s", "tls/*"];
    let (exit, report) = judge(&[&["--tls", "--via", "proxy"][..], &scenarios].concat(), &[]);
    assert_eq!((exit, others(&report)), (Some(0), vec![]), "{report:#}");
}

#[test]
fn two_runs_over_tls_differ_in_nothing_but_the_time() {
    let run = || {
        let (_, mut report) = judge(&["--tls", "-s", "happy/*", "-s", "tls/*"], &[]);
        for scenario in report["scenarios"].as_array_mut().unwrap() {
            scenario["ms"] = json!(0);
        }
        report
    };
    assert_eq!(run(), run());
}

#[test]
fn what_is_about_tls_is_only_played_with_it() {
    for options in [["-s", "tls/*"], ["--replay", "1:tls/unknown-ca"]] {
        let output = slicecheck(&[&["run"], &options[..]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("is only played with --tls"), "{said}");
    }
    // What is not played anyway may be left out.
    let (exit, _) = judge(&["-s", "happy/one-byte", "-s", "!tls/*"], &[]);
    assert_eq!(exit, Some(0));
    let (exit, report) = judge(&["-s", "tls/*", "-s", "happy/one-byte", "--tls"], &[]);
    assert_eq!((exit, others(&report)), (Some(0), vec![]));
}

#[test]
fn the_ca_is_where_tls_libraries_look_for_it() {
    const SCRIPT: &str = "
        for file in \"$SSL_CERT_FILE\" \"$CURL_CA_BUNDLE\" \"$REQUESTS_CA_BUNDLE\" \\
            \"$NODE_EXTRA_CA_CERTS\" \"$SLICECHECK_CA\" \"$1\"; do
            grep -q 'BEGIN CERTIFICATE' \"$file\" || exit 1
        done
        case $JAVA_TOOL_OPTIONS in *trustStore=\"$SLICECHECK_CA_P12\"*) ;; *) exit 1 ;; esac
        test -s \"$2\" || exit 1
        case $SLICECHECK_ENDPOINT in https://127.0.0.1:*) exit 89 ;; esac";
    let client = ["--", "sh", "-c", SCRIPT, "sh", "{ca}", "{ca_p12}"];
    let (exit, report) = judge(&["--tls", "-s", "happy/one-byte"], &client);
    assert_eq!(exit, Some(4), "{report:#}");
    // Without TLS there is none, and nothing of another run is handed on.
    let none = ["--", "sh", "-c", "test -z \"$SLICECHECK_CA$1\" && exit 89", "sh", "{ca}"];
    let (exit, report) = judge(&["-s", "happy/one-byte"], &none);
    assert_eq!(exit, Some(4), "{report:#}");
}

/// Sends bytes to the endpoint, and reads what comes.
async fn say(job: &Job, bytes: &[u8]) -> std::io::Result<()> {
    let address = job.endpoint.split("//").nth(1).unwrap();
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Err(std::io::Error::other("no upload"))
}

fn assert_says(checked: &Checked, words: &str) {
    assert_eq!(checked.verdict(), RunVerdict::Unjudged);
    let told = checked.to_string();
    assert!(told.contains(&format!("no request was sent: {words}")), "{told}");
    assert!(told.contains(&format!("But {words}. ")), "{told}");
}

#[tokio::test]
async fn who_speaks_tls_where_nobody_does_is_told_of_it() {
    // The beginning of a ClientHello (RFC 8446 §4.1.2).
    let hello = async |job: Job| say(&job, b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03").await;
    let checked = check(hello).scenarios("happy/one-byte").await;
    assert_says(&checked, "it began a TLS handshake with an endpoint that speaks plain HTTP");
}

#[tokio::test]
async fn who_asks_for_a_tunnel_where_there_is_none_is_told_of_it() {
    let connect = async |job: Job| {
        say(
            &job,
            b"CONNECT gz.file.myqcloud.com:443 HTTP/1.1\r\nHost: gz.file.myqcloud.com\r\n\r\n",
        )
        .await
    };
    let checked = check(connect).scenarios("happy/one-byte").await;
    assert_says(&checked, "it asked the HTTP proxy for a tunnel (CONNECT), as for https");
}

#[tokio::test]
async fn who_speaks_plain_http_to_tls_is_told_of_it() {
    let plain = async |job: Job| say(&job, b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").await;
    let checked = check(plain).tls().scenarios("happy/one-byte").await;
    assert_says(&checked, "it spoke plain HTTP to an endpoint that speaks TLS");
}

#[tokio::test]
async fn a_handshake_that_is_garbage_is_no_refusal_of_a_certificate() {
    let garbage = async |job: Job| say(&job, b"\x16\x03\x01\x00\x04\xff\xff\xff\xff").await;
    let checked = check(garbage).tls().scenarios("tls/*").await;
    assert_eq!(checked.verdict(), RunVerdict::Unjudged);
    let told = checked.to_string();
    assert!(told.contains("But the TLS handshake failed: "), "{told}");
    assert!(told.contains("the client was shown no certificate"), "{told}");
}
