use super::delivery::Received;
use super::envelope::{ReplyFacts, SliceData};
use super::op::Op;
use super::request::Request;
use super::transcript::Exchange;

/// What a client can have taken a reply for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Acknowledgement {
    /// A failure, or nothing at all.
    None,
    /// A success, if it is lenient: the reply has the code 0, whatever the HTTP status is [§3.4], and
    /// however badly it is written or came.
    Possible(Acknowledged),
    /// A success, and nothing else: HTTP 200, the code 0, all of it came, as and in the form in which the
    /// service sends it.
    Clear(Acknowledged),
}

/// What a reply acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Acknowledged {
    /// That the request was served.
    Request,
    /// The slice, which it describes as it was sent.
    Slice,
    /// That the object is complete.
    Object,
}

impl Acknowledgement {
    /// That of the reply which has these facts in it.
    pub(crate) fn of(exchange: &Exchange, facts: Option<&ReplyFacts>) -> Self {
        let Some(facts) = facts.filter(|facts| facts.code == 0) else { return Self::None };
        let what = Acknowledged::of(&exchange.request, facts);
        // Code 0 beside the status of an error: some SDKs go by the one, some by the other [§3.4].
        let is_clear = exchange.response.status() == 200 && exchange.clear_code(facts) == Some(0);
        if is_clear { Self::Clear(what) } else { Self::Possible(what) }
    }

    /// Whether a client can have taken it for a success.
    pub fn is_possible(self) -> bool {
        self != Self::None
    }

    /// Whether no client can have taken it for anything else.
    pub fn is_clear(self) -> bool {
        matches!(self, Self::Clear(_))
    }

    /// Whether it describes the slice as it was sent.
    pub fn is_of_slice(self) -> bool {
        self.what() == Some(Acknowledged::Slice)
    }

    /// Whether it says that the object is complete.
    pub fn is_of_object(self) -> bool {
        self.what() == Some(Acknowledged::Object)
    }

    fn what(self) -> Option<Acknowledged> {
        match self {
            Self::None => None,
            Self::Possible(what) | Self::Clear(what) => Some(what),
        }
    }
}

impl Acknowledged {
    fn of(request: &Request, facts: &ReplyFacts) -> Self {
        let is_object = match request.op() {
            // With or without an address: no document has another success of these two, and a
            // client may well look at nothing but the code.
            Some(Op::Finish | Op::Upload) => true,
            // In v1 the reply to the last slice had the addresses; in v4
            // only finish completes [§2.3].
            Some(Op::Data | Op::Other(_)) => false,
            // Without an op it may be a question about the object, which is a GET.
            Some(Op::Init | Op::List) | None => {
                facts.partial.as_ref().is_some_and(|data| data.names_object)
            }
        };
        if is_object {
            Self::Object
        } else if facts.slice().is_some_and(|data| describes(data, request)) {
            Self::Slice
        } else {
            Self::Request
        }
    }
}

/// Whether the reply to a slice describes the slice that was sent.
fn describes(data: &SliceData, request: &Request) -> bool {
    let Some(content) = request.value("filecontent").map(|value| &value.content) else {
        return false;
    };
    request.number("offset") == Some(data.offset)
        && u64::try_from(content.len()).is_ok_and(|length| length == data.datalen)
        && request.text("session") == Some(&data.session)
        // Replies of 2016 have no datamd5 [DOC16 6068]: then nothing contradicts the slice.
        && (data.datamd5.is_empty() || request.content_md5() == Some(&data.datamd5))
}

impl Exchange {
    /// What a client can have taken the reply for.
    pub fn acknowledgement(&self) -> Acknowledgement {
        Acknowledgement::of(self, self.facts().ok().as_ref())
    }

    /// The code of a reply that nobody can have misread: all of it came, as and in the form in which the
    /// service sends it.
    pub(crate) fn clear_code(&self, facts: &ReplyFacts) -> Option<i64> {
        // Who cannot read an unusual delivery has not heard this code, however plain it is.
        let came_clearly = self.delivery.received() == Received::All && !self.delivery.is_unusual();
        let is_clear = came_clearly && facts.is_regular;
        is_clear.then_some(facts.code)
    }
}
