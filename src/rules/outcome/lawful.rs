//! Replies that do the work, and come or are written in a way that a client may not be able to read.

use std::collections::HashSet;
use std::fmt;

use super::end::{Delay, answered_last};
use crate::protocol::{
    Claim, Delivery, HeadForm, Op, Outcome, ReplyContent, ReplyData, ReplyDeviation,
    ReplyDeviationKind, ResponseEnvelope, SliceData, Stored,
};
use crate::rules::counterexample::{Breaks, Counterexample};
use crate::rules::{Analysis, AnnotatedExchange, Check, Evidence, Rule, Verdict};
use crate::spec::{self, Level};

pub(in crate::rules) const RULES: &[Rule] = &[HTTP_READ, LAWFUL_READ];

/// The first reply is the last.
const GIVES_UP: Counterexample = Counterexample::plain(Breaks::Each(&[
    Breaks::EndsAfter(1),
    Breaks::Outcome(Claim::Failed, Stored::Absent, "no reply that can be read"),
]));

const HTTP_READ: Rule = Rule {
    id: "outcome/http-replies-read",
    clause: &spec::HTTP_REPLIES,
    summary: "a reply is read in each form that HTTP obliges clients to read",
    why: "Proxies, gateways and other versions of a server write and split replies in their own way; \
          the upload fails although the service has done all that was asked for.",
    fix: "Read replies with an HTTP library, or compare header names without case, trim values, \
          read on to Content-Length or the last chunk, and connect again after Connection: close.",
    check: Check::Outcome(|analysis, outcome| read(analysis, outcome, Level::Must)),
    counterexample: GIVES_UP.in_scenario("lawful/lower-case-names"),
};

const LAWFUL_READ: Rule = Rule {
    id: "outcome/lawful-replies-read",
    clause: &spec::LAWFUL_REPLIES,
    summary: "a reply that is lawful and does the work is read, however unusual it is",
    why: "The service may come to answer like this any day; the upload fails although it has done all \
          that was asked for.",
    fix: "Give the body to a JSON library whatever Content-Type says, ignore unknown fields, \
          accept digits in quotes and replies without datamd5, skip 1xx, and decode gzip if it was \
          asked for.",
    check: Check::Outcome(|analysis, outcome| read(analysis, outcome, Level::Should)),
    counterexample: GIVES_UP.in_scenario("reply/pretty"),
};

/// What is unusual about a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Oddity {
    /// How it came.
    Delivery(Delivery),
    /// How its JSON is written.
    Json(ReplyDeviationKind),
}

/// Broken if the client gave up at a reply with an oddity of this level although nothing else was wrong.
fn read(analysis: &Analysis, outcome: &Outcome, level: Level) -> Option<Verdict> {
    // Where nothing is unusual, `outcome/completes` has the say.
    if analysis.job().must_succeed || analysis.overflowed() {
        return None;
    }
    let odd = |annotated: &AnnotatedExchange| {
        Oddity::of(annotated).filter(|oddity| oddity.level() == level)
    };
    match (outcome.claim, outcome.stored) {
        (Claim::Ok, Stored::Complete) => {
            // Without such a reply there was nothing to be read.
            let met = analysis.exchanges().iter().any(|annotated| odd(annotated).is_some());
            met.then_some(Verdict::Holds)
        }
        (Claim::Failed | Claim::Hung, _) => {
            let last = answered_last(analysis)?;
            let oddity = odd(last)?;
            if has_trouble(analysis) || has_read(analysis, last, oddity) {
                return None;
            }
            let end = match outcome.claim {
                Claim::Hung => hanging(analysis, outcome, last, oddity)?.to_owned(),
                _ => format!("failure reported ({})", outcome.detail),
            };
            let op = last.op().map_or("", Op::as_str);
            let evidence = Evidence::at(format!("reply to {op}"))
                .expected(oddity.expected())
                .found(format!("not read: it came {oddity}; {end}"))
                .related(last.number, "was answered like this");
            Some(Verdict::Broken(evidence))
        }
        _ => None,
    }
}

/// By what a client that was killed shows that it has not read its last reply; `None` if it may only be slow.
fn hanging(
    analysis: &Analysis,
    outcome: &Outcome,
    last: &AnnotatedExchange,
    oddity: Oddity,
) -> Option<&'static str> {
    // Who has begun to ask again, unless it had no time to read what came.
    if !was_busy(outcome) && is_asked_again(analysis, last, oddity) {
        return Some("the same request was sent again, and the deadline passed");
    }
    // Who did nothing at all from then on: after a usual reply that is `outcome/no-hang`.
    let waits = matches!(Delay::of(analysis, outcome), Some(Delay::Waiting(_)));
    (waits && outcome.busy.is_some())
        .then_some("nothing was sent after it, and the deadline passed")
}

