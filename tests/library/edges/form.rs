use slicecheck::protocol::{Op, Part};

use super::{PLAIN, broken, changed, found, held, with_form};

#[test]
fn what_became_of_an_operation_is_told() {
    let with_op = |word: &str| {
        let word = word.to_owned();
        found("form/op", &with_form(&Op::Finish, 0, |form| form.set("op", word).unwrap()))
    };
    let spaces = ": it is surrounded by white space";
    assert_eq!(
        with_op("upload_slice_finish\r\n"),
        [format!(r#""upload_slice_finish\r\n"{spaces}"#)]
    );
    assert_eq!(with_op(" UPLOAD "), [format!("\" UPLOAD \"{spaces}")]);
    assert_eq!(with_op("\"upload\""), [r#""\"upload\"": it is in quotes"#]);
    let case = ": operations are written in lower case";
    assert_eq!(with_op("Upload_Slice_Finish"), [format!("\"Upload_Slice_Finish\"{case}")]);
    assert_eq!(with_op("upload_slice"), ["\"upload_slice\""]);
    assert_eq!(with_op(""), ["\"\""]);
}

/// What is broken where the boundary stands like this in the Content-Type of the first slice.
fn with_boundary(written: impl Fn(&str) -> String) -> Vec<&'static str> {
    broken(&changed(PLAIN, |transcript| {
        let request = transcript.tamper(&Op::Data, 0).unwrap();
        let boundary = request.form().as_multipart().unwrap().boundary().to_owned();
        let (from, to) = (format!("; boundary={boundary}"), written(&boundary));
        request.edit_head(|head| head.replacen(&from, &to, 1));
    }))
}

#[test]
fn a_boundary_is_what_its_quotes_say() {
    let escaped = with_boundary(|boundary| format!("; boundary=\"\\{boundary}\""));
    assert_eq!(escaped, ["form/boundary-unquoted"]);
    let beside = "; note=\"a; boundary=\\\"b\\\"\"; boundary=";
    assert_eq!(with_boundary(|boundary| format!("{beside}{boundary}")), [""; 0]);
    let twice = with_boundary(|boundary| format!("; boundary={boundary}; Boundary=b"));
    assert_eq!(twice, ["form/one-boundary"]);
}

#[test]
fn white_space_after_a_form_is_no_text() {
    for epilogue in ["", " \t\r\n", "\t"] {
        let form = with_form(&Op::Data, 1, |form| form.set_epilogue(Some(epilogue.into())));
        assert_eq!(broken(&form), [""; 0], "{epilogue:?}");
    }
    let text = with_form(&Op::Data, 1, |form| form.set_epilogue(Some("\r\nend\r\n".into())));
    assert_eq!(broken(&text), ["form/no-text-around"]);
}

#[test]
fn the_charset_of_a_text_may_stand_in_quotes_or_blanks() {
    let with_charset = |charset: &str| {
        let value = format!("text/plain; charset={charset}");
        let transcript = with_form(&Op::Finish, 0, |form| {
            form.part_mut("filesize").unwrap().set_header("Content-Type", value);
        });
        found("form/text-is-utf8", &transcript)
    };
    for known in ["utf-8", "UTF-8", "\"UTF-8\"", " utf-8 ", "\" us-ascii\"", "ISO-8859-1"] {
        assert_eq!(with_charset(known), Vec::<String>::new(), "{known}");
    }
    assert_eq!(with_charset("\"UTF-16\""), ["utf-16"]);
    let undecodable = with_form(&Op::Finish, 0, |form| {
        form.push(Part::new("biz_attr", b"\xfc".to_vec()));
    });
    assert_eq!(found("form/text-is-utf8", &undecodable), ["bytes that are not UTF-8"]);
}

#[test]
fn a_second_reader_is_asked_about_forms_whose_parts_are_clear() {
    let requests = held("form/second-reader", &with_form(&Op::Data, 1, |_| ()));
    let harmless = with_form(&Op::Data, 1, |form| form.set_preamble("\r\n"));
    assert_eq!(held("form/second-reader", &harmless), requests);
    let open = with_form(&Op::Data, 1, |form| form.set_epilogue(None));
    assert_eq!(held("form/second-reader", &open), requests - 1);
    assert!(found("form/second-reader", &open).is_empty());
}

#[test]
fn boundaries_that_programmers_write_into_their_source_are_in_a_file() {
    let with_boundary = |boundary: &str| {
        changed("content/delimiters", |transcript| {
            let init = transcript.tamper(&Op::Init, 0).unwrap();
            let drawn = init.form().as_multipart().unwrap().boundary().to_owned();
            init.edit_head(|head| head.replacen(&drawn, boundary, 1));
        })
    };
    let collides =
        |boundary: &str| !found("form/boundary-unique", &with_boundary(boundary)).is_empty();
    for constant in ["AaB03x", "*****", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "boundary"] {
        assert!(collides(constant), "{constant}");
    }
    for drawn in ["----WebKitFormBoundaryd7Tz0Qb3XkLw9fAa", "5f3c9e1a7b2d4c68", "boundary5f3c9e1a"]
    {
        assert!(!collides(drawn), "{drawn}");
    }
}
