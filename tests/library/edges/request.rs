use bytes::Bytes;
use slicecheck::client::{ClientPolicy, InitPolicy, Outgoing};
use slicecheck::protocol::{Claim, Op, Receipt, Request, Stored, Transcript};
use slicecheck::rules::SpanOf;
use slicecheck::scenario::{Simulation, scenarios};

use super::{PLAIN, broken, changed, found, in_head};

/// What is said of the request line of a first request of these bytes.
fn line(raw: &'static [u8], receipt: Receipt) -> Vec<String> {
    let transcript = changed(PLAIN, |transcript| {
        transcript.exchanges[0].request = Request::new(Bytes::from_static(raw));
        transcript.exchanges[0].receipt = receipt;
    });
    found("request/line", &transcript)
}

#[test]
fn the_beginning_of_a_request_that_was_given_up_is_no_bad_request_line() {
    let none: [&str; 0] = [];
    assert_eq!(line(b"", Receipt::Aborted), none);
    assert_eq!(line(b"PO", Receipt::Aborted), none);
    assert_eq!(line(b"POST /files/v2", Receipt::Aborted), none);
    assert_eq!(line(b"POST /files/v2", Receipt::Stalled), ["\"POST /files/v2\""]);
    assert_eq!(line(b"hello\0", Receipt::Aborted), ["\"hello\\x00\""]);
    let tls = "the start of a TLS handshake; the endpoint speaks plain HTTP";
    assert_eq!(line(b"\x16\x03\x01\x02\x00", Receipt::Aborted), [tls]);
    assert_eq!(line(b"\x16\x03\x01\x02\x00", Receipt::Stalled), [tls]);
    let whole = line(b"POST / HTTP/1.1\r\nHost: h\r\n\r\n", Receipt::Whole);
    assert_eq!(whole, none);
    assert_eq!(line(b"POST /a HTTP/x\r\nHost: h\r\n\r\n", Receipt::Whole), ["\"POST /a HTTP/x\""]);
    let spaces = line(b"POST /a b c HTTP/1.1\r\nHost: h\r\n\r\n", Receipt::Whole);
    let expected = "4 spaces, where a space in the target is sent as %20: \
                    \"POST /a b c HTTP/1.1\"";
    assert_eq!(spaces, [expected]);
}

#[test]
fn empty_lines_after_a_body_are_no_part_of_it() {
    let after = |bytes: &[u8]| {
        broken(&changed(PLAIN, |transcript| {
            let request = transcript.tamper(&Op::Data, 0).unwrap();
            *request = Request::new([request.raw().as_ref(), bytes].concat().into());
        }))
    };
    assert_eq!(after(b"\r\n"), ["request/no-empty-line"]);
    assert_eq!(after(b"\r\n\r\n"), ["request/no-empty-line"]);
    for rest in [b"\r\n--".as_slice(), b"\n\n", b"\r\n\r"] {
        assert_eq!(after(rest), ["request/content-length"], "{rest:?}");
    }
}

#[test]
fn a_post_without_a_length_is_judged_for_that_alone() {
    let transcript = changed(PLAIN, |transcript| {
        let request = transcript.tamper(&Op::Finish, 0).unwrap();
        request.edit_body(|_| Vec::new());
        request.edit_head(|head| {
            let line = head.lines().find(|line| line.starts_with("Content-Length")).unwrap();
            head.replace(&format!("{line}\r\n"), "")
        });
    });
    let broken = broken(&transcript);
    let of_request = |rule: &&&str| !rule.starts_with("flow/") && !rule.starts_with("outcome/");
    assert_eq!(broken.iter().filter(of_request).collect::<Vec<_>>(), [&"request/content-length"]);
}

/// What a rule finds where a client was asked to upload to one key, and init names another.
fn found_of_key(rule: &str, wanted: &str, sent: &str) -> Vec<String> {
    let transcript = changed(PLAIN, |transcript| {
        transcript.job.path.as_mut().unwrap().key = format!("/{wanted}");
        in_head(transcript, "/slicecheck/plain.bin", &format!("/{sent}"));
        transcript.exchanges.truncate(1);
    });
    found(rule, &transcript)
}

fn path_mistake(wanted: &str, sent: &str) -> String {
    let found = &found_of_key("request/path-object", wanted, sent)[0];
    let (_, hint) = found.rsplit_once('"').unwrap();
    hint.trim_start_matches(": ").to_owned()
}

