//! The test vectors of tests/vectors, recomputed with this crate.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use slicecheck::protocol::{
    Codes, Credentials, Dialect, EnvelopeError, Era, ErrorCode, Fields, FormDefectKind,
    MultipartBody, ObjectPath, Op, Operations, Part, Reading, ReplyContent, ReplyData,
    ResponseEnvelope, Signature, SignatureFault, SignatureFaultKind, Slice, SliceData, SlicePlan,
    UploadPart, Uses, Verification, hmac_sha1, md5_hex, sha1_hex,
};

pub(crate) fn vectors(kind: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let text = fs::read_to_string(folder.join(format!("{kind}.json"))).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&file["version"], &file["kind"]), (&json!(1), &json!(kind)));
    let Value::Array(vectors) = file["vectors"].take() else { panic!("{kind} has no vectors") };
    assert!(!vectors.is_empty());
    vectors
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("no text {name} in {vector}"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn length(value: &Value) -> usize {
    number(value).try_into().unwrap()
}

fn content(rule: &Value) -> Bytes {
    if let Some(text) = rule.get("text") {
        return Bytes::copy_from_slice(text.as_str().unwrap().as_bytes());
    }
    if let Some(count) = rule.get("ascending") {
        return (0..=255).cycle().take(length(count)).collect();
    }
    let byte = u8::from_str_radix(text(rule, "repeat"), 16).unwrap();
    vec![byte; length(&rule["count"])].into()
}

/// The name of a variant, without what it carries.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}

#[test]
fn signatures_are_those_of_the_vectors() {
    for vector in vectors("signatures") {
        let (key, signature) = (text(&vector, "secret_key"), text(&vector, "signature"));
        let reason = match Signature::read(signature) {
            Err(error) => Some(variant(&error)),
            Ok(read) => (!read.verify(key)).then(|| "Mac".to_owned()),
        };
        assert_eq!(reason.as_deref(), vector["reason"].as_str(), "{vector}");
        if let Some(clear) = vector["string_to_sign"].as_str() {
            let mac = hmac_sha1(key.as_bytes(), clear.as_bytes());
            assert_eq!(mac.map(|byte| format!("{byte:02x}")).concat(), text(&vector, "mac"));
            assert_eq!(Signature::sign(key, clear), signature);
            let read = Signature::read(signature).unwrap();
            assert_eq!(read.sent_string_to_sign(), clear);
            assert!(!read.verify(&format!("{key}x")), "{vector}");
        }
    }
}

#[test]
fn faults_of_signatures_are_those_of_the_vectors() {
    for vector in vectors("verifications") {
        let text = |name: &str| text(&vector, name).to_owned();
        let credentials =
            Credentials { secret_id: text("secret_id"), secret_key: text("secret_key") };
        let (appid, bucket, key) = (text("appid"), text("bucket"), text("key"));
        let path = ObjectPath { appid, bucket, key };
        let uses = if vector["uses"] == "once" { Uses::Once } else { Uses::Many };
        let clock = number(&vector["clock"]);
        let verification =
            Verification { credentials: &credentials, path: Some(&path), uses, clock };
        let faults = verification.faults(&text("signature"));
        let faults: Vec<_> = faults.iter().map(described_fault).collect();
        assert_eq!(json!(faults), vector["faults"], "{vector}");
    }
}

fn described_fault(fault: &SignatureFault) -> Value {
    let (kind, mistake) = match &fault.kind {
        SignatureFaultKind::Form(error, mistake) => (variant(error), *mistake),
        SignatureFaultKind::Mac(mistake) => ("Mac".to_owned(), *mistake),
        other => (variant(other), None),
    };
    let mistake = mistake.as_ref().map(variant);
    json!({ "kind": kind, "field": fault.field, "mistake": mistake, "codes": fault.codes() })
}

#[test]
fn uploadparts_are_those_of_the_vectors() {
    for vector in vectors("datasha") {
        let parts = UploadPart::all(&content(&vector["content"]), length(&vector["slice_size"]));
        assert_eq!(json!(parts.unwrap()), vector["uploadparts"], "{}", vector["id"]);
    }
}

#[test]
fn bodies_built_from_their_descriptions_are_those_of_the_vectors() {
    for vector in vectors("multipart") {
        if vector.get("body").is_some() {
            continue;
        }
        let mut form = MultipartBody::new(text(&vector, "boundary"));
        form.set_preamble(text(&vector, "preamble").to_owned());
        form.set_epilogue(Some(text(&vector, "epilogue").to_owned().into()));
        for described in vector["parts"].as_array().unwrap() {
            let mut part = Part::new("", content(&described["content"]));
            for header in described["headers"].as_array().unwrap() {
                part.set_header(header[0].as_str().unwrap(), header[1].as_str().unwrap().into());
            }
            form.push(part);
        }
        let body = form.encode();
        let id = text(&vector, "id");
        is_published(&vector, &body);
        if let Some(encoded) = vector["base64"].as_str() {
            assert_eq!(STANDARD.encode(&body), encoded, "{id}");
        }
    }
}

/// That this dialect writes these fields as the vector with this id has them: the one place of each
/// length and digest that was published.
pub(crate) fn is_written_as(id: &str, dialect: &Dialect, fields: &Fields, local_file: &str) {
    let vectors = vectors("multipart");
    let vector = vectors.iter().find(|vector| vector["id"] == *id).unwrap();
    let form = dialect.form(fields, text(vector, "boundary"), local_file);
    let body = form.encode();
    assert_eq!(body.len(), form.framed().len(), "{id}");
    is_published(vector, &body);
    assert!(
        MultipartBody::read(form.boundary(), &body)
            .defects()
            .iter()
            .all(|defect| { defect.kind == FormDefectKind::LineEndPreamble })
    );
}

#[test]
fn defects_of_broken_bodies_are_those_of_the_vectors() {
    for vector in vectors("multipart").iter().filter(|vector| vector.get("body").is_some()) {
        let body = Bytes::copy_from_slice(text(vector, "body").as_bytes());
        let form = MultipartBody::read(text(vector, "boundary"), &body);
        let mut kinds: Vec<_> = form.defects().iter().map(|defect| variant(&defect.kind)).collect();
        kinds.sort();
        kinds.dedup();
        assert_eq!(json!(kinds), vector["defects"], "{vector}");
    }
}

#[test]
fn paths_of_every_routine_name_the_key_of_the_vectors() {
    for vector in vectors("paths") {
        if let Some(target) = vector["target"].as_str() {
            let error = ObjectPath::read(target).unwrap_err();
            assert_eq!(variant(&error), text(&vector, "reason"), "{vector}");
            continue;
        }
        let (escaped, key) = (text(&vector, "escaped"), text(&vector, "key"));
        let escaping = Dialect::ALL.iter().find(|known| known.name == text(&vector, "routine"));
        let escaping = escaping.unwrap().escaping;
        assert_eq!(escaping.escape(key), escaped);
        let path = ObjectPath::read(&format!("/files/v2/200001/newbucket{escaped}")).unwrap();
        assert_eq!(path.key, vector["sent"].as_str().unwrap_or(key));
        assert_eq!(path.fileid_in(escaping), format!("/200001/newbucket{escaped}"));
    }
}

#[test]
fn plans_and_gaps_are_those_of_the_vectors() {
    let slice = |pair: &Value| Slice { offset: number(&pair[0]), length: number(&pair[1]) };
    for vector in vectors("plans") {
        let size = number(&vector["size"]);
        if let Some(slices) = vector["slices"].as_array() {
            let slices: Vec<_> = slices.iter().map(slice).collect();
            let runs = |name: &str| vector[name].as_array().unwrap().iter().map(slice).collect();
            let gaps: Vec<_> = runs("gaps");
            assert_eq!(Slice::gaps(slices.clone(), size).collect::<Vec<_>>(), gaps, "{vector}");
            let overlaps: Vec<_> = runs("overlaps");
            assert_eq!(Slice::overlaps(slices), overlaps, "{vector}");
            continue;
        }
        let plan = SlicePlan::new(size, number(&vector["slice_size"])).unwrap();
        if let Some(listed) = vector["listed"].as_array() {
            let missing: Vec<_> = plan.missing(listed.iter().map(slice)).collect();
            let expected: Vec<_> =
                vector["missing"].as_array().unwrap().iter().map(slice).collect();
            assert_eq!(missing, expected, "{vector}");
            continue;
        }
        assert_eq!(plan.count(), number(&vector["count"]), "{vector}");
        let last = plan.count().checked_sub(1).and_then(|index| plan.slice(index));
        assert_eq!(plan.slice(0), vector.get("first").map(slice), "{vector}");
        assert_eq!(last, vector.get("last").map(slice), "{vector}");
    }
}

#[test]
fn error_codes_are_those_of_the_vectors() {
    let ours: Vec<Value> = Codes::all().iter().map(described).collect();
    let theirs = vectors("error_codes");
    assert_eq!(ours.len(), theirs.len());
    for (our, their) in ours.iter().zip(&theirs) {
        assert_eq!(our, their);
    }
}

fn described(known: &ErrorCode) -> Value {
    let other = Op::Other("delete".to_owned());
    let of_uploads = Op::ALL.into_iter().filter(|op| known.operations.contains(op));
    let mut operations: Vec<String> = of_uploads.map(|op| op.to_string()).collect();
    if known.operations.contains(&other) {
        operations.push("other".to_owned());
    }
    if known.operations == Operations::ANY {
        operations = vec!["any".to_owned()];
    }
    let (era, legacy_name) = match known.era {
        Era::Current => ("current", None),
        Era::Legacy => ("legacy", None),
        Era::Both => ("both", None),
        Era::Changed { name, .. } => ("changed", Some(name)),
    };
    let mut value = json!({
        "id": known.code.to_string(),
        "comment": known.meaning,
        "code": known.code,
        "status": known.status,
        "name": known.name,
        "operations": operations,
        "retry": format!("{:?}", known.retry),
        "era": era,
    });
    if let Some(name) = legacy_name {
        value["legacy_name"] = json!(name);
    }
    value
}

#[test]
fn replies_are_written_in_their_published_lengths() {
    let published = |vector: &&Value| vector.get("length").is_some();
    let replies = vectors("replies");
    let mut count = 0;
    for vector in replies.iter().filter(published) {
        let body = text(vector, "body");
        let again = match text(vector, "operation") {
            "upload_slice_data" => written_again::<SliceData>(body),
            _ => written_again::<ReplyData>(body),
        };
        assert_eq!(again, body);
        is_published(vector, body.as_bytes());
        count += 1;
    }
    assert_eq!(count, 10);
}

fn written_again<T: ReplyContent + Serialize>(body: &str) -> String {
    ResponseEnvelope::<T>::read(body.as_bytes()).map(|reply| reply.write()).ok().unwrap()
}

/// Asserts length and digests, those that the vector has.
fn is_published(vector: &Value, bytes: &[u8]) {
    let id = text(vector, "id");
    assert_eq!(bytes.len(), length(&vector["length"]), "{id}");
    let digests = [("sha1", sha1_hex(bytes)), ("md5", md5_hex(bytes))];
    for (name, digest) in digests.iter().filter(|(name, _)| vector.get(name).is_some()) {
        assert_eq!(digest, text(vector, name), "{name} of {id}");
    }
}

#[test]
fn replies_are_read_as_the_vectors_say() {
    for vector in vectors("replies") {
        let body = text(&vector, "body").as_bytes();
        let found = match text(&vector, "operation") {
            "upload_slice_data" => reading::<SliceData>(body),
            _ => reading::<ReplyData>(body),
        };
        let mut expected = vector.clone();
        let fields = expected.as_object_mut().unwrap();
        for name in ["id", "comment", "operation", "body", "length", "sha1", "md5"] {
            fields.remove(name);
        }
        if let Some(data) = fields.get_mut("data").and_then(Value::as_object_mut) {
            // What is absent is not written.
            data.retain(|name, value| !(value.is_null() || name == "datamd5" && value == ""));
        }
        assert_eq!(found, expected, "{vector}");
    }
}

fn reading<T: ReplyContent + Serialize>(body: &[u8]) -> Value {
    match ResponseEnvelope::<T>::read_with_deviations(body) {
        Err(EnvelopeError::Field(error)) => json!({ "reason": "Field", "place": error.place }),
        Err(error) => json!({ "reason": variant(&error).split(' ').next() }),
        Ok(Reading { envelope, deviations }) => {
            let is_strict = ResponseEnvelope::<T>::read_strict(body).is_ok();
            assert_eq!(is_strict, deviations.is_empty());
            let kinds: BTreeSet<_> = deviations.iter().map(|found| variant(&found.kind)).collect();
            json!({
                "code": envelope.code,
                "message": envelope.message,
                "request_id": envelope.request_id,
                "data": envelope.data,
                "deviations": kinds,
            })
        }
    }
}
