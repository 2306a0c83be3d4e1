//! What breaks a rule: a conforming conversation and a change of it, written down as data.
//!
//! A function stands only where the change is computed from the conversation.

use crate::protocol::{Claim, Codes, Exchange, Op, Response, ResponseEnvelope, Stored, Transcript};

mod edit;

pub use edit::Edit;
pub(super) use edit::{replace_in_body, sign_again};

/// The scenario of most counterexamples: a file of three slices, and nothing goes wrong.
pub(super) const PLAIN: &str = "happy/last-slice-short";
/// A scenario that begins with -4019 in reply to init; the list that follows names the first slice.
pub(super) const RESUMED: &str = "resume/init-in-progress";

/// The init request.
pub(super) const INIT: NthExchange = NthExchange { op: &Op::Init, nth: 0 };
/// The first data request.
pub(super) const FIRST_SLICE: NthExchange = NthExchange { op: &Op::Data, nth: 0 };
/// The second data request.
pub(super) const SECOND_SLICE: NthExchange = NthExchange { op: &Op::Data, nth: 1 };
/// The third data request: for the plain file, the last slice.
pub(super) const THIRD_SLICE: NthExchange = NthExchange { op: &Op::Data, nth: 2 };
/// The list request.
pub(super) const LIST: NthExchange = NthExchange { op: &Op::List, nth: 0 };
/// The finish request.
pub(super) const FINISH: NthExchange = NthExchange { op: &Op::Finish, nth: 0 };

/// The second finish request.
pub(super) const SECOND_FINISH: NthExchange = NthExchange { op: &Op::Finish, nth: 1 };

/// A digest of the right form that is that of no file.
pub(super) const SHA1_OF_NOTHING: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// A conforming conversation, and the change that breaks the rule.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Counterexample {
    /// The scenario in which the reference client has that conversation.
    pub scenario: &'static str,
    /// The change.
    pub breaks: Breaks,
}

/// One exchange of a conversation: the `nth` request of an operation, counted from 0.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NthExchange {
    /// The operation.
    pub op: &'static Op,
    /// How many requests of this operation come before.
    pub nth: usize,
}

/// A change of a conversation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Breaks {
    /// One request is another.
    Request(NthExchange, Edit),
    /// One request gets another reply: HTTP status, and body.
    Reply(NthExchange, u16, &'static str),
    /// One request is refused in the words of the service: HTTP status, and code.
    Refusal(NthExchange, u16, i64),
    /// One reply has another value, in JSON, at a JSON pointer (RFC 6901).
    ReplyValue(NthExchange, &'static str, &'static str),
    /// One request is not sent.
    Without(NthExchange),
    /// One request is sent again as soon as it is answered.
    Again(NthExchange),
    /// One request is sent again after all others.
    AgainAtEnd(NthExchange),
    /// The client ends after this number of exchanges.
    EndsAfter(usize),
    /// The client ends in another way: its claim, what is stored by then, and the detail it gives.
    Outcome(Claim, Stored, &'static str),
    /// Several changes, one after the other.
    Each(&'static [Self]),
    /// Any other change.
    Conversation(fn(&mut Transcript) -> Option<()>),
}

impl Counterexample {
    /// A change of the plain conversation.
    pub(super) const fn plain(breaks: Breaks) -> Self {
        Self { scenario: PLAIN, breaks }
    }

    /// Another request in the plain conversation.
    pub(super) const fn edited(place: NthExchange, edit: Edit) -> Self {
        Self::plain(Breaks::Request(place, edit))
    }

    /// The same change of another conversation.
    pub(super) const fn in_scenario(self, scenario: &'static str) -> Self {
        Self { scenario, ..self }
    }

    /// Changes the conversation of its scenario; `None` if that has no place for the change.
    pub fn apply(&self, transcript: &mut Transcript) -> Option<()> {
        self.breaks.apply(transcript)
    }
}

impl NthExchange {
    /// The number of the exchange, counted from 0.
    pub(super) fn number(self, transcript: &Transcript) -> Option<usize> {
        transcript.of(self.op).nth(self.nth).map(|(number, _)| number)
    }

    /// The exchange.
    pub(super) fn exchange(self, transcript: &mut Transcript) -> Option<&mut Exchange> {
        let number = self.number(transcript)?;
        transcript.exchanges.get_mut(number)
    }
}

impl Breaks {
    fn apply(self, transcript: &mut Transcript) -> Option<()> {
        match self {
            Self::Request(place, edit) => edit.apply(transcript, place)?,
            Self::Reply(place, status, body) => {
                place.exchange(transcript)?.response = Response::write(status, &[], body);
            }
            Self::Refusal(place, status, code) => {
                refuse(place.exchange(transcript)?, status, code)?;
            }
            Self::ReplyValue(place, pointer, value) => {
                set_reply_value(place.exchange(transcript)?, pointer, value)?;
            }
            Self::Without(place) => {
                let number = place.number(transcript)?;
                transcript.exchanges.remove(number);
            }
            Self::Again(place) => {
                let mut again = place.exchange(transcript)?.clone();
                // Not earlier: a client that has not heard the reply may have its reasons.
                again.started = again.answered;
                let next = place.number(transcript)?.checked_add(1)?;
                transcript.exchanges.insert(next, again);
            }
            Self::AgainAtEnd(place) => {
                let mut again = place.exchange(transcript)?.clone();
                // The reply to the last request has arrived by then: the client knows all that it says.
                again.started = transcript.exchanges.last()?.answered;
                again.answered = again.started;
                transcript.exchanges.push(again);
            }
            Self::EndsAfter(count) => {
                // There has to be something to leave out.
                transcript.exchanges.get(count)?;
                transcript.exchanges.truncate(count);
            }
            Self::Outcome(claim, stored, detail) => {
                let outcome = transcript.outcome.as_mut()?;
                (outcome.claim, outcome.stored) = (claim, stored);
                detail.clone_into(&mut outcome.detail);
            }
            Self::Each(changes) => {
                return changes.iter().try_for_each(|change| change.apply(transcript));
            }
            Self::Conversation(change) => change(transcript)?,
        }
        Some(())
    }
}

/// Replaces a reply by a refusal in the words of the service.
fn refuse(exchange: &mut Exchange, status: u16, code: i64) -> Option<()> {
    let message = Codes::message(code).to_owned();
    let request_id = exchange.reply::<()>().ok()?.request_id;
    // A refusal has no data [SEED L80, E35].
    let refusal = ResponseEnvelope::<()> { code, message, request_id, data: None };
    exchange.response = Response::write(status, &[], &refusal.write());
    Some(())
}

fn set_reply_value(exchange: &mut Exchange, pointer: &str, value: &str) -> Option<()> {
    // As plain JSON, so that a counterexample may hold what our own types cannot.
    let mut reply: serde_json::Value = serde_json::from_slice(exchange.response.body()).ok()?;
    *reply.pointer_mut(pointer)? = serde_json::from_str(value).ok()?;
    exchange.response = Response::write(200, &[], &reply.to_string());
    Some(())
}
