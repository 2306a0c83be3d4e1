//! The protocol's nouns against what was published and captured.

use slicecheck::protocol::{MultipartBody, ObjectPath, Request};

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

/// The page taken at its word: two delimiters, no empty lines, no closing delimiter, bare LF.
#[test]
fn the_seed_pages_body_taken_literally_is_read_with_all_its_defects() {
    use slicecheck::protocol::FormDefectKind::{BareLineFeed, NoBlankLine, NoClosingDelimiter};
    let body = "--d3a8\nContent-Disposition: form-data; name=\"offset\"; filename=\"offset\"\n0\n\
                --d3a8\nContent-Disposition: form-data; name=\"op\"; filename=\"op\"\n\
                upload_slice_data\n";
    let form = MultipartBody::read("d3a8", &body.into());
    assert_eq!(form.value("offset").unwrap(), "0");
    let found = |kind| form.defects_of(kind).count();
    assert!(found(BareLineFeed) > 0 && found(NoBlankLine) == 2 && found(NoClosingDelimiter) == 1);
}
