//! What is judged where a client got literal bytes for a reply: nobody can be blamed for what it makes of them,
//! unless it dies of them, comes to no end, or takes for a success what says nothing of the kind.

use super::{AnnotatedExchange, Rule};
use crate::protocol::Delivery;

/// Rules that hold whatever comes.
const ALWAYS: [&str; 5] = [
    "outcome/no-crash",
    "outcome/no-hang",
    "outcome/ends-in-time",
    "outcome/within-bounds",
    "outcome/source-kept",
];
/// The rule that holds unless a reply can be taken for a success.
const TRUTHFUL: &str = "outcome/truthful";

/// Whether there were literal bytes among the replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LiteralReplies {
    /// There were none.
    None,
    /// There were, and none of them can be taken for a success.
    Failures,
    /// There were, and readers may differ in what they say.
    Arguable,
}

impl LiteralReplies {
    pub(super) fn of(exchanges: &[AnnotatedExchange]) -> Self {
        let is_literal = |it: &&AnnotatedExchange| it.exchange.delivery == Delivery::Literal;
        let mut literal = exchanges.iter().filter(is_literal).peekable();
        if literal.peek().is_none() {
            Self::None
        // One that is open to argument is enough: what follows it may follow from it.
        } else if literal.all(|annotated| annotated.exchange.response.is_plain_failure()) {
            Self::Failures
        } else {
            Self::Arguable
        }
    }

    /// Whether a rule has anything to say.
    pub(super) fn leaves(self, rule: &Rule) -> bool {
        match self {
            Self::None => true,
            Self::Failures => ALWAYS.contains(&rule.id) || rule.id == TRUTHFUL,
            Self::Arguable => ALWAYS.contains(&rule.id),
        }
    }
}
