use serde::{Deserialize, Serialize};

use super::delivered::Delivered;
use super::{Literal, ReplyEncoding};
use crate::protocol::Delivery;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which request it hits.
    pub trigger: Trigger,
    /// What happens to the first attempt, to the second, and so on.
    pub reactions: Vec<Reaction>,
    /// Whether all later attempts meet the last reaction again; otherwise they are served.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
}

/// Which request a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Each request of an upload.
    Any,
    /// The request that opens the upload.
    Init,
    /// A request with a slice.
    Slice(SliceSelector),
    /// The request for the list of slices.
    List,
    /// The request that closes the upload, or that is the whole of it.
    Finish,
    /// A request whose head announces more than 512 KiB: of a head, no more is known.
    LongBody,
    /// A request that asks for `100 Continue` (RFC 9110 §10.1.1).
    Expecting,
}

/// Which slice of a file, by the grid of the upload that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum SliceSelector {
    /// Whichever.
    Any,
    /// The one with this index, counted from 0; the last one if there are fewer.
    Nth(u64),
    /// The one in the middle of the file: of twelve the seventh.
    Middle,
    /// The last of the file.
    Last,
}

/// What happens to one attempt: three independent choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// What the service does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stored: Storing,
    /// What it says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replied: Reply,
    /// How that reaches the client.
    #[serde(default = "whole", skip_serializing_if = "is_whole", with = "Delivered")]
    pub delivered: Delivery,
}

/// What the service does with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Storing {
    /// What was asked for.
    #[default]
    AsSent,
    /// Nothing. The list and finish know that, whatever the reply says.
    Nothing,
    /// One bit of the slice is not what it was; finish notices, and refuses with -4016.
    Altered,
    /// The second half of the slice is lost.
    Halved,
    /// The upload is forgotten first, as if it had never begun.
    Forgotten,
    /// What was asked for; then somebody else closes the upload that is there.
    Completed,
}

/// What the service says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// What it says when it does what was asked for.
    #[default]
    Regular,
    /// That, written in another way.
    Encoded(ReplyEncoding),
    /// That, with this HTTP status.
    Status(u16),
    /// That, with this message.
    Message(String),
    /// That, but this field of the reply to a slice describes another slice.
    Echo(EchoField),
    /// An error, with the message of its code.
    Refusal {
        /// HTTP status.
        status: u16,
        /// `code` of the envelope.
        code: i64,
    },
    /// HTTP status 200, this code, and all the data of a success.
    CodeWithData(i64),
    /// HTTP status 200, this code, and the message `SUCCESS`.
    CodeWithSuccess(i64),
    /// What is no envelope of the service.
    Foreign {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// HTTP status 200, the service's own header fields, and these bytes as the body.
    ///
    /// What a client makes of literal bytes is left to it: it is judged by its crash, its hang and a success that
    /// nothing can be taken for, and by nothing else.
    LiteralBody(Literal),
    /// These bytes, from the status line on. It is judged in the same way.
    LiteralResponse(Literal),
    /// HTTP status 302 and a page of HTML, whose `Location` is the path of the request: who follows it
    /// stays where it is.
    Redirect,
}

/// A field of the reply to a slice that repeats what the client knows [SEED L84–L89].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum EchoField {
    /// The number of bytes received: one less.
    Datalen,
    /// The number of bytes received: one more.
    TooMuch,
    /// Their MD5.
    Datamd5,
    /// The offset of the request.
    Offset,
    /// The session of the request.
    Session,
    /// Offset and MD5: the reply to the first slice that the service holds.
    Slice,
}

impl Trigger {
    /// A request with a slice, whichever.
    pub const ANY_SLICE: Self = Self::Slice(SliceSelector::Any);

    /// The request with the last slice of the file.
    pub const LAST_SLICE: Self = Self::Slice(SliceSelector::Last);

    /// The request with the slice in the middle of the file.
    pub const MIDDLE_SLICE: Self = Self::Slice(SliceSelector::Middle);

    /// The request with the slice of this index, counted from 0; with the last one if there are fewer.
    pub const fn slice(index: u64) -> Self {
        Self::Slice(SliceSelector::Nth(index))
    }
}

impl Fault {
    /// A fault that happens to the first attempt only.
    pub fn once(trigger: Trigger, reaction: Reaction) -> Self {
        Self { trigger, reactions: vec![reaction], repeats: false }
    }

    /// A fault that happens to each attempt.
    pub fn always(trigger: Trigger, reaction: Reaction) -> Self {
        Self { trigger, reactions: vec![reaction], repeats: true }
    }

    /// Whether all goes well, and only takes a moment longer.
    pub fn only_delays(&self) -> bool {
        let is_late = |reaction: &Reaction| {
            reaction.delivered.is_timed() && *reaction == Reaction::delivered(reaction.delivered)
        };
        self.reactions.iter().all(is_late)
    }

    /// What happens to an attempt, counted from 0, and which of the reactions that is.
    pub(super) fn reaction(&self, attempt: usize) -> Option<(usize, &Reaction)> {
        let last = self.reactions.len().checked_sub(1)?;
        // Beyond the last reaction there is none, and the request is served.
        let at = if self.repeats { attempt.min(last) } else { attempt };
        Some((at, self.reactions.get(at)?))
    }
}

impl Reaction {
    /// Nothing is done, and the reply says so.
    pub fn refusal(status: u16, code: i64) -> Self {
        Self::nothing(Reply::Refusal { status, code })
    }

    /// Nothing is done, and this is the reply.
    pub fn nothing(replied: Reply) -> Self {
        Self { stored: Storing::Nothing, replied, delivered: Delivery::Whole }
    }

    /// Nothing is done, and the reply is somebody else's.
    pub fn foreign(status: u16, body: &str) -> Self {
        Self::nothing(Reply::Foreign { status, body: body.to_owned() })
    }

    /// It is done, and this is the reply.
    pub fn reply(replied: Reply) -> Self {
        Self { stored: Storing::AsSent, replied, delivered: Delivery::Whole }
    }

    /// It is done, and the reply is written in this way.
    pub fn encoded(encoding: ReplyEncoding) -> Self {
        Self::reply(Reply::Encoded(encoding))
    }

    /// It is done, and the reply reaches the client in this way.
    pub fn delivered(delivered: Delivery) -> Self {
        Self { stored: Storing::AsSent, replied: Reply::Regular, delivered }
    }

    /// This is done, and the reply says what it says then.
    pub fn stored(stored: Storing) -> Self {
        Self { stored, replied: Reply::Regular, delivered: Delivery::Whole }
    }

    /// Whether the reply is written down byte by byte.
    pub fn is_literal(&self) -> bool {
        matches!(self.replied, Reply::LiteralBody(_) | Reply::LiteralResponse(_))
    }

    /// Whether no reply ever comes.
    pub fn is_unanswered(&self) -> bool {
        self.delivered == Delivery::Unanswered
    }

    /// Nothing is done; the connection is reset.
    pub fn reset() -> Self {
        Self { delivered: Delivery::Reset, ..Self::refusal(503, -5997) }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn whole() -> Delivery {
    Delivery::Whole
}

fn is_whole(delivery: &Delivery) -> bool {
    *delivery == Delivery::Whole
}