#[test]
fn what_became_of_a_key_is_told() {
    for (wanted, sent, mistake) in [
        ("a b", "a%2520b", "it is escaped twice"),
        ("a%20b", "a%20b", "a percent sign of the key was not escaped"),
        ("a b", "a+b", "a plus in a path is a plus; a space is %20"),
        ("a+b", "a%20b", "a plus of the key was sent as a space"),
        ("a/b", "a//b", "slashes were dropped, or doubled"),
        ("A/B", "a/b", "upper and lower case were changed"),
        ("folder/key", "key", "the folders of the key are missing"),
        ("folder/key", "folder", "the key was cut"),
        ("folder/key", "other", ""),
    ] {
        assert_eq!(path_mistake(wanted, sent), mistake, "{sent}");
    }
    let transcript = changed(PLAIN, |transcript| in_head(transcript, "/examplebucket/", "/other/"));
    let found = &found("request/path-object", &transcript)[0];
    assert!(found.ends_with(": this is another bucket, or another account's"), "{found}");
}

#[test]
fn a_probe_of_something_else_is_not_a_request_of_this_api() {
    let probe = |raw: &'static [u8]| {
        changed(PLAIN, |transcript| {
            let mut probe = transcript.exchanges[0].clone();
            probe.request = Request::new(Bytes::from_static(raw));
            (probe.started, probe.answered) = (probe.started, probe.started);
            transcript.exchanges.insert(0, probe);
        })
    };
    let unchanged = broken(&changed(PLAIN, |_| ()));
    let root = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(broken(&probe(root)), unchanged);
    let api = b"GET /files/v2/1251668577/examplebucket/a HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_eq!(found("request/method", &probe(api)), ["GET"]);
    let stat = b"GET /files/v2/1251668577/examplebucket/a?op=stat HTTP/1.1\r\nHost: h\r\n\r\n";
    assert!(found("request/method", &probe(stat)).is_empty());
}

#[test]
fn a_key_that_has_grown_too_long_is_blamed_unless_it_was_given_so() {
    let found = |wanted: usize, sent: usize| {
        let key = |length: usize| "k".repeat(length - 1);
        found_of_key("request/key-length", &key(wanted), &key(sent))
    };
    let none = Vec::<String>::new();
    assert_eq!(found(850, 850), none);
    assert_eq!(found(850, 851), ["851 bytes"]);
    assert_eq!(found(851, 851), none);
    assert_eq!(found(900, 2000), none);
}

#[test]
fn an_address_is_too_long_if_a_shorter_one_would_do() {
    let found = |shortest: usize, sent: usize| {
        let prefix = "http://gz.file.myqcloud.com/files/v2/1251668577/examplebucket/".len();
        let key = "k".repeat(shortest - prefix);
        let query = match sent - shortest {
            0 => String::new(),
            more => format!("?{}", "s".repeat(more - 1)),
        };
        found_of_key("request/url-length", &key, &format!("{key}{query}"))
    };
    let none = Vec::<String>::new();
    assert_eq!(found(500, 500), none);
    assert_eq!(found(500, 1024), none);
    assert_eq!(found(500, 1025), ["1025 bytes"]);
    assert_eq!(found(1024, 1024), none);
    assert_eq!(found(1024, 1026), ["1026 bytes"]);
    assert_eq!(found(1025, 1027), none);
    assert_eq!(found(1100, 1200), none);
}

#[test]
fn a_head_that_never_ends_is_not_read_for_what_is_in_it() {
    let transcript = changed(PLAIN, |transcript| {
        let raw = b"POST /files/v2/gz/%zz?op=x HTTP/1.1\r\nContent-Encoding: gzip\r\nHost";
        transcript.exchanges[0].request = Request::new(Bytes::from_static(raw));
        transcript.exchanges[0].receipt = Receipt::Stalled;
    });
    let broken = broken(&transcript);
    let of_request = broken.iter().filter(|rule| rule.starts_with("request/"));
    assert_eq!(of_request.collect::<Vec<_>>(), Vec::<&&str>::new());
    let transcript = changed(PLAIN, |transcript| {
        let raw = b"GET /files/v2/1/b/\"a\" HTTP/1.1\r\nHost: h";
        transcript.exchanges[0].request = Request::new(Bytes::from_static(raw));
        transcript.exchanges[0].receipt = Receipt::Stalled;
    });
    for rule in ["request/method", "request/target-ascii"] {
        assert!(found(rule, &transcript).is_empty(), "{rule}");
    }
}

