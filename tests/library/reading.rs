//! How requests are read where clients leave the beaten track: heads, chunks, and forms.

use bytes::Bytes;
use slicecheck::protocol::{
    BodyFraming, ChunkedBody, Codes, Encoding, Form, FormDefectKind, Framed, Head, HeadDefectKind,
    MultipartBody, Op, Operations, Request,
};

fn fields(form: &Form) -> Vec<(&str, &[u8])> {
    form.values().iter().map(|value| (value.name.as_str(), value.content.as_ref())).collect()
}

fn form(content_type: Option<&str>, body: &str) -> Form {
    Form::read(content_type, &Bytes::copy_from_slice(body.as_bytes()))
}

fn defects(head: &str) -> Vec<HeadDefectKind> {
    let head = Head::read(&Bytes::copy_from_slice(head.as_bytes()));
    head.defects.iter().map(|defect| defect.kind).collect()
}

const PART: &str = "Content-Disposition: form-data; name=\"op\"\r\n\r\nupload";

#[test]
fn urlencoded_fields_are_decoded() {
    let body = "op=upload+it&&%66ilesize=1%2B1&flag&empty=&a=b=c";
    let form = form(Some("Application/X-WWW-Form-Urlencoded; charset=utf-8"), body);
    assert_eq!(form.encoding(), Encoding::UrlEncoded);
    assert_eq!(
        fields(&form),
        [
            ("op", b"upload it" as &[_]),
            ("filesize", b"1+1"),
            ("flag", b""),
            ("empty", b""),
            ("a", b"b=c"),
        ]
    );
    assert_eq!(form.values()[0].span, 0..body.len());
}

#[test]
fn all_fields_of_a_name_are_found_whatever_their_case() {
    let form = form(Some("application/x-www-form-urlencoded"), "op=1&OP=2&offset=3");
    let all: Vec<_> = form.all("Op").map(|value| value.content.as_ref()).collect();
    assert_eq!(all, [b"1", b"2"]);
    assert_eq!(form.get("oP").unwrap().content.as_ref(), b"1");
}

#[test]
fn a_form_that_announces_no_boundary_is_read_by_its_first_line() {
    let body = format!("--B\r\n{PART}\r\n--B--\r\n");
    for content_type in [None, Some("text/plain"), Some("multipart/form-data")] {
        let form = form(content_type, &body);
        assert_eq!(fields(&form), [("op", b"upload" as &[_])], "{content_type:?}");
    }
    let preceded = form(None, &format!("\r\n{body}"));
    assert_eq!(preceded.encoding(), Encoding::Multipart);
}

#[test]
fn the_boundary_of_the_header_counts_and_only_for_multipart() {
    let body = format!("--B\r\n{PART}\r\n--B--\r\n");
    assert_eq!(fields(&form(Some("multipart/form-data; boundary=A"), &body)), []);
    let other = form(Some("text/plain; boundary=A"), &body);
    assert_eq!(fields(&other), [("op", b"upload" as &[_])]);
}

#[test]
fn a_first_line_that_is_no_delimiter_begins_no_form() {
    let delimiter = |length| format!("--{}\r\n{PART}", "b".repeat(length));
    assert_eq!(form(None, &delimiter(200)).encoding(), Encoding::Multipart);
    for body in ["--\r\n", "-B\r\n", "op=upload", "", &delimiter(201)] {
        assert_eq!(form(None, body).encoding(), Encoding::None, "{body}");
    }
}

