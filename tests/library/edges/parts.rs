//! Headers of parts that are lawful but unusual, and those that are not.

use slicecheck::protocol::{Op, Transcript};

use super::{PLAIN, broken, changed};

/// The plain conversation, one text in the body of one request replaced once.
fn with_body(op: &Op, from: &str, to: &str) -> Transcript {
    changed(PLAIN, |transcript| {
        transcript.tamper(op, 0).unwrap().edit_body(|body| {
            let at = memchr::memmem::find(body, from.as_bytes()).unwrap();
            [&body[..at], to.as_bytes(), &body[at + from.len()..]].concat()
        });
    })
}

#[test]
fn a_parameter_name_may_have_capital_letters() {
    assert_eq!(broken(&with_body(&Op::Init, "; name=\"op\"", "; Name=\"op\"")), [""; 0]);
}

#[test]
fn letters_may_be_escaped_in_quotes() {
    let transcript = with_body(&Op::Init, "; name=\"op\"", "; name=\"\\o\\p\"");
    assert_eq!(broken(&transcript), [""; 0]);
    let path = "; name=\"filecontent\"; filename=\"C:\\odd.bin\"";
    let transcript = with_body(&Op::Data, "; name=\"filecontent\"", path);
    assert_eq!(broken(&transcript), [""; 0]);
    let request = &transcript.exchanges[1].request;
    let part = request.form().as_multipart().unwrap().parts().last().unwrap();
    assert_eq!(part.filename(), Some("C:\\odd.bin"), "a Windows path keeps its backslashes");
}

#[test]
fn other_parameters_than_names_need_no_quotes() {
    let name = "; name=\"filecontent\"";
    let with = |more: &str| broken(&with_body(&Op::Data, name, &format!("{name}{more}")));
    assert_eq!(with("; filename=\"a\"; size=5"), [""; 0]);
    assert_eq!(with("; filename=a"), ["form/quoted-parameters"]);
}

#[test]
fn a_part_header_in_two_lines_is_one_finding() {
    let folded = with_body(&Op::Init, "form-data; name=\"op\"", "form-data;\r\n name=\"op\"");
    assert_eq!(broken(&folded), ["form/part-headers-unfolded"]);
}

#[test]
fn what_is_wrong_with_a_disposition_is_named() {
    let name = "; name=\"filecontent\"";
    let cases = [
        ("; name=\"filecontent\"; filename=\"a\"b.bin\"", "form/parameter-quotes"),
        ("; name=\"filecontent\"; filename=\"a", "form/parameter-quotes"),
        ("; name=\"filecontent\"; filename=\"a\r\nb.bin\"", "form/parameter-line-ends"),
        ("; name=\"filecontent\"; filename=\"x\"; name=\"op\"", "form/parameters-once"),
    ];
    for (disposition, rule) in cases {
        let transcript = with_body(&Op::Data, name, disposition);
        assert_eq!(broken(&transcript), [rule], "{disposition:?}");
    }
    for lawful in
        ["; name=\"filecontent\"; filename=\"a\\\"b.bin\"", "; name=\"filecontent\"; filename=\"\""]
    {
        assert_eq!(broken(&with_body(&Op::Data, name, lawful)), [""; 0], "{lawful:?}");
    }
}
