//! The exact bytes of each operation in each dialect, and the lengths that the documents print.

use std::collections::BTreeSet;

use bytes::Bytes;
use slicecheck::protocol::{
    Codes, Credentials, CumulativeSha1, Dialect, Fields, FormDefectKind, MultipartBody, ObjectPath,
    Op, Part, Request, RequestBuilder, Response, UploadPart, md5_hex, sha1_hex,
};

use crate::snapshot::assert_snapshot;
use crate::vectors::is_written_as;

/// The session of the seed page, put together from its four mutilated copies [CALC §8.2].
pub(crate) const SESSION: &str = concat!(
    "8ad1d23f1b1f3452a1bda9bfbfcb81c4bb1cee616477a16d28e7b32ee179b41b",
    "e91c5f726833a725dae76800c621d93b4efa7fe52923febb654f1fc370fd7c4b",
    "6e4165f810a3da7adf0f9d54802e782ba3d43049eafc6a73371c632e47baf12d",
);
const MIB: usize = 1_048_576;
/// The file of the 2016 pages: its path and its content.
const FILE_2016: (&str, &[u8]) = ("/data/liudg/cos-php-sdk/111.txt", b"hello, I am 111.txt.\n");

/// As the 2017 pages have it, taken from Python.
fn is_python(id: &str, fields: &Fields) {
    is_written_as(id, &Dialect::PYTHON, fields, "");
}

#[test]
fn the_slices_of_the_seed_page_are_written_as_published() {
    is_python("seed-data", &Fields::data(SESSION, 0, vec![0; MIB]));
    is_python("seed-next-slice", &Fields::data(SESSION, 1_048_576, vec![0; MIB]));
    let sha = sha1_hex(&vec![0; MIB]);
    is_python("seed-data-with-sha", &Fields::data(SESSION, 0, vec![0; MIB]).with("sha", sha));
}

/// The seed page prints the session three times, each time with runs of it left out [CALC §8.2].
#[test]
fn the_printed_copies_are_what_is_left_of_the_session() {
    let kept = |runs: &[(usize, usize)]| -> String {
        runs.iter().map(|(start, length)| &SESSION[*start..start + length]).collect()
    };
    let schema = "8ad1d23f1b1f3452a1bda9bfbfcb81c4bb1cee616477a16d2b32ee179b41\
                  b3049eafc6a7337632e47baf12d";
    let request = "8ad1d23f1b1f3452a1bda9bfbfcb81c4bb1cee616477a16d28e7b32ee179b41be91\
                   800c621d93b4efa7fe52923febb654f1fc370fd72d";
    let response = "8ad1d23f1b1f3452a1bda9bfbfcb81c4bb1cee616477a16d2\
                    b32ee179b41be91c5f726833a725dae76800c621d93b4efa7fe52923febb654f1fc370fd\
                    7c4b6e4165f810a3da7adf0f9d54802e782ba3d43049eafc6a7337632e47baf12d";
    assert_eq!(SESSION.len(), 192);
    assert_eq!(kept(&[(0, 49), (52, 12), (164, 14), (180, 12)]), schema);
    assert_eq!(kept(&[(0, 67), (85, 40), (190, 2)]), request);
    assert_eq!(kept(&[(0, 49), (52, 126), (180, 12)]), response);
    // Only together do they have every character.
    let whole = format!("{}{}{}", &response[..49], &request[49..52], &response[49..175]);
    assert_eq!(whole.as_str(), &SESSION[..178]);
}

/// The file of the seed page is 100 MiB of zeros [CALC §8.3].
#[test]
fn the_digests_of_zeros_are_those_of_the_seed_page() {
    let slice = vec![0; MIB];
    assert_eq!(md5_hex(&slice), "b6d81b360a5672d80c27430f39153e2c");
    assert_eq!(sha1_hex(&slice), "3b71f43ff30f4b15b5cd85dd9e95ebc7e84eb5a3");
    let mut file = CumulativeSha1::new();
    (0..100).for_each(|_| file.update(&slice));
    assert_eq!(file.finish(), "2c2ceccb5ec5574f791d45b63c940cff20550f9a");
}

