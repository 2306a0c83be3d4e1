use super::finish::nothing_after_finish;
use super::{AnnotatedExchange, Check, Evidence, Rule, Span, Verdict};
use crate::protocol::{Encoding, Op, Request};
use crate::rules::counterexample::{Breaks, Counterexample, Edit, INIT, LIST, RESUMED};
use crate::spec;

pub(super) const RULES: &[Rule] = &[MULTIPART, OP_ALONE, AFTER_REFUSAL, HEEDED, BEFORE_STORED];

const MULTIPART: Rule = Rule {
    id: "list/multipart",
    clause: &spec::LIST_MULTIPART,
    summary: "the list request is a form",
    why: "One SDK sends JSON, which the service accepts; only the form is documented.",
    fix: "Build the form of upload_slice_list by the same code as the other forms, as \
          multipart/form-data with the field op, and not as application/json.",
    check: Check::Request(|annotated| {
        let form = list(annotated)?.request.form().encoding();
        Verdict::of(form == Encoding::Multipart, || {
            let evidence = Evidence::at("Content-Type").expected("multipart/form-data; boundary=…");
            match annotated.request.head().all("content-type").next() {
                Some(field) => {
                    evidence.found_bytes(&annotated.request, Span::raw(field.value_span.clone()))
                }
                None => evidence.found("no Content-Type"),
            }
        })
    }),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        let target = transcript.job.path.as_ref()?.to_string();
        let request = &mut LIST.exchange(transcript)?.request;
        let fields = [
            ("Host", "gz.file.myqcloud.com".to_owned()),
            ("Authorization", request.signature_text()?.0),
            ("Content-Type", "application/json".to_owned()),
        ];
        *request = Request::write("POST", &target, &fields, b"{\"op\":\"upload_slice_list\"}");
        Some(())
    }))
    .in_scenario(RESUMED),
};

const OP_ALONE: Rule = Rule {
    id: "list/op-alone",
    clause: &spec::LIST_OP_ALONE,
    summary: "op is the only field of a list request",
    why: "The path says which upload is meant; the service ignores a session.",
    fix: "Remove session and every other field but op from upload_slice_list; where one function \
          builds all forms, let it add fields by operation.",
    check: Check::Request(|annotated| {
        let values = list(annotated)?.request.form().values();
        // A second op is the subject of `form/no-repeats`.
        let other = values.iter().find(|value| !value.name.eq_ignore_ascii_case("op"));
        Verdict::broken_by(other, |other| {
            Evidence::at(other.name.clone())
                .expected("op, and no other field")
                .found("another field")
                .span(Span::body(other.span.clone()))
        })
    }),
    counterexample: Counterexample::edited(LIST, Edit::Add("session", "")).in_scenario(RESUMED),
};

const AFTER_REFUSAL: Rule = Rule {
    id: "list/after-refusal",
    clause: &spec::LIST_WHEN,
    summary: "a list is requested only after -4019, or after a request whose outcome is not known",
    why: "For a new upload there is nothing to list; it costs a round trip, and the answer is 404.",
    fix: "Remove the list request that precedes init as a precaution: send init first, and request \
          the list when it answers -4019, or when a later request has failed.",
    check: Check::Conversation(|analysis| {
        let mut troubled = false;
        let mut verdict = |annotated: &AnnotatedExchange| {
            let before = troubled;
            // A success in a form that the service never has is none that a client has to rely on.
            troubled |= !annotated.clear();
            list(annotated)?;
            Verdict::of(before, || {
                Evidence::at("op")
                    .expected("init first")
                    .found("a list request before anything went wrong")
            })
        };
        analysis
            .exchanges()
            .iter()
            .filter_map(|annotated| Some((annotated.number, verdict(annotated)?)))
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Without(INIT)).in_scenario(RESUMED),
};

const HEEDED: Rule = Rule {
    id: "list/heeded",
    clause: &spec::LIST_HEEDED,
    summary: "a list that was answered is not requested again right away",
    why: "The list changes only by what the client sends.",
    fix: "Keep session, slice_size and listparts of the list that was answered, and send the \
          missing slices or finish next; do not request the list in a loop, or once per worker.",
    check: Check::Conversation(|analysis| {
        let verdict = |(annotated, before): (&AnnotatedExchange, Option<&AnnotatedExchange>)| {
            list(annotated)?;
            // Only a list right after another: between others, a request may have failed.
            let known = before.filter(|before| before.is(&Op::List) && before.clear());
            Verdict::broken_by(known, |known| {
                Evidence::at("op")
                    .expected("the missing slices, or finish")
                    .found("a list request again")
                    .related(known.number, "the previous list request")
            })
        };
        let before = std::iter::once(None).chain(analysis.exchanges().iter().map(Some));
        let pairs = analysis.exchanges().iter().zip(before);
        pairs
            .filter_map(|(annotated, before)| {
                Some((annotated.number, verdict((annotated, before))?))
            })
            .collect()
    }),
    counterexample: Counterexample::plain(Breaks::Again(LIST)).in_scenario(RESUMED),
};

const BEFORE_STORED: Rule = Rule {
    id: "list/before-finish",
    clause: &spec::LIST_BEFORE_FINISH,
    summary: "no list is requested once the object is complete",
    why: "The reply to finish, or to upload, already says that the object is complete.",
    fix: "Remove the list request that verifies an upload after finish, or op upload, was answered \
          with code 0; request it at the end only where that reply was lost.",
    check: Check::Conversation(|analysis| {
        nothing_after_finish(analysis, Op::List, "a list request")
    }),
    counterexample: Counterexample::plain(Breaks::AgainAtEnd(LIST)).in_scenario(RESUMED),
};

fn list(annotated: &AnnotatedExchange) -> Option<&AnnotatedExchange> {
    Some(annotated).filter(|annotated| annotated.is(&Op::List))
}
