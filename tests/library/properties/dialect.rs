use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use slicecheck::protocol::{
    BodyFraming, Credentials, Dialect, Encoding, Fields, FormDefectKind, MultipartBody, ObjectPath,
    Op, Request, RequestBuilder, Signature, UploadPart,
};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_any_dialect_writes_is_read_back_whole(
        dialect in dialect(),
        fields in fields(),
        seed: u64,
    ) {
        let request = written(&dialect, &fields, seed);
        let length = u64::try_from(request.body().len()).unwrap();
        prop_assert_eq!(request.framing(), &BodyFraming::Sized { length, missing: 0 });
        prop_assert!(request.excess().is_empty());
        prop_assert_eq!(request.op(), Some(&Op::read(dialect.word(fields.op()))));
        for name in fields.names().filter(|name| !["op", "filecontent"].contains(name)) {
            prop_assert_eq!(request.text(name), fields.text(name), "{}", name);
        }
        let content = request.value("filecontent").map(|value| &value.content);
        prop_assert_eq!(content, fields.content());
        prop_assert_eq!(request.form().values().len(), fields.names().count());
    }

    #[test]
    fn no_dialect_writes_a_defect_but_a_line_end_in_front(
        dialect in dialect(),
        fields in fields(),
        seed: u64,
    ) {
        let request = written(&dialect, &fields, seed);
        let Some(form) = request.form().as_multipart() else {
            prop_assert_eq!(request.form().encoding(), Encoding::Json);
            return Ok(());
        };
        let kinds: Vec<_> = form.defects().iter().map(|defect| defect.kind).collect();
        let preamble = (!dialect.preamble.is_empty()).then_some(FormDefectKind::LineEndPreamble);
        prop_assert_eq!(kinds, preamble.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_content_made_of_delimiters_is_read_back_whole(
        dialect in dialect(),
        seed in 0_u64..1000,
        pieces in vec(piece(), 0..12),
    ) {
        let boundaries = [0, 1, 5].map(|more| dialect.boundary(seed + more));
        let content: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes(&boundaries)).collect();
        let fields = Fields::data("S", 0, content);
        let request = written(&dialect, &fields, seed);
        let read = request.value("filecontent").map(|value| &value.content);
        prop_assert_eq!(read, fields.content());
    }

    #[test]
    fn a_message_in_pieces_is_the_message_in_one(
        dialect in dialect(),
        fields in fields(),
    ) {
        let framed = dialect.form(&fields, "B", "big.bin").framed();
        let mut wire = Vec::new();
        std::io::Write::write_vectored(&mut wire, &framed.io_slices()).unwrap();
        prop_assert_eq!(wire.len(), framed.len());
        prop_assert_eq!(Bytes::from(wire), framed.to_bytes());
    }

    #[test]
    fn a_boundary_put_in_place_of_another_is_taken_back_to_the_byte(
        dialect in dialect(),
        fields in fields(),
        seed: u64,
        other in "[0-9A-Za-z'()+_,./:=?-]{1,70}",
    ) {
        let content = fields.content().cloned().unwrap_or_default();
        let boundary = dialect.boundary_absent_from(&content, seed);
        let body = dialect.form(&fields, &boundary, "big.bin").encode();
        let canonical = MultipartBody::replace_boundary(&boundary, &other, &body);
        prop_assume!(canonical.is_some());
        let canonical = canonical.unwrap();
        let (ours, theirs) =
            (MultipartBody::read(&boundary, &body), MultipartBody::read(&other, &canonical));
        let contents = |form: &MultipartBody| -> Vec<Bytes> {
            form.parts().iter().map(|part| part.content().clone()).collect()
        };
        prop_assert_eq!(contents(&ours), contents(&theirs));
        prop_assert_eq!(MultipartBody::replace_boundary(&other, &boundary, &canonical), Some(body));
    }

    #[test]
    fn a_boundary_that_would_split_a_content_is_refused(name in "[a-z]{1,9}") {
        let form = MultipartBody::new("B").with(&name, "\r\n--X\r\n");
        prop_assert_eq!(MultipartBody::replace_boundary("B", "X", &form.encode()), None);
    }

    #[test]
    fn every_request_is_signed_for_its_own_path(
        dialect in dialect(),
        key in "[^/\0-\u{1f}][^\0-\u{1f}]{0,20}[^/\0-\u{1f}]",
        begins in 0_u64..2_000_000_000,
    ) {
        let path = ObjectPath {
            appid: "200001".to_owned(),
            bucket: "b".to_owned(),
            key: format!("/{key}"),
        };
        let request = written_to(&path, &dialect, &Fields::list(), 0, begins);
        let sent = dialect.escaping.slashes.sent(&path.key).into_owned();
        prop_assert_eq!(request.object_path(), Ok(&ObjectPath { key: sent, ..path.clone() }));
        let (text, _) = request.signature_text().unwrap();
        let signature = Signature::read(&text).unwrap();
        prop_assert!(signature.verify(SECRET_KEY));
        let begins = begins.to_string();
        prop_assert_eq!(signature.field("t"), Some(begins.as_str()));
        let fileid = dialect.bound.then(|| request.path().strip_prefix("/files/v2").unwrap());
        prop_assert_eq!(signature.field("f"), fileid.or(Some("")));
    }

    #[test]
    fn uploadparts_describe_the_file_from_end_to_end(
        dialect in dialect(),
        content in vec(any::<u8>(), 1..1000),
        blocks in 1_usize..5,
    ) {
        let parts = UploadPart::all(&content, blocks * 64).unwrap();
        let read: Vec<UploadPart> = serde_json::from_str(&dialect.uploadparts(&parts)).unwrap();
        prop_assert_eq!(&read, &parts);
        let mut end = 0;
        for part in &read {
            prop_assert_eq!(part.offset, end);
            prop_assert!(part.datalen > 0);
            end += part.datalen;
        }
        prop_assert_eq!(end, u64::try_from(content.len()).unwrap());
    }
}