#[test]
fn the_requests_of_2017_are_written_as_published() {
    for filesize in [104_857_600, 9_437_189] {
        let init = Fields::init(filesize, 1_048_576).with("insertOnly", "1").with("biz_attr", "");
        is_python(&format!("init-2017-{filesize}"), &init);
        is_python(&format!("finish-2017-{filesize}"), &Fields::finish(SESSION, filesize));
    }
    let sha = sha1_hex(&vec![0; MIB]);
    let simple = Fields::upload(vec![0; MIB]);
    is_python("simple-2017", &simple.with("insertOnly", "1").with("sha", sha).with("biz_attr", ""));
}

#[test]
fn the_requests_of_2016_are_written_as_published() {
    let session = "0".repeat(96);
    let (local_file, content) = FILE_2016;
    let is_php = |id: &str, fields: &Fields| {
        is_written_as(id, &Dialect::PHP_2016, fields, local_file);
    };
    is_php("init-2016", &Fields::init(36_864, 524_288));
    is_php("data-2016", &Fields::data(session.clone(), 0, vec![0; 36_864]));
    is_php("finish-2016", &Fields::finish(session, 36_864));
    is_php("list-2016", &Fields::list());
    let simple = Fields::upload(content).with("sha", sha1_hex(content)).with("biz_attr", "");
    is_php("simple-2016", &simple);
}

/// The page prints lengths only. Of the slice, session and file name together are 71 bytes long.
#[test]
fn the_requests_of_the_predecessor_api_are_written_as_published() {
    let is_dotnet = |id: &str, fields: &Fields| {
        is_written_as(id, &Dialect::DOTNET_V1, fields, FILE_2016.0);
    };
    let init = Fields::init(10_000_000, 3_145_728).with("sha", "0".repeat(40));
    is_dotnet("init-v1", &init.with("biz_attr", "").with("insertOnly", "0"));
    let session = "0".repeat(71 - "111.txt".len());
    is_dotnet("data-v1", &Fields::data(session, 0, vec![0; 3 * MIB]));
}

/// Seen on the wire with ten slices of a file of 9 MiB and 5 bytes [WIRE §6.4].
#[test]
fn uploadparts_of_ten_slices_is_948_bytes_in_python_and_889_elsewhere() {
    let parts = UploadPart::all(&vec![0; 9 * MIB + 5], MIB).unwrap();
    assert_eq!(parts[9].datasha, "a02c0338bcdd4a904c66144c8f18925b39dfab5e");
    for dialect in Dialect::ALL {
        let text = dialect.uploadparts(&parts);
        assert_eq!(text.len(), if dialect.name == "python" { 948 } else { 889 });
        assert_eq!(serde_json::from_str::<Vec<UploadPart>>(&text).unwrap(), parts);
    }
}

/// With everything that the client may send, so that the place of every field is on record.
fn fields_of(dialect: &Dialect, op: &Op) -> Fields {
    let content: Vec<u8> = (0..=255).collect();
    let parts = UploadPart::all(&content, 128).unwrap();
    let mut fields = match op {
        Op::Upload => Fields::upload(content.clone()),
        Op::Init => Fields::init(256, 128),
        Op::Data => Fields::data("S%2B/+=", 0, content.clone()),
        Op::List => Fields::list(),
        Op::Finish => Fields::finish("S%2B/+=", 256),
        Op::Other(_) => unreachable!("the pages have five operations"),
    };
    for name in dialect.names(op, true) {
        let value = match *name {
            "biz_attr" => "any text".to_owned(),
            "datamd5" => md5_hex(&content),
            "insertOnly" => "0".to_owned(),
            "sha" => sha1_hex(&content),
            "session" => "S%2B/+=".to_owned(),
            "sliceSize" => "128".to_owned(),
            "uploadparts" => dialect.uploadparts(&parts),
            "x-cos-meta-magic-context" => "any context".to_owned(),
            _ => continue,
        };
        fields = fields.with(name, value);
    }
    fields
}

