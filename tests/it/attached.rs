//! Clients that we did not write, in each way in which a client can be attached.
//!
//! They need more than Cargo, and `--via hosts` needs ports 80 and 443, so that `cargo test` leaves them out
//! and `.ci/run` sees to it that they can run.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::clients::{entries, file, judge, page, python, through_plan};

/// What is played where all scenarios would take long: nothing wrong, and ends of connections.
const SOME: [&str; 6] = [
    "-s",
    "happy/last-slice-short",
    "-s",
    "transport/slice-reply-reset",
    "-s",
    "transport/until-close",
];

const TLS: [&str; 3] = ["--tls", "-s", "tls/*"];
/// Something is wrong with the certificate in each.
const OF_TLS: [&str; 3] = ["tls/unknown-ca", "tls/other-host", "tls/expired"];

/// The ids of the scenarios with this verdict.
fn with_verdict<'a>(report: &'a Value, verdict: &str) -> Vec<&'a str> {
    let scenarios = entries(&report["scenarios"]).iter();
    let found = scenarios.filter(|scenario| scenario["verdict"] == verdict);
    found.map(|scenario| scenario["id"].as_str().unwrap()).collect()
}

fn assert_all_pass(options: &[&str], client: &[&str]) {
    let report = judge(&[&SOME, options].concat(), client);
    assert_eq!(report["summary"]["exit"], 0, "{}", page(&report));
    let passed = with_verdict(&report, "pass");
    assert_eq!(passed.len(), entries(&report["scenarios"]).len(), "{report:#}");
    for of_tls in OF_TLS {
        assert_eq!(passed.contains(&of_tls), options.contains(&"--tls"), "{of_tls}");
    }
}

fn java() -> [String; 2] {
    ["java".to_owned(), file("HttpClientUpload.java")]
}

#[test]
#[ignore = "needs Python"]
fn a_client_that_takes_every_care_has_no_finding_over_tls() {
    // What TLS is on the way of: connections, and the replies that come over them.
    let topics = ["tls/*", "happy/*", "transport/*", "lawful/*", "faults/*"];
    let topics: Vec<_> = topics.iter().flat_map(|topic| ["-s", *topic]).collect();
    assert_no_finding_over_tls(&topics);
}

mod full_lane {
    #[test]
    #[ignore = "needs Python"]
    fn a_client_that_takes_every_care_has_no_finding_over_tls_in_any_topic() {
        super::assert_no_finding_over_tls(&[]);
    }
}

fn assert_no_finding_over_tls(options: &[&str]) {
    let options = [&["--tls", "--strict"], options].concat();
    let report = judge(&options, &[&python(), &file("conforming.py")]);
    let summary = &report["summary"];
    assert_eq!(summary["exit"], 0, "{}", page(&report));
    assert_eq!((&summary["must"], &summary["should"]), (&0.into(), &0.into()), "{}", page(&report));
    let rest = with_verdict(&report, "not-exercised");
    // Root reads every file.
    assert!(rest.is_empty() || rest == ["machine/file-unreadable"], "{rest:?}");
}

/// That a client does the same in both ways, whatever is the matter with its connections.
fn assert_same(one: &[&str], other: &[&str], client: &[&str]) {
    const SCENARIOS: [&str; 4] = ["-s", "transport/*", "-s", "lawful/*"];
    let [one, other] = [one, other].map(|way| page(&judge(&[&SCENARIOS, way].concat(), client)));
    assert_eq!(one, other);
}

#[test]
#[ignore = "needs curl and openssl"]
fn curl_does_over_tls_what_it_does_without() {
    assert_same(&[], &["--tls"], &["sh", &file("curl.sh")]);
}

#[test]
#[ignore = "needs Python and requests"]
fn requests_does_through_tunnels_what_it_does_without() {
    let client = [python(), file("requests_client.py")];
    assert_same(&[], &["--tls", "--via", "proxy"], &client.each_ref().map(String::as_str));
}

#[test]
#[ignore = "needs Python and qcloud-cos-py3, and ports 80 and 443"]
fn qcloud_cos_py3_does_the_same_by_host_name_and_behind_a_proxy() {
    let client = [python(), file("sdks/qcloud_cos_py3_client.py")];
    let client = client.each_ref().map(String::as_str);
    assert_same(&["--via", "proxy"], &["--via", "hosts"], &client);
}

#[test]
#[ignore = "needs Python and cos-lib3, and ports 80 and 443"]
fn cos_lib3_does_by_the_name_of_its_host_what_it_does_behind_a_proxy() {
    let client = [python(), file("sdks/cos_lib3.py")];
    let client = client.each_ref().map(String::as_str);
    assert_same(&["--via", "proxy"], &["--via", "hosts"], &client);
}

