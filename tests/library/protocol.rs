//! The protocol's nouns against what was published and captured.

use slicecheck::protocol::{
    ClearText, Credentials, FieldOrder, MacMistake, MultipartBody, ObjectPath, Request,
    ResponseEnvelope, Signature, SliceData, sha1_hex,
};

use crate::bodies::SESSION;

const SECRET_KEY: &str = "bLcPnl88WU30VY57ipRhSePfPdOfSruK";
const SECRET_ID: &str = "AKIDUfLUEUigQiXqm7CVSspKJnuaiIKtxqAv";

#[test]
fn the_seed_pages_reply_is_382_bytes_of_compact_json() {
    let reply = ResponseEnvelope {
        code: 0,
        message: "SUCCESS".to_owned(),
        request_id: Some("NTliNzhlOWJfMTliMjk0MGFfNDg0ZF8xMTY3Yzc=".to_owned()),
        data: Some(SliceData {
            datalen: 1_048_576,
            datamd5: "b6d81b360a5672d80c27430f39153e2c".to_owned(),
            offset: 101_711_872,
            session: SESSION.to_owned(),
        }),
    };
    let body = reply.write();
    assert_eq!(body.len(), 382);
    assert_eq!(sha1_hex(body.as_bytes()), "32043e2543898bc8c3c3ff894891317f2339e4b5");
    assert_eq!(ResponseEnvelope::read(body.as_bytes()).unwrap(), reply);
}

#[test]
fn the_published_signatures_reproduce_in_both_field_orders() {
    let path = ObjectPath {
        appid: "200001".to_owned(),
        bucket: "newbucket".to_owned(),
        key: "/tencent_test.jpg".to_owned(),
    };
    let sign = |order, begins, ends, random, fileid| {
        let clear =
            ClearText { order, path: &path, secret_id: SECRET_ID, begins, ends, random, fileid };
        Signature::sign(SECRET_KEY, &clear.to_string())
    };
    let (sdk, documented) = (FieldOrder::Sdk, FieldOrder::Documented);
    let bound = "/200001/newbucket/tencent_test.jpg";
    assert_eq!(path.fileid(), bound);
    let published = [
        (
            sign(sdk, 1_437_995_644, 1_437_995_704, 2_081_660_421, ""),
            "vxzLR6vzMNhBMUVzMTWKUB+LMeVhPTIwMDAwMSZrPUFLSURVZkxVRVVpZ1FpWHFtN0NWU3NwS0pudWFpSUt0eHFBdiZlPTE0Mzc5OTU3MDQmdD0xNDM3OTk1NjQ0JnI9MjA4MTY2MDQyMSZmPSZiPW5ld2J1Y2tldA==",
        ),
        (
            sign(documented, 1_437_995_644, 1_437_995_704, 2_081_660_421, ""),
            "wHgvVkXpcZ3d+G0rOkAJml3R5NdhPTIwMDAwMSZiPW5ld2J1Y2tldCZrPUFLSURVZkxVRVVpZ1FpWHFtN0NWU3NwS0pudWFpSUt0eHFBdiZlPTE0Mzc5OTU3MDQmdD0xNDM3OTk1NjQ0JnI9MjA4MTY2MDQyMSZmPQ==",
        ),
        (
            sign(documented, 1_437_995_645, 0, 1_166_710_792, bound),
            "cPGnW2Yvpf6JGiX7KX9xiXZg2V5hPTIwMDAwMSZiPW5ld2J1Y2tldCZrPUFLSURVZkxVRVVpZ1FpWHFtN0NWU3NwS0pudWFpSUt0eHFBdiZlPTAmdD0xNDM3OTk1NjQ1JnI9MTE2NjcxMDc5MiZmPS8yMDAwMDEvbmV3YnVja2V0L3RlbmNlbnRfdGVzdC5qcGc=",
        ),
    ];
    for (ours, theirs) in published {
        assert_eq!(ours, theirs);
        assert!(Signature::read(theirs).unwrap().verify(SECRET_KEY));
    }
}