/// What is said of a chunked body.
fn chunks(body: &'static [u8]) -> Vec<String> {
    let transcript = changed(PLAIN, |transcript| {
        let head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        transcript.exchanges[0].request = Request::new(Bytes::from([head, body].concat()));
    });
    found("request/chunks", &transcript)
}

#[test]
fn where_a_chunked_body_stops_making_sense_is_told() {
    assert_eq!(chunks(b"3\r\nabc\r\n0\r\n\r\n"), Vec::<String>::new());
    let waits = r#"the chunk size "10", which is hexadecimal for 16, and then 12 bytes"#;
    assert_eq!(chunks(b"3\r\nabc\r\n10\r\n0123456789\r\n"), [waits]);
    let waits = r#"the chunk size "a;x=y", which is hexadecimal for 10, and then 0 bytes"#;
    assert_eq!(chunks(b"a;x=y\r\n"), [waits]);
    for unfinished in [&b""[..], b"3", b"3\r\nabc\r\n", b"3\r\nabc\r\n0\r\n", b"0\r\nX: y\r\n"] {
        assert_eq!(chunks(unfinished), ["no last chunk"], "{}", unfinished.escape_ascii());
    }
    assert_eq!(
        chunks(b"x\r\n")[0],
        "chunk framing broken at byte 0: a chunk size in hexadecimal digits"
    );
    assert_eq!(
        chunks(b"1\r\nab\r\n")[0],
        "chunk framing broken at byte 0: a line end after the chunk's data"
    );
}

#[test]
fn the_length_of_an_aborted_request_counts_once_its_form_is_whole() {
    // More bytes were announced than came, and then the client went away.
    let found = |more: usize, cut: usize, receipt: Receipt| {
        let transcript = changed(PLAIN, |transcript| {
            let exchange = transcript.exchanges.last_mut().unwrap();
            let length = exchange.request.body().len();
            let announced = format!("Content-Length: {}", length + more - cut);
            exchange.request.edit_body(|body| body[..length - cut].to_vec());
            exchange.request.edit_head(|head| {
                let line = head.lines().find(|line| line.starts_with("Content-Length")).unwrap();
                head.replace(line, &announced)
            });
            exchange.receipt = receipt;
        });
        found("request/content-length", &transcript).len()
    };
    assert_eq!(found(3, 0, Receipt::Aborted), 1);
    // It may have had a line end in mind.
    assert_eq!(found(2, 0, Receipt::Aborted), 0);
    // The form ends in "--\r\n": without these bytes it is not whole.
    assert_eq!(found(50, 3, Receipt::Aborted), 0);
    assert_eq!(found(50, 2, Receipt::Aborted), 1);
    assert_eq!(found(1, 0, Receipt::Whole), 1);
    assert_eq!(found(1, 0, Receipt::Stalled), 1);
    assert_eq!(found(0, 0, Receipt::Aborted), 0);
}

#[test]
fn http_1_0_needs_no_host() {
    let found = |version: &str| {
        let transcript = changed(PLAIN, |transcript| {
            let request = transcript.tamper(&Op::Init, 0).unwrap();
            request.edit_head(|head| {
                let head = head.replacen("Host: gz.file.myqcloud.com\r\n", "", 1);
                head.replacen("HTTP/1.1", version, 1)
            });
        });
        found("request/host", &transcript)
    };
    assert_eq!(found("HTTP/1.0"), Vec::<String>::new());
    assert_eq!(found("HTTP/1.1"), ["none"]);
}

#[test]
fn json_is_for_lists_alone_and_other_types_for_none() {
    let found = |scenario: &str, op: &Op, media_type: &str| {
        let transcript = changed(scenario, |transcript| {
            let request = transcript.tamper(op, 0).unwrap();
            request.edit_head(|head| head.replacen("multipart/form-data", media_type, 1));
        });
        found("request/content-type", &transcript).len()
    };
    let resumed = "resume/init-in-progress";
    assert_eq!(found(resumed, &Op::List, "Multipart/Form-Data"), 0);
    assert_eq!(found(resumed, &Op::List, "text/plain"), 1);
    assert_eq!(found(resumed, &Op::Init, "application/json"), 1);
    let list = changed(resumed, |transcript| {
        let head = "POST /files/v2/1251668577/examplebucket/a HTTP/1.1\r\nHost: h\r\n\
                    Content-Type: application/json\r\nContent-Length: 26\r\n\r\n";
        let raw = format!("{head}{{\"op\":\"upload_slice_list\"}}");
        *transcript.tamper(&Op::List, 0).unwrap() = Request::new(raw.into());
    });
    assert!(super::found("request/content-type", &list).is_empty());
}