#[test]
#[ignore = "needs Python and qcloud-cos-v4"]
fn the_official_python_sdk_does_through_a_plan_what_it_does_as_a_process() {
    let options = ["-s", "happy/*", "-s", "faults/slice*"];
    let client = [python(), file("sdks/qcloud_cos_v4.py")];
    let as_process = judge(&options, &client.each_ref().map(String::as_str));
    let through_plan = through_plan::judge(&options, |plan| {
        let [python, script] = &client;
        let mut command = Command::new(python);
        command.arg(script).env("SLICECHECK_TEST_PLAN", plan).stderr(Stdio::null());
        command.spawn().unwrap()
    });
    assert_eq!(page(&through_plan), page(&as_process));
    assert!(with_verdict(&through_plan, "pass").len() > 10, "{}", page(&through_plan));
}

#[test]
#[ignore = "needs Node"]
fn node_takes_the_ca_of_the_run_and_no_other() {
    let fetch = ["node", &file("careful/with_fetch.mjs")];
    assert_all_pass(&TLS, &fetch);
}

#[test]
#[ignore = "needs Java"]
fn java_takes_the_ca_of_the_run_and_no_other() {
    let java = java();
    assert_all_pass(&TLS, &java.each_ref().map(String::as_str));
}

#[test]
#[ignore = "needs curl and openssl"]
fn curl_passes_through_tunnels() {
    assert_all_pass(&[&TLS[..], &["--via", "proxy"]].concat(), &["sh", &file("curl.sh")]);
}

#[test]
#[ignore = "needs curl, openssl, and ports 80 and 443"]
fn curl_finds_the_service_by_its_name() {
    assert_all_pass(&["--via", "hosts"], &["sh", &file("curl.sh")]);
    assert_all_pass(&[&TLS[..], &["--via", "hosts"]].concat(), &["sh", &file("curl.sh")]);
}

#[test]
#[ignore = "needs Java, and ports 80 and 443"]
fn java_finds_the_service_by_its_name() {
    let java = java();
    let java = java.each_ref().map(String::as_str);
    assert_all_pass(&[&TLS[..], &["--via", "hosts"]].concat(), &java);
}

#[test]
#[ignore = "needs Python and qcloud-cos-py3"]
fn of_a_client_that_speaks_no_tls_nothing_is_said_about_certificates() {
    let options = ["--tls", "--via", "proxy", "-s", "happy/last-slice-short", "-s", "tls/*"];
    let report = judge(&options, &[&python(), &file("sdks/qcloud_cos_py3_client.py")]);
    assert_eq!(with_verdict(&report, "not-exercised"), OF_TLS, "{report:#}");
    let rules = entries(&report["rules"]).iter();
    let mut of_tls = rules.filter(|rule| rule["id"] == "tls/certificate-verified");
    assert_eq!(of_tls.next().unwrap()["verdict"], "not-exercised");
}

#[test]
#[ignore = "needs Node and qos-node-client"]
fn qos_node_client_takes_the_ca_of_the_run_and_no_other() {
    let client = ["node", &file("sdks/qos_node_client.mjs")];
    for way in [&[] as &[&str], &["--driver"]] {
        assert_all_pass(&[&TLS, way].concat(), &client);
    }
}

/// It posts with `verify=False`, in line 103 of `cos_op.py`.
#[test]
#[ignore = "needs Python and qcloud-cos-v4"]
fn the_official_python_sdk_takes_any_certificate() {
    let client = [&*python(), &file("sdks/qcloud_cos_v4.py")];
    assert_eq!(broken_by(&client), ["tls/certificate-verified"]);
}

/// The rules that are broken where something is wrong with the certificate, in each such scenario.
fn broken_by(client: &[&str]) -> Vec<String> {
    let report = judge(&TLS, client);
    let mut scenarios = entries(&report["scenarios"]).iter();
    let broken = OF_TLS.map(|id| {
        let of_tls = scenarios.find(|scenario| scenario["id"] == id).unwrap();
        let findings =
            entries(&of_tls["findings"]).iter().filter(|finding| finding["level"] == "should");
        findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    });
    let [first, others @ ..] = broken;
    assert!(others.iter().all(|other| *other == first), "{report:#}");
    first
}

#[test]
#[ignore = "needs curl"]
fn whoever_goes_on_without_tls_when_the_certificate_is_refused_is_caught() {
    const SCRIPT: &str = "
        curl -s --data x \"$SLICECHECK_ENDPOINT/\" && exit 1
        [ -z \"$1\" ] || curl -s --data x \"http://${SLICECHECK_ENDPOINT#https://}/\"
        exit 1";
    let client = ["sh", "-c", SCRIPT, "sh"];
    assert_eq!(broken_by(&client), [""; 0]);
    assert_eq!(broken_by(&[&client[..], &["plain"]].concat()), ["tls/certificate-verified"]);
}

#[test]
#[ignore = "needs curl, openssl and Node"]
fn a_client_that_takes_any_certificate_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".curlrc"), "insecure\n").unwrap();
    let home = format!("CURL_HOME={}", folder.path().display());
    for client in [
        ["env", &home, "sh", &file("curl.sh")],
        ["env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "node", &file("careful/with_fetch.mjs")],
    ] {
        assert_eq!(broken_by(&client), ["tls/certificate-verified"]);
    }
}