#[test]
fn every_request_in_every_dialect_is_its_snapshot() {
    let key = "/dir/a b+c~ü(1)*'.bin".to_owned();
    let path = ObjectPath { appid: "200001".to_owned(), bucket: "newbucket".to_owned(), key };
    let credentials = Credentials {
        secret_id: "AKIDUfLUEUigQiXqm7CVSspKJnuaiIKtxqAv".to_owned(),
        secret_key: "bLcPnl88WU30VY57ipRhSePfPdOfSruK".to_owned(),
    };
    for dialect in &Dialect::ALL {
        let builder = RequestBuilder {
            dialect,
            path: &path,
            credentials: &credentials,
            host: "gz.file.myqcloud.com",
            local_file: "/home/me/big.bin",
            begins: 1_437_995_644,
            ends: 1_437_995_704,
            random: 2_081_660_421,
            seed: 0,
        };
        // Whoever has no slices to list, or no simple upload, is on record; these all have.
        assert!([Op::Init, Op::Data].iter().all(|op| dialect.speaks(op)), "{}", dialect.name);
        for op in Op::ALL.iter().filter(|op| dialect.speaks(op)) {
            let request = builder.write(&fields_of(dialect, op)).to_bytes();
            assert!(Request::new(request.clone()).excess().is_empty());
            let id = format!("{}/{op}", dialect.name);
            assert_snapshot("requests", &id, &visible(&request));
        }
    }
}

/// The vectors describe the bodies part by part, so that they can be built without a dialect.
#[test]
fn every_form_in_every_dialect_is_that_of_the_vectors() {
    let mut forms = 0;
    for dialect in &Dialect::ALL {
        let has_form = |op: &&Op| dialect.speaks(op) && !(dialect.json_list && **op == Op::List);
        for op in Op::ALL.iter().filter(has_form) {
            let id = format!("{}-{op}", dialect.name);
            is_written_as(&id, dialect, &fields_of(dialect, op), "/home/me/big.bin");
            forms += 1;
        }
    }
    assert_eq!(forms, 46);
}

#[test]
fn fields_are_changed_renamed_and_removed_by_their_exact_name() {
    let mut form = MultipartBody::new("B").with("a", "1").with("b", "2").with("a", "3");
    assert_eq!(form.set("a", "4"), Some(()));
    assert_eq!(form.rename("b", "c"), Some(()));
    let fields = |form: &MultipartBody| {
        let field = |part: &Part| (part.name().unwrap().to_owned(), part.content().to_vec());
        form.parts().iter().map(field).collect::<Vec<_>>()
    };
    let field = |name: &str, content: &str| (name.to_owned(), content.as_bytes().to_vec());
    assert_eq!(fields(&form), [field("a", "4"), field("c", "2"), field("a", "3")]);
    for missing in ["b", "A"] {
        assert_eq!(form.set(missing, "5"), None);
        assert_eq!(form.rename(missing, "d"), None);
        assert_eq!(form.remove(missing), None);
    }
    assert_eq!(form.remove("a"), Some(()));
    assert_eq!(fields(&form), [field("c", "2")]);
}

#[test]
fn a_form_that_was_read_without_its_end_is_written_without_it() {
    let body = MultipartBody::new("B").with("op", "upload").encode();
    let open = body.slice(..body.len() - "--B--\r\n".len());
    assert_eq!(MultipartBody::read("B", &body).encode(), body);
    let form = MultipartBody::read("B", &open);
    assert!(form.defects_of(FormDefectKind::NoClosingDelimiter).next().is_some());
    let again = String::from_utf8(form.encode().into()).unwrap();
    assert!(again.starts_with(std::str::from_utf8(&open).unwrap()) && !again.contains("--B--"));
}

