//! Signatures that can be used once: what delete, update and move need, with which some clients
//! clear an interrupted upload away.

use std::collections::HashMap;

use crate::protocol::{
    Op, Request, Response, Signature, SignatureFaultKind as Fault, Transcript, Uses,
};
use crate::rules::counterexample::{Breaks, Counterexample};
use crate::rules::signed::Signed;
use crate::rules::{AnnotatedExchange, Check, Rule, Verdict};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[EXPIRY, FILEID, USED_ONCE];

const EXPIRY: Rule = Rule {
    id: "auth/once-expiry",
    clause: &spec::ONCE_EXPIRY,
    summary: "a delete is signed with e=0",
    why: "The service refuses any other e with -73.",
    fix: "Sign delete, update and move with e=0, each with a signature of its own, and do not pass \
          them the one that is kept for the upload.",
    check: Check::Request(|annotated| once(annotated)?.verdict("e", |kind| *kind == Fault::End)),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        insert_delete(transcript, |text| text.replace("&e=0&", "&e=1505205419&"))
    })),
};

const FILEID: Rule = Rule {
    id: "auth/once-fileid",
    clause: &spec::ONCE_FILEID,
    summary: "a delete is signed for its object",
    why: "The service refuses a signature for one use that names no object with -76, and one that \
          names another with -63.",
    fix: "Set f to /appid/bucket/key of the very object when a delete, update or move is signed; \
          an empty f, a directory or the key alone is not enough there.",
    check: Check::Request(|annotated| {
        annotated.request.object_path().ok()?;
        once(annotated)?.verdict("f", |kind| matches!(kind, Fault::NoFileid | Fault::Fileid))
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let fileid = transcript.job.path.as_ref()?.fileid();
        insert_delete(transcript, |text| text.replace(&fileid, ""))
    })),
};

const USED_ONCE: Rule = Rule {
    id: "auth/once-used-once",
    clause: &spec::ONCE_USED_ONCE,
    summary: "a signature for one use is used once",
    why: "The service refuses it the second time with -77.",
    fix: "Sign each delete, update and move, and each repeat of one, again with a fresh r; a cached \
          signature, or a constant r within the same second, gives the same text twice.",
    check: Check::Conversation(|analysis| {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut verdict = |annotated: &AnnotatedExchange| {
            let signed = once(annotated)?;
            // A signature for many uses breaks `auth/once-expiry`; using it again is right.
            if signed.signature.field("e") != Some("0") {
                return None;
            }
            let (text, _) = annotated.request.signature_text()?;
            let before = seen.get(&text).copied();
            // One whose reply was lost may never have arrived.
            if annotated.reply.is_ok() {
                seen.entry(text).or_insert(annotated.number);
            }
            Verdict::broken_by(before, |before| {
                let evidence = signed.evidence("Authorization", "another signature", "the same");
                evidence.related(before, "the same signature")
            })
        };
        analysis
            .exchanges()
            .iter()
            .filter_map(|annotated| Some((annotated.number, verdict(annotated)?)))
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        insert_delete(transcript, str::to_owned)?;
        transcript.exchanges.insert(0, transcript.exchanges.first()?.clone());
        Some(())
    })),
};

/// The signature of a request that needs one for one use.
fn once(annotated: &AnnotatedExchange) -> Option<Signed> {
    // Other operations take a signature for many uses.
    let needs = |op: &Op| matches!(op, Op::Other(word) if ["delete", "move", "update"].contains(&word.as_str()));
    annotated.request.op().filter(|op| annotated.well_framed && needs(op))?;
    // Not kept with the exchange: what is kept there is read as one for many uses.
    Signed::read(annotated, Uses::Once)
}

/// Puts a delete request in front, as a client sends it that starts again.
fn insert_delete(transcript: &mut Transcript, change: impl FnOnce(&str) -> String) -> Option<()> {
    let first = transcript.exchanges.first()?.clone();
    let (signature, _) = first.request.signature_text()?;
    let clear = Signature::read(&signature).ok()?;
    let fileid = transcript.job.path.as_ref()?.fileid();
    let pair = |(name, value): (&str, &str)| match name {
        // The signature of an upload, changed into one for one use and for this object.
        "e" => "e=0".to_owned(),
        "f" => format!("f={fileid}"),
        _ => format!("{name}={value}"),
    };
    let clear = clear.fields().map(pair).collect::<Vec<_>>().join("&");
    let sign = Signature::sign(&transcript.job.credentials.as_ref()?.secret_key, &change(&clear));
    let mut delete = first;
    let fields = [
        ("Host", "gz.file.myqcloud.com".to_owned()),
        ("Authorization", sign),
        ("Content-Type", "application/json".to_owned()),
    ];
    let target = transcript.job.path.as_ref()?.to_string();
    delete.request = Request::write("POST", &target, &fields, b"{\"op\":\"delete\"}");
    delete.response =
        // Nothing has been uploaded before, so that there is nothing to delete.
        Response::write(404, &[], "{\"code\":-197,\"message\":\"ERROR_CMD_FILE_NOTEXIST\"}");
    transcript.exchanges.insert(0, delete);
    Some(())
}
