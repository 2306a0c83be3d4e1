//! One broken rule does not hide the others.

use slicecheck::protocol::{MultipartBody, Op, Transcript};

use super::{PLAIN, broken, changed, edit, found, held, in_head};

/// Breaks something in the form of the first request, and something in its signature.
fn spoilt(transcript: &mut Transcript) {
    edit(transcript, &Op::Init, 0, |form: &mut MultipartBody| form.set_epilogue(None));
    in_head(transcript, "Authorization: ", "Authorization: COS ");
}

#[test]
fn a_wrong_method_hides_neither_form_nor_path_nor_fields() {
    for method in ["PUT", "PATCH", "GET"] {
        let transcript = changed(PLAIN, |transcript| {
            edit(transcript, &Op::Init, 0, |form| form.set("filesize", "1").unwrap());
            spoilt(transcript);
            in_head(transcript, "POST", method);
            in_head(transcript, "/files/v2/1251668577/", "/files/v2/gz/");
            transcript.exchanges.truncate(1);
        });
        let broken = broken(&transcript);
        for rule in [
            "request/method",
            "request/path-grammar",
            "form/closing-delimiter",
            "auth/signature-form",
            "init/filesize",
        ] {
            assert!(broken.contains(&rule), "{method}: {rule} is not in {broken:?}");
        }
        assert_eq!(held("request/content-type", &transcript), 1, "{method}");
    }
}

#[test]
fn a_question_about_the_object_has_no_form_to_judge() {
    let transcript = changed(PLAIN, |transcript| {
        let request = transcript.tamper(&Op::Finish, 0).unwrap();
        request.edit_body(|_| Vec::new());
        request.edit_head(|head| {
            let kept = |line: &&str| !line.starts_with("Content-");
            let head = head.lines().filter(kept).collect::<Vec<_>>().join("\r\n") + "\r\n";
            head.replacen("POST", "GET", 1).replacen(" HTTP", "?op=stat HTTP", 1)
        });
    });
    let of_form = |rule: &&str| rule.starts_with("form/") || rule.starts_with("request/");
    assert_eq!(broken(&transcript).iter().filter(|rule| of_form(rule)).count(), 0);
}

#[test]
fn an_operation_that_nobody_knows_hides_no_signature_and_no_name() {
    let named = |op: Option<&'static str>| {
        let transcript = changed(PLAIN, |transcript| {
            spoilt(transcript);
            in_head(transcript, "plain", "other");
            edit(transcript, &Op::Init, 0, |form| match op {
                Some(op) => form.set("op", op).unwrap(),
                None => form.remove("op").unwrap(),
            });
            transcript.exchanges.truncate(1);
        });
        broken(&transcript)
    };
    for op in [Some("upload_slice"), Some("UPLOAD_SLICE_INIT"), None] {
        let broken = named(op);
        for rule in ["form/op", "auth/signature-form", "request/path-object"] {
            assert!(broken.contains(&rule), "{op:?}: {rule} is not in {broken:?}");
        }
    }
    // That of another operation is another signature.
    assert!(!named(Some("delete")).contains(&"auth/signature-form"));
}

#[test]
fn of_a_host_after_more_headers_than_are_kept_nobody_knows() {
    let with_headers = |count: usize, host: bool| {
        let transcript = changed(PLAIN, |transcript| {
            let many: Vec<_> = (0..count).map(|number| format!("X-{number}: x\r\n")).collect();
            in_head(transcript, "Host: ", &format!("{}Host: ", many.concat()));
            if !host {
                in_head(transcript, "Host: ", "X-Host: ");
            }
        });
        [found("request/host", &transcript).len(), found("request/bounds", &transcript).len()]
    };
    assert_eq!(with_headers(100, true), [0, 0]);
    assert_eq!(with_headers(100, false), [1, 0]);
    assert_eq!(with_headers(300, true), [0, 1]);
}