/// Whether the service gave the client another reason to give up. What is sent again because its reply was
/// not read may be refused: that follows from the same cause.
fn has_trouble(analysis: &Analysis) -> bool {
    let mut done = HashSet::new();
    analysis.exchanges().iter().any(|annotated| {
        // A request that is wrong by itself may be why the client gave up.
        let Some(op) = annotated.op() else { return true };
        let status = annotated.exchange.response.status();
        let is_acknowledged = *op != Op::Data || annotated.echoed();
        let is_done = annotated.success() && status == 200 && is_acknowledged;
        let code = || annotated.reply.as_ref().ok().map(|reply| reply.code);
        let request = (op, annotated.offset);
        if is_done {
            done.insert(request);
        }
        !is_done && !done.contains(&request) && (*op != Op::List || code() != Some(NOTHING_THERE))
    })
}

/// Whether the client went on after a reply that is unusual in the same way: then that was not why it failed.
fn has_read(analysis: &Analysis, last: &AnnotatedExchange, oddity: Oddity) -> bool {
    let went_on = |before: &AnnotatedExchange| {
        let mut later = analysis.exchanges().iter().filter(|later| {
            later.exchange.started >= before.exchange.answered
                && matches!(later.op(), Some(Op::Data | Op::Finish))
        });
        later.any(|later| (later.op(), later.offset) != (before.op(), before.offset))
    };
    let mut alike = analysis.exchanges().iter().filter(|annotated| {
        Oddity::of(annotated).is_some_and(|other| match (oddity, other) {
            // Who reads one unusual form has a library for JSON, which reads the others; but a client may read
            // the replies to one operation with it, and search those to another for some text.
            (Oddity::Json(_), Oddity::Json(_)) => annotated.op() == last.op(),
            _ => oddity == other,
        })
    });
    alike.any(went_on)
}

/// Whether the client computed, or waited for a processor, for a sixth of its time: its own timeouts may have
/// expired meanwhile.
fn was_busy(outcome: &Outcome) -> bool {
    outcome.busy.is_some_and(|busy| busy.saturating_mul(6) >= outcome.elapsed)
}

/// Whether the client had asked the same before, and was answered in the same way.
fn is_asked_again(analysis: &Analysis, last: &AnnotatedExchange, oddity: Oddity) -> bool {
    // These take their time, and more of it where the machine is busy.
    if matches!(oddity, Oddity::Delivery(Delivery::Segmented | Delivery::Dribbled)) {
        return false;
    }
    let mut before = analysis.exchanges().iter().filter(|before| before.number < last.number);
    before.any(|before| {
        (before.op(), before.offset) == (last.op(), last.offset)
            && before.exchange.answered <= last.exchange.started
            && Oddity::of(before) == Some(oddity)
    })
}

/// What a list is answered with where no upload has begun.
const NOTHING_THERE: i64 = -197;

impl Oddity {
    /// `None` if the reply comes and is written as usual, if it is not lawful, or if it did not come whole.
    fn of(annotated: &AnnotatedExchange) -> Option<Self> {
        let exchange = &annotated.exchange;
        if annotated.clear() {
            return None;
        }
        if exchange.delivery.is_unusual() {
            return Some(Self::Delivery(exchange.delivery));
        }
        // Early, late or cut short: that is what was unusual, and not the JSON.
        if exchange.delivery != Delivery::Whole {
            return None;
        }
        let body = exchange.response.body();
        match exchange.request.op()? {
            Op::Data => unusual_json::<SliceData>(body),
            Op::Init | Op::List | Op::Finish | Op::Upload => unusual_json::<ReplyData>(body),
            Op::Other(_) => None,
        }
        .map(Self::Json)
    }

    /// A `must` is what HTTP demands of all recipients, a `should` what it leaves them a reason to refuse.
    fn level(&self) -> Level {
        match self {
            // Common stacks do not read a 1xx that they did not ask for: Node's fetch, and at 102 or 103 also
            // Python's http.client. The service is not known to send one.
            Self::Delivery(
                Delivery::Interim
                | Delivery::Interims
                | Delivery::UntilClose
                | Delivery::Gzipped
                | Delivery::Head(
                    HeadForm::Http10
                    | HeadForm::Html
                    | HeadForm::Untyped
                    | HeadForm::Zeros
                    | HeadForm::ManyFields
                    | HeadForm::KeepAlive,
                ),
            )
            | Self::Json(_) => Level::Should,
            Self::Delivery(_) => Level::Must,
        }
    }