#[test]
fn a_json_object_is_a_form_and_other_json_is_not() {
    let list = form(Some("application/json"), r#"{"op":"upload_slice_list","n":5}"#);
    assert_eq!(fields(&list), [("n", b"5" as &[_]), ("op", b"upload_slice_list")]);
    for body in ["[]", "{", "5", ""] {
        assert_eq!(form(Some("application/json"), body).encoding(), Encoding::None, "{body}");
    }
}

#[test]
fn a_field_name_is_a_token_and_stands_at_the_colon() {
    for (line, defect) in [
        ("Host: a", None),
        ("!#$%&'*+-.^_`|~09azAZ: a", None),
        ("Ho(st: a", Some(HeadDefectKind::NoFieldName)),
        ("Hö: a", Some(HeadDefectKind::NoFieldName)),
        (": a", Some(HeadDefectKind::NoFieldName)),
        ("Host", Some(HeadDefectKind::NoFieldName)),
        ("Host : a", Some(HeadDefectKind::BlankBeforeColon)),
        ("Host\t: a", Some(HeadDefectKind::BlankBeforeColon)),
    ] {
        let found = defects(&format!("GET / HTTP/1.1\r\n{line}\r\n\r\n"));
        assert_eq!(found, Vec::from_iter(defect), "{line}");
    }
}

#[test]
fn a_line_end_without_a_carriage_return_is_a_defect_even_of_an_empty_line() {
    use HeadDefectKind::BareLineFeed;
    assert_eq!(defects("GET / HTTP/1.1\n\n"), [BareLineFeed, BareLineFeed]);
    assert_eq!(defects("GET / HTTP/1.1\r\n\r\n"), []);
}

#[test]
fn defects_and_fields_are_kept_up_to_a_bound_and_the_bound_is_told() {
    let lines = |count: usize, line: &str| format!("GET / HTTP/1.1\r\n{}\r\n", line.repeat(count));
    assert_eq!(defects(&lines(256, "x\r\n")), [HeadDefectKind::NoFieldName; 256]);
    for count in [257, 300] {
        let found = defects(&lines(count, "x\r\n"));
        assert_eq!((found.len(), found[256]), (257, HeadDefectKind::TooMany));
    }
    assert_eq!(defects(&lines(256, "a: b\r\n")), []);
    assert_eq!(defects(&lines(257, "a: b\r\n")), [HeadDefectKind::TooMany]);
}

fn chunks(body: &[u8]) -> Result<(bool, Bytes), String> {
    let mut chunked = ChunkedBody::default();
    let finished = chunked.advance(body).map_err(|error| error.to_string())?;
    Ok((finished, chunked.content(&Bytes::copy_from_slice(body))))
}

#[test]
fn chunks_are_joined_whatever_their_line_ends() {
    let content = |text: &[u8]| Ok((true, Bytes::copy_from_slice(text)));
    assert_eq!(chunks(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"), content(b"abcde"));
    assert_eq!(chunks(b"3\nabc\n0a \n0123456789\n0\n\n"), content(b"abc0123456789"));
    let unfinished = |text: &[u8]| Ok((false, Bytes::copy_from_slice(text)));
    assert_eq!(chunks(b"3\r\nabc"), unfinished(b""));
    assert_eq!(chunks(b"3\r\nabc\r"), unfinished(b""));
    assert_eq!(chunks(b"3\r\nabc\r\n0\r\n"), unfinished(b"abc"));
    let broken = |at, reason| Err(format!("chunk framing broken at byte {at}: {reason}"));
    assert_eq!(chunks(b"3\r\nabcd\r\n"), broken(0, "a line end after the chunk's data"));
    assert_eq!(chunks(b"1\r\na\r\n+1\r\n"), broken(6, "a chunk size in hexadecimal digits"));
    let sizes = "f".repeat(16);
    let size = format!("{sizes}\r\n");
    assert_eq!(chunks(size.as_bytes()), broken(0, "a chunk size that fits the address space"));
}

#[test]
fn a_chunk_size_line_without_end_is_given_up_after_4096_bytes() {
    assert_eq!(chunks(&[b'0'; 4096]), Ok((false, Bytes::new())));
    let error = chunks(&[b'0'; 4097]).unwrap_err();
    assert_eq!(error, "chunk framing broken at byte 0: a chunk-size line of at most 4096 bytes");
}

#[test]
fn a_length_is_digits_and_all_lengths_are_the_same() {
    let framing = |lines: &str| {
        let raw = format!("POST / HTTP/1.1\r\n{lines}\r\nabc");
        Request::new(raw.into()).framing().clone()
    };
    let line = |length: &str| format!("Content-Length: {length}\r\n");
    let whole = BodyFraming::Sized { length: 3, missing: 0 };
    assert_eq!(framing(&line("3")), whole);
    assert_eq!(framing(&line("3").repeat(2)), whole);
    assert_eq!(framing(&line("5")), BodyFraming::Sized { length: 5, missing: 2 });
    for bad in ["+3", "-3", "0x3", "3 ,3", "", "18446744073709551616"] {
        assert_eq!(framing(&line(bad)), BodyFraming::BadLength(bad.to_owned()));
    }
    let different = [line("3"), line("4")].concat();
    assert_eq!(framing(&different), BodyFraming::BadLength("3, 4".to_owned()));
    assert_eq!(framing(""), BodyFraming::None);
}

#[test]
fn a_message_is_empty_if_all_its_pieces_are() {
    assert!(Framed::whole(Bytes::new()).is_empty());
    assert!(!Framed::whole(Bytes::from_static(b"a")).is_empty());
    let tail = Framed { tail: Bytes::from_static(b"a"), ..Framed::whole(Bytes::new()) };
    assert!(!tail.is_empty() && tail.len() == 1);
}

#[test]
fn operations_may_be_put_together_twice() {
    let both = Operations::INIT.and(Operations::DATA);
    assert_eq!(both.and(Operations::DATA), both);
    assert!(both.contains(&Op::Init) && both.contains(&Op::Data) && !both.contains(&Op::List));
}

#[test]
fn an_operation_is_read_by_its_word_and_by_no_other() {
    for op in Op::ALL {
        assert_eq!(Op::read(op.as_str()), op);
        assert_eq!(Op::read(&op.to_string().to_uppercase()), Op::Other(op.as_str().to_uppercase()));
    }
    assert_eq!(Op::read("delete").as_str(), "delete");
}

#[test]
fn a_token_stands_between_commas_in_any_field_of_its_name() {
    let head = "GET / HTTP/1.1\r\nConnection: Keep-Alive , x\r\nconnection: close\r\n\r\n";
    let head = Head::read(&Bytes::from_static(head.as_bytes()));
    for token in ["keep-alive", "x", "CLOSE"] {
        assert!(head.has_token("connection", token), "{token}");
    }
    assert!(!head.has_token("connection", "keep") && !head.has_token("expect", "close"));
}

#[test]
fn a_code_is_retried_later_or_not_and_has_a_word_for_its_message() {
    let code = |code| Codes::get(code).unwrap();
    assert!(code(-71).is_retryable() && !code(-70).is_retryable());
    assert_eq!(Codes::message(-71), "ERROR_PROXY_FREQ_CONTROL");
    assert_eq!((Codes::get(1), Codes::message(1)), (None, "ERROR"));
}

#[test]
fn headers_of_a_part_are_kept_as_they_came() {
    let body = format!("--B\r\n{}\r\n--B--\r\n", PART.replace("\r\n\r\n", "\r\nX-A:  b \r\n\r\n"));
    let form = MultipartBody::read("B", &body.into());
    let headers = form.parts()[0].headers();
    assert_eq!(headers.len(), 2);
    assert_eq!(headers[0].0, "Content-Disposition");
    assert_eq!((headers[1].0.as_str(), headers[1].1.trim()), ("X-A", "b"));
    assert_eq!(form.parts()[0].header("x-a").map(str::trim), Some("b"));
}

#[test]
fn both_readers_find_the_same_parts_wherever_a_delimiter_stands() {
    const PIECE: usize = 64 << 10;
    for length in PIECE - 192..PIECE {
        // Line ends at its end, to be told from the one of the delimiter.
        let content = [&vec![b'x'; length][..], b"\r\n\r"].concat();
        let form = MultipartBody::new("B-0123456789").with("op", "upload");
        let form = form.with("filecontent", content).with("offset", "0");
        let body = form.encode();
        let read = MultipartBody::read(form.boundary(), &body);
        let second: Vec<_> = read.read_with_multer(&body).unwrap();
        let second: Vec<_> =
            second.iter().map(|part| (part.name.as_deref(), part.same_content)).collect();
        let names = ["op", "filecontent", "offset"].map(Some);
        assert_eq!(second, names.map(|name| (name, true)), "a file of {length} bytes and 3");
    }
}

#[test]
fn a_second_reading_of_a_long_body_without_a_delimiter_comes_to_its_end() {
    for length in [0, 1, 64 << 10, (64 << 10) + 1, 9 << 20] {
        let body = Bytes::from(vec![b'-'; length]);
        let read = MultipartBody::read("B", &body);
        let second = read.read_with_multer(&body).map_err(|error| error.to_string());
        assert_eq!(second, Err("incomplete multipart stream".to_owned()), "{length} bytes");
    }
}

#[test]
fn of_fields_headers_and_parameters_a_thousand_are_kept() {
    let many = |piece: &str, count: usize| piece.repeat(count);
    let url_encoded = "application/x-www-form-urlencoded";
    assert_eq!(form(Some(url_encoded), &many("a=b&", 1001)).values().len(), 1000);
    let keys: Vec<_> = (0..1001).map(|key| format!("\"{key}\":0")).collect();
    let object = format!("{{{}}}", keys.join(","));
    assert_eq!(form(Some("application/json"), &object).values().len(), 1000);

    let with_headers = |count: usize| {
        let headers = many("X-Note: a\r\n", count - 1);
        let body = format!("--B\r\n{headers}{PART}\r\n--B--\r\n");
        let form = MultipartBody::read("B", &Bytes::from(body));
        let too_many = form.defects_of(FormDefectKind::TooMany).count();
        (form.parts()[0].headers().len(), form.parts()[0].name().is_some(), too_many)
    };
    assert_eq!(with_headers(1000), (1000, true, 0));
    assert_eq!(with_headers(1001), (1000, false, 1));

    let with_parameters = |count: usize| {
        let parameters = many("; a=\"b\"", count);
        let part = PART.replace("; name", &format!("{parameters}; name"));
        let body = format!("--B\r\n{part}\r\n--B--\r\n");
        MultipartBody::read("B", &Bytes::from(body)).parts()[0].name().map(str::to_owned)
    };
    assert_eq!(with_parameters(998), Some("op".to_owned()));
    assert_eq!(with_parameters(999), None);
}

#[test]
fn values_of_a_json_form_that_are_no_strings_are_their_text() {
    let body = r#"{"op":"up\u006coad","n":1.50,"list":[1, {"a":null}],"flag":true,"op2":"}"}"#;
    let form = form(Some("application/json"), body);
    let expected: [(&str, &[u8]); 5] = [
        ("flag", b"true"),
        ("list", b"[1, {\"a\":null}]"),
        ("n", b"1.50"),
        ("op", b"upload"),
        ("op2", b"}"),
    ];
    assert_eq!(fields(&form), expected);
}

#[test]
fn a_form_may_end_in_a_delimiter_or_in_nothing() {
    let read = |body: String| {
        let form = MultipartBody::read("B", &Bytes::from(body));
        form.parts().iter().map(|part| part.content().clone()).collect::<Vec<_>>()
    };
    let file = PART.replace("\"op\"", "\"fileContent\"");
    assert_eq!(read(format!("--B\r\n{PART}\r\n--B")), ["upload", ""]);
    // The line end in front of a closing delimiter that never came is no part of a text, and may be
    // one of a file.
    for line_end in ["\r\n", "\n", ""] {
        assert_eq!(read(format!("--B\r\n{PART}{line_end}")), ["upload"]);
        assert_eq!(read(format!("--B\r\n{file}{line_end}")), [format!("upload{line_end}")]);
    }
    assert_eq!(read(format!("--B\r\n{PART}\r\n\r\n--B--")), ["upload\r\n"]);
}

#[test]
fn of_the_defects_of_a_form_a_thousand_are_kept_and_that_there_were_more() {
    let kept = |count: usize| {
        let headers = "X: y\n".repeat(count);
        let body = format!("--B\r\n{headers}{PART}\r\n--B--\r\n");
        let form = MultipartBody::read("B", &Bytes::from(body));
        let kinds: Vec<_> = form.defects().iter().map(|defect| defect.kind).collect();
        let bare = kinds.iter().filter(|kind| **kind == FormDefectKind::BareLineFeed).count();
        (bare, kinds.len())
    };
    assert_eq!(kept(999), (999, 999));
    let many = "--B\nX: y\n\n".repeat(600);
    let form = MultipartBody::read("B", &Bytes::from(many));
    let kinds: Vec<_> = form.defects().iter().map(|defect| defect.kind).collect();
    assert_eq!((kinds.len(), kinds[1000]), (1001, FormDefectKind::TooMany));
}

#[test]
fn a_header_of_a_part_has_a_name() {
    for line in [": form-data", "Content Disposition: x", "form-data"] {
        let form =
            MultipartBody::read("B", &Bytes::from(format!("--B\r\n{line}\r\n\r\n\r\n--B--")));
        let defects = form.defects_of(FormDefectKind::MalformedHeader);
        assert_eq!(defects.count(), 1, "{line}");
        assert!(form.parts()[0].headers().is_empty());
    }
}