/// Phrases of RFC 9110 §15; a client that reads them gets what it is used to.
#[test]
fn a_response_is_written_with_the_phrase_of_its_status_and_its_length() {
    let phrases = [
        (200, "OK"),
        (400, "Bad Request"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (409, "Conflict"),
        (451, "Unavailable For Legal Reasons"),
        (500, "Internal Server Error"),
        (503, "Service Unavailable"),
        (299, ""),
    ];
    for (status, phrase) in phrases {
        let response = Response::write(status, &[("Server", "tencent-cos".into())], "{}");
        let expected = format!(
            "HTTP/1.1 {status} {phrase}\r\nServer: tencent-cos\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        assert_eq!(response.raw(), expected.as_bytes());
        assert_eq!((response.status(), response.body().as_ref()), (status, b"{}".as_slice()));
    }
    let documented = Codes::all().iter().filter_map(|code| code.status);
    for status in documented {
        assert!(phrases.iter().any(|(known, _)| *known == status), "no phrase for {status}");
    }
}

/// Line ends and bytes that do not print, as escapes; a new line of the snapshot after each LF.
fn visible(bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let line = |line: &[u8]| line.escape_ascii().to_string().replace("\\\"", "\"") + "\n";
    lines.map(line).collect()
}

#[test]
fn fields_are_sent_in_the_order_and_by_the_names_of_the_dialect() {
    for dialect in &Dialect::ALL {
        for op in Op::ALL.iter().filter(|op| dialect.speaks(op)) {
            let form = dialect.form(&fields_of(dialect, op), "B", "/home/me/big.bin");
            let sent: Vec<_> = form.parts().iter().map(|part| part.name().unwrap()).collect();
            let same = |(own, known): (&&str, &&str)| own.eq_ignore_ascii_case(known);
            let names = dialect.names(op, true);
            assert_eq!(sent.len(), names.len(), "{} {op}: {sent:?}", dialect.name);
            assert!(sent.iter().zip(names).all(same), "{} {op}: {sent:?}", dialect.name);
        }
    }
}

#[test]
fn a_field_that_the_dialect_does_not_know_is_sent_last() {
    let form = Dialect::PHP.form(&Fields::finish("S", 1).with("sha", "0"), "B", "");
    assert_eq!(form.parts().last().unwrap().name(), Some("sha"));
}

#[test]
fn boundaries_follow_the_pattern_of_their_dialect_and_differ_by_seed() {
    for dialect in &Dialect::ALL {
        let boundaries: Vec<_> = (0..100).map(|seed| dialect.boundary(seed)).collect();
        for boundary in &boundaries {
            assert!(boundary.len() <= 70);
            let fits = |(letter, pattern): (char, char)| match pattern {
                'x' => dialect.alphabet.contains(letter),
                _ => letter == pattern,
            };
            let pattern = dialect.boundary.chars();
            assert_eq!(boundary.len(), dialect.boundary.len());
            assert!(boundary.chars().zip(pattern).all(fits), "{}: {boundary}", dialect.name);
        }
        assert_eq!(boundaries.iter().collect::<BTreeSet<_>>().len(), 100, "{}", dialect.name);
    }
}

#[test]
fn a_content_that_holds_the_boundary_gets_another() {
    let taken = Dialect::JAVA.boundary(7);
    let content = format!("\r\n--{taken}--\r\n");
    let boundary = Dialect::JAVA.boundary_absent_from(content.as_bytes(), 7);
    assert_eq!(boundary, Dialect::JAVA.boundary(8));
}

#[test]
fn the_content_is_shared_with_its_maker_and_not_copied() {
    let content = Bytes::from(vec![7; MIB]);
    for dialect in &Dialect::ALL {
        let form = dialect.form(&Fields::data("S", 0, content.clone()), "B", "");
        assert_eq!(form.framed().content.as_ptr(), content.as_ptr(), "{}", dialect.name);
    }
}