#[test]
fn known_ways_of_signing_wrongly_are_named() {
    use base64::Engine;
    let credentials =
        Credentials { secret_id: SECRET_ID.to_owned(), secret_key: SECRET_KEY.to_owned() };
    let clear = format!("a=1&b=b&k={SECRET_ID}&e=2&t=1&r=3&f=/1/b/a%20b");
    let explain = |signature: &str| {
        let signature = Signature::read(signature).unwrap();
        assert!(!signature.verify(SECRET_KEY));
        signature.explain(&credentials)
    };
    let mac = slicecheck::protocol::hmac_sha1(SECRET_KEY.as_bytes(), clear.as_bytes());
    let hex = mac.map(|byte| format!("{byte:02x}")).concat();
    let encode = |mac: &[u8]| {
        base64::engine::general_purpose::STANDARD.encode([mac, clear.as_bytes()].concat())
    };
    assert_eq!(explain(&encode(hex.as_bytes())), Some(MacMistake::Hex));
    let mac_of =
        |key: &str, clear: &str| slicecheck::protocol::hmac_sha1(key.as_bytes(), clear.as_bytes());
    let other_order = format!("a=1&k={SECRET_ID}&e=2&t=1&r=3&f=/1/b/a%20b&b=b");
    assert_eq!(explain(&encode(&mac_of(SECRET_KEY, &other_order))), Some(MacMistake::OtherOrder));
    assert_eq!(explain(&encode(&mac_of(SECRET_ID, &clear))), Some(MacMistake::SecretIdAsKey));
    let unescaped = clear.replace("%20", " ");
    assert_eq!(explain(&encode(&mac_of(SECRET_KEY, &unescaped))), Some(MacMistake::OtherEscaping));
    let line = format!("{clear}\n");
    assert_eq!(explain(&encode(&mac_of(SECRET_KEY, &line))), Some(MacMistake::TrailingLineFeed));
    assert_eq!(explain(&encode(&[7; 20])), None);
}

#[test]
fn every_sdks_escaping_of_a_key_names_the_same_object() {
    for escaped in [
        "/files/v2/1/b/dir/a%20b%2Bc~%C3%BC(1)*.txt",
        "/files/v2/1/b/dir/a%20b%2bc~%c3%bc(1)*.txt",
        "/files/v2/1/b/dir/a%20b%2Bc%7E%C3%BC%281%29%2A.txt",
        "/files/v2/1/b/dir/a%20b+c~%C3%BC(1)*.txt",
        "/files/v2/1/b/dir%2Fa%20b+c~ü(1)*.txt",
    ] {
        assert_eq!(ObjectPath::read(escaped).unwrap().key, "/dir/a b+c~ü(1)*.txt");
    }
}

#[test]
fn absolute_and_origin_form_name_the_same_object() {
    let read = |target: &str| Request::write("POST", target, &[], b"");
    let absolute = read("http://gz.file.myqcloud.com/files/v2/1/b/k?sign=x");
    let origin = read("/files/v2/1/b/k?sign=x");
    assert_eq!(absolute.object_path().unwrap(), origin.object_path().unwrap());
    assert_eq!((absolute.query(), origin.query()), (Some("sign=x"), Some("sign=x")));
}

/// The page taken at its word: two delimiters, no blank lines, no closing delimiter, bare LF.
#[test]
fn the_seed_pages_body_taken_literally_is_read_and_all_its_defects_are_named() {
    use slicecheck::protocol::FormDefectKind::{BareLineFeed, NoBlankLine, NoClosingDelimiter};
    let body = "--d3a8\nContent-Disposition: form-data; name=\"offset\"; filename=\"offset\"\n0\n\
                --d3a8\nContent-Disposition: form-data; name=\"op\"; filename=\"op\"\n\
                upload_slice_data\n";
    let form = MultipartBody::read("d3a8", &body.into());
    assert_eq!(form.value("offset").unwrap(), "0");
    let found = |kind| form.defects_of(kind).count();
    assert!(found(BareLineFeed) > 0 && found(NoBlankLine) == 2 && found(NoClosingDelimiter) == 1);
}
