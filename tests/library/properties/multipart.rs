use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use slicecheck::protocol::{MultipartBody, Part, boundary_parameter};

use super::config;

proptest! {
    #![proptest_config(config())]

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
    fn a_form_of_any_bytes_holds_each_byte_once_and_no_more_than_there_are(body in form_like()) {
        let form = MultipartBody::read("B", &body);
        let mut end = 0;
        for part in form.parts() {
            let (whole, content) = (part.span(), part.content_span());
            prop_assert!(end <= whole.start && whole.start <= content.start);
            prop_assert!(content.end <= whole.end && whole.end <= body.len());
            prop_assert_eq!(part.content(), &body[content]);
            let headers = part.headers().iter().map(|(name, value)| name.len() + value.len());
            prop_assert!(headers.sum::<usize>() <= 3 * whole.len(), "lossily decoded at most");
            end = whole.end;
        }
        prop_assert!(form.parts().len() <= 1000 && form.defects().len() <= 1001);
        prop_assert!(form.defects().iter().all(|defect| defect.span.end <= body.len()));
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
}

/// A field name; line ends, which no name can hold on the wire, have a property in the fuzzer.
fn name() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|name| format!("f{}", name.replace(['\r', '\n'], "\\")))
}

fn escaped_line_ends(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A")
}

/// Pieces of forms, in any order.
fn form_like() -> impl Strategy<Value = Bytes> {
    let pieces = select(vec![
        "--B\r\n",
        "--B--",
        "--B",
        "\r\n",
        "\n",
        "Content-Disposition: form-data; name=\"a\"\r\n\r\n",
        "Content-Disposition: form-data; name=\"filecontent\"; filename=\"\\\"\"\r\n",
        "--C\r\n",
        "content",
        ": ",
    ]);
    let piece = prop_oneof![
        4 => pieces.prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..9),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat().into())
}
