use slicecheck::protocol::{Op, Part, SlicePlan, UploadPart, cumulative_sha1, md5_hex, sha1_hex};

use super::{PLAIN, found, with_form};
use crate::conforming::played;

/// What a rule finds where the init request has this field.
fn with_field(rule: &str, name: &str, value: &str) -> Vec<String> {
    let transcript = with_form(&Op::Init, 0, |form| match form.value(name) {
        Some(_) => form.set(name, value.to_owned()).unwrap(),
        None => form.push(Part::new(name, value.to_owned())),
    });
    found(rule, &transcript)
}

#[test]
fn slice_sizes_are_64_kib_to_1_mib_or_2_or_3_mib() {
    for allowed in ["65536", "524288", "1048575", "1048576", "2097152", "3145728"] {
        let found = with_field("init/slice-size-form", "slice_size", allowed);
        assert_eq!(found, Vec::<String>::new(), "{allowed}");
    }
    for size in ["0", "2", "65535", "1048577", "1048578", "1048579", "2097151", "4194304"] {
        let found = with_field("init/slice-size-form", "slice_size", size);
        assert_eq!(found, [format!("\"{size}\"")]);
        // What no page allows is not blamed for being other than the current page's size as well.
        assert!(with_field("init/slice-size", "slice_size", size).is_empty());
    }
}

#[test]
fn what_became_of_a_number_is_told() {
    for (value, mistake) in [
        ("", ": an empty field"),
        (" 2442830", ": it is surrounded by white space"),
        ("2442830\r\n", ": it is surrounded by white space"),
        ("+2442830", ": it has a sign"),
        ("-2442830", ": it has a sign"),
        ("\"2442830\"", ": it is in quotes"),
        ("2442830.0", ": it was printed as a floating-point number"),
        ("2.44283e6", ": it was printed as a floating-point number"),
        ("2E6", ": it was printed as a floating-point number"),
        ("2,442,830", ": it has separators between thousands"),
        ("2'442'830", ": it has separators between thousands"),
        ("2_442_830", ": it has separators between thousands"),
        ("2 442 830", ": it has separators between thousands"),
        ("0x25464e", ": it is hexadecimal"),
        ("0X25464E", ": it is hexadecimal"),
        ("None", ": a missing value was printed as a word"),
        ("NaN", ": a missing value was printed as a word"),
        ("undefined", ": a missing value was printed as a word"),
        // These are nothing that anybody knows.
        ("-", ""),
        ("+x", ""),
        ("\"\"", ""),
        ("infinity", ""),
        ("e", ""),
        ("1.2.3", ""),
        (",", ""),
        ("0x", ""),
        ("0xfile", ""),
        ("2442830 bytes", ""),
        // A number that no size can be.
        ("99999999999999999999999", ""),
    ] {
        let found = with_field("init/filesize-form", "filesize", value);
        let shown = value.escape_default().to_string().replace("\\'", "'");
        assert_eq!(found, [format!("\"{shown}\"{mistake}")], "{value}");
    }
}

#[test]
fn what_became_of_the_digest_of_the_file_is_told() {
    let file = played(PLAIN).job.file.as_ref().unwrap().whole().unwrap();
    for (value, mistake) in [
        (sha1_hex(&file).to_uppercase(), ": the digits are in upper case"),
        (sha1_hex(&file[..1 << 20]), ": this is the SHA-1 of the first slice"),
        (md5_hex(&file), ": this is the MD5 of the file"),
        (md5_hex(&file).to_uppercase(), ": this is the MD5 of the file"),
        (sha1_hex(b""), ": this is the SHA-1 of nothing"),
        ("0".repeat(64), ": this has the length of a SHA-256"),
        ("0".repeat(40), ""),
    ] {
        assert_eq!(with_field("init/sha", "sha", &value), [format!("\"{value}\"{mistake}")]);
    }
    assert!(with_field("init/sha", "sha", &sha1_hex(&file)).is_empty());
}