#[test]
fn a_place_is_in_the_request_or_in_its_body() {
    let transcript = changed(PLAIN, |_| ());
    let request = &transcript.exchanges[0].request;
    assert_eq!(SpanOf::Raw.bytes(request), request.raw());
    assert_eq!(SpanOf::Body.bytes(request), request.body());
    assert_eq!([SpanOf::Raw, SpanOf::Body].map(SpanOf::as_str), ["raw", "body"]);
}

#[test]
fn a_host_is_one_of_the_service_or_one_close_by() {
    let with_host =
        |host: &str| changed(PLAIN, |transcript| in_head(transcript, "gz.file.myqcloud.com", host));
    let found = |host| found("request/host-of-service", &with_host(host));
    for host in [
        "web.file.myqcloud.com",
        "cn-south.file.myqcloud.com",
        "SH.File.MyQCloud.com:80",
        "gz.file.myqcloud.com.",
        "127.0.0.1:8080",
        "[::1]:8080",
        "localhost",
        "host.docker.internal:8080",
        "cos.test",
    ] {
        assert_eq!(found(host), [""; 0], "{host}");
    }
    for host in [
        "",
        "cos.ap-guangzhou.myqcloud.com",
        "examplebucket-1251668577.file.myqcloud.com",
        "myqcloud.com",
        "xfile.myqcloud.com",
        "a.example",
    ] {
        assert_eq!(found(host).len(), 1, "{host:?}");
    }
}

/// What comes of a client that changes the path like this in a key with two slashes in a row.
fn with_path(edit: fn(&mut Outgoing) -> Option<()>) -> Transcript {
    let scenario = scenarios().find(|scenario| scenario.id == "key/double-slash").unwrap();
    let policy = ClientPolicy { edit, ..ClientPolicy::REFERENCE };
    Simulation::new(scenario, 1).play(&policy)
}

fn rename(outgoing: &mut Outgoing, from: &str, to: &str) {
    outgoing.request.edit_head(|head| head.replacen(from, to, 1));
}

#[test]
fn who_merges_two_slashes_stores_the_file_and_is_not_judged_by_it() {
    let merged = with_path(|outgoing| {
        rename(outgoing, "slicecheck//a", "slicecheck/a");
        rename(outgoing, "double//slash", "double/slash");
        Some(())
    });
    let outcome = merged.outcome.as_ref().unwrap();
    assert_eq!((outcome.claim, outcome.stored), (Claim::Ok, Stored::Complete));
    assert_eq!(broken(&merged), [""; 0]);
    // It has not shown what becomes of such a key.
    assert!(!merged.is_exercised());
    assert_eq!(merged.deviations[0].reason.as_deref(), Some("no request was for this key"));
}

#[test]
fn who_refuses_two_slashes_in_a_row_is_not_accused() {
    let scenario = scenarios().find(|scenario| scenario.id == "key/double-slash").unwrap();
    let init =
        InitPolicy { refuses: |job| job.path.key.contains("//"), ..ClientPolicy::REFERENCE.init };
    let refused =
        Simulation::new(scenario, 1).play(&ClientPolicy { init, ..ClientPolicy::REFERENCE });
    assert_eq!(refused.outcome.as_ref().unwrap().claim, Claim::Failed);
    assert_eq!(broken(&refused), [""; 0]);
}

#[test]
fn a_path_of_another_object_is_wrong_in_a_key_with_two_slashes_too() {
    let elsewhere = with_path(|outgoing| {
        rename(outgoing, "slash.bin", "other.bin");
        Some(())
    });
    assert!(broken(&elsewhere).contains(&"request/path-object"), "{:?}", broken(&elsewhere));
    // And slashes may not be added where there is one.
    let doubled = changed(PLAIN, |transcript| in_head(transcript, "slicecheck/", "slicecheck//"));
    assert!(broken(&doubled).contains(&"request/path-object"), "{:?}", broken(&doubled));
}
