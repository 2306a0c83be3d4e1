use std::collections::BTreeSet;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use slicecheck::protocol::{
    BodyFraming, ChunkedBody, Head, MultipartBody, ObjectPath, Part, Request, ResponseEnvelope,
    Signature, SignatureError, Slice, SlicePlan, boundary_parameter, cumulative_sha1,
    percent_decode, sha1_hex,
};

/// 64 GiB, the largest object that the documents allow.
const LARGEST: u64 = 64 << 30;

/// Failures become named tests or seeds, so there is no second store of regressions.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn slices_follow_each_other_without_gap_and_end_with_the_file(plan in small_plan()) {
        let (plan, size) = plan;
        let mut end = 0;
        for slice in plan.slices() {
            prop_assert_eq!(slice.offset, end);
            end = slice.end().unwrap();
        }
        prop_assert_eq!(end, size);
        prop_assert_eq!(Slice::first_gap(plan.slices(), size), None);
    }

    #[test]
    fn only_the_last_slice_may_be_short_and_none_is_empty(plan in small_plan()) {
        let (plan, _) = plan;
        let slices: Vec<_> = plan.slices().collect();
        if let Some((last, others)) = slices.split_last() {
            prop_assert!(others.iter().all(|slice| slice.length == plan.slice_size()));
            prop_assert!((1..=plan.slice_size()).contains(&last.length));
        }
    }

    #[test]
    fn there_are_as_many_slices_as_the_size_divided_and_rounded_up(plan in small_plan()) {
        let (plan, size) = plan;
        let whole = size / plan.slice_size();
        let expected = if size.is_multiple_of(plan.slice_size()) { whole } else { whole + 1 };
        prop_assert_eq!(plan.count(), expected);
        prop_assert_eq!(u64::try_from(plan.slices().count()).unwrap(), expected);
    }

    #[test]
    fn a_slice_is_found_by_its_offset_and_by_no_other(
        size in 1..=LARGEST,
        slice_size in 1_u64..=4 << 20,
        index in any::<Index>(),
        aside in 1_u64..4 << 20,
    ) {
        let plan = SlicePlan::new(size, slice_size).unwrap();
        let index = u64::try_from(index.index(usize::try_from(plan.count()).unwrap())).unwrap();
        let slice = plan.slice(index).unwrap();
        prop_assert_eq!(plan.slice_at(slice.offset), Some(slice));
        prop_assert_eq!(slice.offset, index * slice_size);
        let beside = slice.offset + aside;
        prop_assert_eq!(plan.slice_at(beside).is_some(), aside % slice_size == 0 && beside < size);
    }

    #[test]
    fn plans_of_any_size_keep_within_the_file(
        size in edge(),
        slice_size in edge(),
        index in edge(),
    ) {
        let Some(plan) = SlicePlan::new(size, slice_size) else {
            prop_assert_eq!(slice_size, 0);
            return Ok(());
        };
        let slice = plan.slice(index);
        prop_assert_eq!(slice.is_some(), index < plan.count());
        if let Some(slice) = slice {
            prop_assert!(slice.end().unwrap() <= size);
            prop_assert_eq!(plan.slice_at(slice.offset), Some(slice));
        }
        if let Some(last) = plan.count().checked_sub(1) {
            prop_assert_eq!(plan.slice(last).unwrap().end(), Some(size));
        }
    }

    #[test]
    fn the_first_gap_is_the_first_byte_that_a_bitmap_leaves_unset(
        slices in vec((0_u64..80, 0_u64..24), 0..12),
        size in 0_u64..64,
    ) {
        let mut covered = BTreeSet::new();
        for (offset, length) in &slices {
            covered.extend(*offset..offset + length);
        }
        let expected = (0..size).find(|byte| !covered.contains(byte));
        let slices = slices.into_iter().map(|(offset, length)| Slice { offset, length });
        prop_assert_eq!(Slice::first_gap(slices, size), expected);
    }

    #[test]
    fn slices_at_the_end_of_the_number_range_cover_up_to_it(
        offset in edge(),
        length in edge(),
        size in edge(),
    ) {
        let gap = Slice::first_gap([Slice { offset, length }], size);
        let end = offset.saturating_add(length);
        let expected = if offset == 0 { end } else { 0 };
        prop_assert_eq!(gap, (expected < size).then_some(expected));
    }

    #[test]
    fn a_slice_covers_what_begins_and_ends_within_it(outer in slice(), inner in slice()) {
        let within = (inner.offset..inner.offset + inner.length)
            .chain([inner.offset, inner.offset + inner.length])
            .all(|byte| (outer.offset..=outer.offset + outer.length).contains(&byte));
        prop_assert_eq!(outer.covers(inner), within);
    }

    #[test]
    fn a_form_is_read_as_it_was_written(
        boundary in "[0-9A-Za-z'()+_,./:=?-]{1,70}",
        fields in vec((name(), option::of(any::<String>()), vec(any::<u8>(), 0..64)), 0..6),
    ) {
        let delimiter = format!("--{boundary}");
        let holds_it = |content: &Vec<u8>| memchr::memmem::find(content, delimiter.as_bytes());
        prop_assume!(fields.iter().all(|(_, _, content)| holds_it(content).is_none()));
        let mut form = MultipartBody::new(boundary.clone());
        for (name, filename, content) in &fields {
            let part = Part::new(name, content.clone());
            form.push(match filename {
                Some(filename) => part.with_filename(filename),
                None => part,
            });
        }
        let body = form.encode();
        let read = MultipartBody::read(&boundary, &body);
        prop_assert!(read.defects().is_empty(), "{:?}", read.defects());
        prop_assert_eq!(read.parts().len(), fields.len());
        for (part, (name, filename, content)) in read.parts().iter().zip(&fields) {
            prop_assert_eq!(part.name(), Some(name.as_str()));
            let filename = filename.as_deref().map(escaped_line_ends);
            prop_assert_eq!(part.filename(), filename.as_deref());
            prop_assert_eq!(part.content(), content);
            prop_assert_eq!(part.content(), &body[part.content_span()]);
        }
        prop_assert_eq!(read.encode(), body);
    }

    #[test]
    fn a_boundary_is_found_quoted_or_not_among_other_parameters(
        boundary in "[0-9A-Za-z'+_.-]{1,70}",
        quoted: bool,
        key in "(?i)boundary",
        before in vec("(; ?[a-z]{1,7}=[a-z]{1,9}|; ?[a-z]{1,7}=\"([a-z; ]|\\\\\\\\){0,9}\")", 0..3),
        after in vec("; ?[a-z]{1,7}=\"[a-z;=]{0,9}\"", 0..3),
    ) {
        let quote = if quoted { "\"" } else { "" };
        let (before, after) = (before.concat(), after.concat());
        let text =
            format!("multipart/form-data{before}; {key}={quote}{boundary}{quote}{after}");
        prop_assert_eq!(boundary_parameter(&text), Some((boundary, quoted)), "in {}", text);
    }

    #[test]
    fn an_object_path_is_read_as_it_was_written(path in object_path()) {
        let written = path.to_string();
        prop_assert!(written.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(ObjectPath::read(&written), Ok(path.clone()));
        prop_assert_eq!(ObjectPath::read(&lower_case_escapes(&written)), Ok(path));
    }

    #[test]
    fn escaping_more_than_needed_names_the_same_object(path in object_path()) {
        let escapes = path.key.bytes().skip(1).map(|byte| format!("%{byte:02x}"));
        let escaped = escapes.collect::<Vec<_>>().concat();
        let text = format!("/files/v2/{}/{}/{escaped}", path.appid, path.bucket);
        prop_assert_eq!(ObjectPath::read(&text), Ok(path));
    }

    #[test]
    fn percent_decoding_takes_any_text_and_leaves_text_without_percents(text: String) {
        let decoded = percent_decode(&text);
        if text.contains('%') {
            prop_assert!(decoded.is_err() || decoded.unwrap().len() < text.len());
        } else {
            prop_assert_eq!(decoded, Ok(text));
        }
    }

    #[test]
    fn paths_of_any_text_are_read_or_refused(text in "(/files/v2/)?[0-9a-z/%+é]{0,40}") {
        if let Ok(path) = ObjectPath::read(&text) {
            prop_assert_eq!(ObjectPath::read(&path.to_string()), Ok(path));
        }
    }

    #[test]
    fn a_signature_verifies_with_its_own_key_only(
        key in "[0-9A-Za-z]{1,70}",
        other in "[0-9A-Za-z]{1,70}",
        clear_text in "[ -~é]{1,200}",
    ) {
        let signature = Signature::read(&Signature::sign(&key, &clear_text)).unwrap();
        prop_assert_eq!(signature.sent_clear_text(), clear_text);
        prop_assert!(signature.verify(&key));
        prop_assert_eq!(signature.verify(&other), key == other);
    }

    #[test]
    fn a_signature_with_any_bit_flipped_does_not_verify(
        key in "[0-9A-Za-z]{1,40}",
        clear_text in "[ -~]{1,200}",
        place in any::<Index>(),
        bit in 0..8,
    ) {
        let mut bytes = STANDARD.decode(Signature::sign(&key, &clear_text)).unwrap();
        *place.get_mut(&mut bytes) ^= 1_u8 << bit;
        match Signature::read(&STANDARD.encode(bytes)) {
            Ok(signature) => prop_assert!(!signature.verify(&key)),
            Err(error) => prop_assert_eq!(error, SignatureError::NotText),
        }
    }

    #[test]
    fn a_signature_of_any_text_is_read_or_refused(text: String) {
        if let Ok(signature) = Signature::read(&text) {
            prop_assert!(!signature.sent_clear_text().is_empty());
        }
    }

    #[test]
    fn chunks_hold_what_was_sent_in_whichever_pieces_they_arrive(
        contents in vec(vec(any::<u8>(), 1..40), 0..6),
        extension in "(;[a-z]{1,5}(=[a-z]{1,5})?)?",
        trailer in "([A-Z][a-z]{1,5}: [a-z]{0,5}\r\n){0,2}",
        excess in vec(any::<u8>(), 0..20),
        pieces in vec(1_usize..9, 1..64),
    ) {
        let mut wire = Vec::new();
        for content in &contents {
            wire.extend_from_slice(format!("{:x}{extension}\r\n", content.len()).as_bytes());
            wire.extend_from_slice(content);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(format!("0{extension}\r\n{trailer}\r\n").as_bytes());
        let length = wire.len();
        wire.extend_from_slice(&excess);
        let wire = Bytes::from(wire);

        let mut chunked = ChunkedBody::default();
        let mut arrived = 0;
        for piece in pieces.iter().cycle() {
            let finished = chunked.advance(&wire[..arrived]).unwrap();
            prop_assert_eq!(finished, arrived >= length);
            if arrived == wire.len() {
                break;
            }
            arrived = (arrived + piece).min(wire.len());
        }
        prop_assert_eq!(chunked.consumed(), length);
        prop_assert_eq!(chunked.content(&wire), contents.concat());
        prop_assert_eq!(chunked.content_length(), contents.concat().len());
    }

    #[test]
    fn chunks_of_any_bytes_are_read_alike_at_once_and_byte_by_byte(
        wire in "[0-3a;\r\n ]{0,40}",
        tail in vec(any::<u8>(), 0..20),
    ) {
        let wire = Bytes::from([wire.as_bytes(), &tail].concat());
        let mut at_once = ChunkedBody::default();
        let expected = at_once.advance(&wire);
        let mut growing = ChunkedBody::default();
        let found = (0..=wire.len()).map(|end| growing.advance(&wire[..end]));
        let found = found.reduce(Result::and);
        prop_assert_eq!(found, Some(expected));
        prop_assert_eq!(growing.consumed(), at_once.consumed());
        prop_assert_eq!(growing.content(&wire), at_once.content(&wire));
        prop_assert!(at_once.consumed() <= wire.len());
    }

    #[test]
    fn a_request_of_any_bytes_keeps_them_and_accounts_for_each(raw in message()) {
        let request = Request::new(raw.clone());
        prop_assert_eq!(request.raw(), &raw);
        let (head_end, excess) = (request.head().end, request.excess());
        prop_assert!(head_end <= excess.start && excess.start <= excess.end);
        prop_assert_eq!(excess.end, raw.len());
        let (body, between) = (request.body().len(), excess.start - head_end);
        match request.framing() {
            BodyFraming::None => prop_assert_eq!((body, between), (0, 0)),
            BodyFraming::Sized { length, missing } => {
                prop_assert_eq!(body, between);
                prop_assert_eq!(u64::try_from(body).unwrap() + missing, *length);
                prop_assert!(*missing == 0 || excess.is_empty());
            }
            BodyFraming::Chunked { finished } => {
                prop_assert!(body < between || between == 0);
                prop_assert!(*finished || excess.is_empty());
            }
            BodyFraming::BrokenChunks(error) => {
                prop_assert!(excess.is_empty() && body <= between && error.at <= between);
            }
            BodyFraming::BadLength(_) => prop_assert_eq!((body, excess.len()), (between, 0)),
        }
        for value in request.form().values() {
            prop_assert!(is_within(&value.span, request.body().len()));
        }
        let _ = (request.path(), request.query(), request.signature_text(), request.op());
    }

    #[test]
    fn a_request_is_read_as_it_was_written(
        target in "/[!-~]{0,30}",
        value in "([!-~]([ -~]{0,20}[!-~])?)?",
        body in vec(any::<u8>(), 0..80),
        excess in vec(any::<u8>(), 0..20),
    ) {
        let request = Request::write("POST", &target, &[("X-Any", value.clone())], &body);
        let raw = Bytes::from([request.raw().as_ref(), &excess].concat());
        let read = Request::new(raw.clone());
        let start_line = (read.method(), read.target(), read.version());
        prop_assert_eq!(start_line, ("POST", target.as_str(), "HTTP/1.1"));
        prop_assert_eq!(read.head().get("x-any"), Some(value.as_str()));
        prop_assert_eq!(read.body(), &body);
        prop_assert_eq!(&raw[read.excess()], &excess);
        prop_assert!(read.head().complete && read.head().defects.is_empty());
    }

    #[test]
    fn the_places_of_a_head_lie_in_it_and_hold_what_they_say(raw in message()) {
        let head = Head::read(&raw);
        prop_assert!(head.end <= raw.len());
        prop_assert_eq!(head.complete, head.end < raw.len() || ends_a_head(&raw));
        prop_assert!(is_within(&head.start_line, head.end));
        let mut end_of_last = head.start_line.end;
        for field in &head.fields {
            let (span, value) = (&field.span, &field.value_span);
            prop_assert!(is_within(span, head.end) && end_of_last <= span.start);
            prop_assert!(is_within(value, span.end) && span.start <= value.start);
            let line = String::from_utf8_lossy(&raw[span.clone()]);
            prop_assert!(line.starts_with(&field.name), "{} in {}", field.name, line);
            end_of_last = span.end;
        }
        for defect in &head.defects {
            prop_assert!(is_within(&defect.span, raw.len()));
        }
    }

    #[test]
    fn the_last_cumulative_digest_is_that_of_the_whole(
        content in vec(any::<u8>(), 0..1000),
        blocks in 1_usize..5,
    ) {
        let shas = cumulative_sha1(&content, blocks * 64).unwrap();
        prop_assert_eq!(shas.last(), Some(&sha1_hex(&content)));
        prop_assert_eq!(shas.len(), content.len().div_ceil(blocks * 64).max(1));
        prop_assert!(shas.iter().all(|sha| sha.len() == 40));
    }

    #[test]
    fn cumulative_digests_depend_only_on_what_came_before(
        content in vec(any::<u8>(), 256..600),
        tail in vec(any::<u8>(), 1..200),
    ) {
        let whole = cumulative_sha1(&content, 64).unwrap();
        let longer = cumulative_sha1(&[content, tail].concat(), 64).unwrap();
        prop_assert_eq!(&whole[..whole.len() - 1], &longer[..whole.len() - 1]);
    }

    #[test]
    fn numbers_of_a_reply_may_be_written_as_strings_of_digits(code: i64) {
        let bare = format!(r#"{{"code":{code}}}"#);
        let quoted = format!(r#"{{"code":"{code}"}}"#);
        let read = |text: &str| ResponseEnvelope::<()>::read(text.as_bytes()).unwrap();
        prop_assert_eq!(read(&bare).code, code);
        prop_assert_eq!(read(&bare), read(&quoted));
    }

    #[test]
    fn of_a_repeated_key_the_last_counts(first: i64, last: i64) {
        let text = format!(r#"{{"code":{first},"message":"","code":{last}}}"#);
        prop_assert_eq!(ResponseEnvelope::<()>::read(text.as_bytes()).unwrap().code, last);
    }
}

fn small_plan() -> impl Strategy<Value = (SlicePlan, u64)> {
    (0_u64..2000, 1_u64..300)
        .prop_map(|(size, slice_size)| (SlicePlan::new(size, slice_size).unwrap(), size))
}

fn slice() -> impl Strategy<Value = Slice> {
    (0_u64..20, 0_u64..20).prop_map(|(offset, length)| Slice { offset, length })
}

/// Any number, and more often one at an edge of the range.
fn edge() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4_u64,
        LARGEST - 2..LARGEST + 2,
        u64::MAX - 4..=u64::MAX,
        Just(1 << 20),
        any::<u64>(),
    ]
}

/// A field name; line ends, which no name can hold on the wire, have a property in the fuzzer.
fn name() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|name| format!("f{}", name.replace(['\r', '\n'], "\\")))
}