#[test]
fn the_last_part_of_uploadparts_is_never_longer_than_a_slice() {
    let size = played(PLAIN).job.file.as_ref().unwrap().len();
    let cut = |at: u64| {
        let part =
            |offset, end| UploadPart { offset, datalen: end - offset, datasha: String::new() };
        let mut parts = vec![part(0, 1 << 20), part(1 << 20, at)];
        parts.extend((at < size).then(|| part(at, size)));
        let parts = serde_json::to_string(&parts).unwrap();
        with_field("init/uploadparts-grid", "uploadparts", &parts)
    };
    assert_eq!(cut(size), [format!("{} at offset 1048576", size - (1 << 20))]);
    assert!(cut(2 << 20).is_empty());
}

#[test]
fn what_became_of_a_running_digest_is_told() {
    let file = played(PLAIN).job.file.as_ref().unwrap().whole().unwrap();
    let shas = cumulative_sha1(&file, 1 << 20).unwrap();
    let told = |datasha: &str| {
        let mut start = 0;
        let parts: Vec<_> = shas
            .iter()
            .map(|sha| {
                let datalen = (file.len() as u64 - start).min(1 << 20);
                let datasha = if start == 1 << 20 { datasha } else { sha };
                let part = UploadPart { offset: start, datalen, datasha: datasha.to_owned() };
                start += datalen;
                part
            })
            .collect();
        let parts = serde_json::to_string(&parts).unwrap();
        with_field("init/uploadparts-shas", "uploadparts", &parts)
    };
    let detail = shas[1].as_bytes().chunks(8).map(|word| {
        let word = u32::from_str_radix(std::str::from_utf8(word).unwrap(), 16).unwrap();
        format!("{:08x}", word.swap_bytes())
    });
    let second = &file[1 << 20..2 << 20];
    for (datasha, mistake) in [
        (detail.collect::<String>(), ": the words of the state are in big-endian order"),
        (sha1_hex(second), ": this is the SHA-1 of the slice alone"),
        (
            sha1_hex(&file[..2 << 20]),
            ": this is the finished SHA-1 up to here, not the running state",
        ),
        ("0".repeat(40), ""),
        (String::new(), ""),
    ] {
        assert_eq!(told(&datasha), [format!("\"{datasha}\"{mistake}")]);
    }
    assert!(told(&shas[1]).is_empty());
}

#[test]
fn uploadparts_without_sha_or_empty_are_told_apart() {
    let pair = |name: &str, value: &str| {
        let with = with_field("init/sha-with-uploadparts", name, value).len();
        let without = with_field("init/uploadparts-with-sha", name, value).len();
        (with, without)
    };
    assert_eq!(pair("uploadparts", "[]"), (1, 0));
    assert_eq!(pair("uploadparts", ""), (0, 0));
    assert_eq!(pair("sha", ""), (0, 0));
    assert_eq!(pair("sha", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (0, 1));
}

#[test]
fn parts_are_as_large_as_asked_for_or_1_mib() {
    let found = |asked: u64, grid: u64| {
        let transcript = with_form(&Op::Init, 0, |form| {
            let size = 2_442_830;
            let parts = SlicePlan::new(size, grid).unwrap().slices().map(|slice| UploadPart {
                offset: slice.offset,
                datalen: slice.length,
                datasha: String::new(),
            });
            let parts = serde_json::to_string(&parts.collect::<Vec<_>>()).unwrap();
            form.set("slice_size", asked.to_string()).unwrap();
            form.push(Part::new("uploadparts", parts));
        });
        found("init/uploadparts-grid", &transcript)
    };
    let none = Vec::<String>::new();
    assert_eq!(found(1 << 20, 1 << 20), none);
    assert_eq!(found(2 << 20, 2 << 20), none);
    assert_eq!(found(2 << 20, 1 << 20), none);
    assert_eq!(found(1 << 19, 1 << 19), none);
    assert_eq!(found(1 << 19, 1 << 20), ["1048576 at offset 0"]);
    assert_eq!(found(1 << 20, 1 << 19), ["524288 at offset 0"]);
}