const SECRET_KEY: &str = "bLcPnl88WU30VY57ipRhSePfPdOfSruK";

fn dialect() -> impl Strategy<Value = Dialect> {
    select(Dialect::ALL.to_vec())
}

fn fields() -> impl Strategy<Value = Fields> {
    let text = "[ -~é]{0,40}";
    let content = || vec(any::<u8>(), 0..300);
    let fields = prop_oneof![
        content().prop_map(Fields::upload),
        (any::<u64>(), any::<u64>()).prop_map(|(size, slice)| Fields::init(size, slice)),
        (text, any::<u64>(), content())
            .prop_map(|(s, offset, bytes)| Fields::data(s, offset, bytes)),
        Just(Fields::list()),
        (text, any::<u64>()).prop_map(|(session, size)| Fields::finish(session, size)),
    ];
    let names = ["sha", "biz_attr", "insertOnly", "datamd5", "sliceSize", "uploadparts"];
    (fields, vec((select(names.to_vec()), text), 0..4)).prop_map(|(fields, more)| {
        // A list request has no other field, and JSON has a form of its own.
        if *fields.op() == Op::List {
            return fields;
        }
        more.into_iter().fold(fields, |fields, (name, value)| fields.with(name, value))
    })
}

/// What a content can be made of to be taken for structure.
#[derive(Clone, Debug)]
enum Piece {
    LineEnd,
    Dashes,
    Boundary(usize),
    Header,
    Any(u8),
}

impl Piece {
    fn bytes(&self, boundaries: &[String]) -> Vec<u8> {
        match self {
            Self::LineEnd => b"\r\n".to_vec(),
            Self::Dashes => b"--".to_vec(),
            Self::Boundary(number) => boundaries[*number].clone().into_bytes(),
            Self::Header => b"Content-Disposition: form-data; name=\"op\"".to_vec(),
            Self::Any(byte) => vec![*byte],
        }
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        Just(Piece::LineEnd),
        Just(Piece::Dashes),
        (0_usize..3).prop_map(Piece::Boundary),
        Just(Piece::Header),
        any::<u8>().prop_map(Piece::Any),
    ]
}

fn written(dialect: &Dialect, fields: &Fields, seed: u64) -> Request {
    let path = ObjectPath::read("/files/v2/200001/b/k").unwrap();
    written_to(&path, dialect, fields, seed, 1_437_995_644)
}

fn written_to(
    path: &ObjectPath,
    dialect: &Dialect,
    fields: &Fields,
    seed: u64,
    begins: u64,
) -> Request {
    let credentials =
        Credentials { secret_id: "AKID".to_owned(), secret_key: SECRET_KEY.to_owned() };
    let builder = RequestBuilder {
        dialect,
        path,
        credentials: &credentials,
        host: "gz.file.myqcloud.com",
        local_file: "/home/me/big.bin",
        begins,
        ends: begins + 60,
        random: 7,
        seed,
    };
    Request::new(builder.write(fields).to_bytes())
}