fn escaped_line_ends(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A")
}

fn object_path() -> impl Strategy<Value = ObjectPath> {
    let key = any::<String>().prop_map(|key| format!("/{key}."));
    ("[0-9]{1,10}", "[a-z0-9-]{1,20}", key).prop_map(|(appid, bucket, key)| ObjectPath {
        appid,
        bucket,
        key,
    })
}

fn lower_case_escapes(path: &str) -> String {
    let mut pieces = path.split('%');
    let start = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(start, |text, piece| {
        let (digits, rest) = piece.split_at(2);
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}

/// Bytes of which many begin like a request.
fn message() -> impl Strategy<Value = Bytes> {
    let line = prop_oneof![
        "Content-Length: ?[0-9]{1,3}",
        "Content-Length: [0-9]{18,24}",
        "Transfer-Encoding: (chunked|gzip, chunked)",
        "Content-Type: multipart/form-data; boundary=B",
        "Content-Type: application/(json|x-www-form-urlencoded)",
        "[A-Za-z :\t\r]{0,12}",
        "[^\n]{0,12}",
    ];
    let body = prop_oneof![
        vec(any::<u8>(), 0..60),
        "([0-9]\r\n[a-z]{0,9}\r\n){0,4}(0\r\n\r\n)?[a-z]{0,4}".prop_map(String::into_bytes),
        "--B\r\nContent-Disposition: form-data; name=\"[a-z]\"\r\n\r\n[a-z]{0,9}\r\n--B--(\r\n)?"
            .prop_map(String::into_bytes),
    ];
    let start = "(POST /files/v2/[0-9]/[a-z]/[!-~]{0,9} HTTP/1.1|[^\n]{0,20})";
    let text = (start, vec((line, "\r?\n"), 0..6), "(\r\n)?", body).prop_map(
        |(start, lines, end, body)| {
            let lines = lines.into_iter().map(|(line, end)| line + &end).collect::<String>();
            Bytes::from(
                [start.as_bytes(), b"\r\n", lines.as_bytes(), end.as_bytes(), &body].concat(),
            )
        },
    );
    prop_oneof![4 => text, 1 => vec(any::<u8>(), 0..80).prop_map(Bytes::from)]
}

/// Whether the message ends with the empty line of its head.
fn ends_a_head(raw: &[u8]) -> bool {
    raw.ends_with(b"\n\n") || raw.ends_with(b"\n\r\n")
}

fn is_within(span: &Range<usize>, end: usize) -> bool {
    span.start <= span.end && span.end <= end
}