    /// What a client does with it, and who says so.
    fn expected(&self) -> &'static str {
        match self {
            Self::Delivery(Delivery::Head(form)) => match form {
                HeadForm::LowerCase | HeadForm::MixedCase => {
                    "header names compared without regard to case (RFC 9110 §5.1)"
                }
                HeadForm::WhiteSpace => {
                    "values without the white space around them (RFC 9110 §5.5)"
                }
                HeadForm::NoReason => "a reason phrase that may be empty (RFC 9112 §4)",
                HeadForm::Close => "a new connection for the next request (RFC 9112 §9.6)",
                HeadForm::Http10 => "a reply of any minor version of HTTP/1 (RFC 9110 §2.5)",
                HeadForm::Zeros => "a length in decimal digits (RFC 9110 §8.6)",
                HeadForm::Html | HeadForm::Untyped => "the JSON of the reply (RFC 9110 §8.3)",
                HeadForm::ManyFields => "fields that mean nothing to it ignored (RFC 9110 §5.1)",
                HeadForm::KeepAlive => "the connection kept, or closed (RFC 9112 §9.3)",
            },
            Self::Delivery(Delivery::Interim | Delivery::Interims) => {
                "the reply after any number of 1xx, asked for or not (RFC 9110 §15.2)"
            }
            Self::Delivery(
                Delivery::Chunked | Delivery::ChunkedTrailers | Delivery::ChunkedCase,
            ) => "a body in chunks (RFC 9112 §7, §7.1)",
            Self::Delivery(Delivery::UntilClose) => {
                "a body that ends with its connection (RFC 9112 §6.3)"
            }
            Self::Delivery(Delivery::Gzipped) => {
                "what the request said it accepts (RFC 9110 §12.5.3)"
            }
            Self::Delivery(_) => "all bytes that Content-Length announces (RFC 9112 §6.3)",
            Self::Json(kind) => match kind {
                ReplyDeviationKind::UnknownKey => "fields that mean nothing to it ignored",
                ReplyDeviationKind::DigitString => "the numbers that the digits spell [SEED L88]",
                ReplyDeviationKind::AbsentKey => "what the pages of 2016 have [DOC16 6068]",
                _ => "JSON in any form that its grammar has (RFC 8259 §9)",
            },
        }
    }
}

impl fmt::Display for Oddity {
    /// In words that follow "it came".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(delivery) => delivery.fmt(out),
            Self::Json(kind) => out.write_str(match kind {
                ReplyDeviationKind::WhiteSpace => "with white space in its JSON",
                ReplyDeviationKind::Escapes => "with escapes in its JSON",
                ReplyDeviationKind::UnknownKey => "with fields that no document has",
                ReplyDeviationKind::DigitString => "with numbers as strings of digits",
                ReplyDeviationKind::AbsentKey => "without fields that replies of 2016 lack",
                ReplyDeviationKind::KeyOrder => "with its fields in another order",
                _ => "in another form",
            }),
        }
    }
}

/// In which way a reply that can be read is not written as the service writes it; `None` if it is, or if
/// it has something else that no service should write.
fn unusual_json<T: ReplyContent>(body: &[u8]) -> Option<ReplyDeviationKind> {
    let deviations = ResponseEnvelope::<T>::read_with_deviations(body).ok()?.deviations;
    // A field that only stands elsewhere in `data` may have another value, too.
    let is_reordered = deviations.iter().any(|deviation| {
        deviation.kind == ReplyDeviationKind::KeyOrder && !deviation.place.contains('.')
    });
    let is_lawful = |deviation: &ReplyDeviation| match deviation.kind {
        ReplyDeviationKind::WhiteSpace
        | ReplyDeviationKind::Escapes
        | ReplyDeviationKind::UnknownKey
        | ReplyDeviationKind::DigitString
        | ReplyDeviationKind::AbsentKey => true,
        ReplyDeviationKind::KeyOrder => is_reordered,
        _ => false,
    };
    let first = deviations.first()?.kind;
    deviations.iter().all(is_lawful).then_some(first)
}
