use super::data::{ListData, PartialData, ReplyContent, ReplyData, SliceData};
use super::error::{EnvelopeError, FieldError};
use super::json::{Document, JsonObject, parse};
use super::{ResponseEnvelope, fields, leniently};
use crate::protocol::Op;

/// What a reply says to whoever reads it, careful or not: its JSON is read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyFacts {
    /// 0 is success, anything else an error [SEED L77].
    pub code: i64,
    /// `SUCCESS`, or the symbolic name of the error [SEED L78].
    pub message: String,
    /// The number of the request, if there is one [SEED L79].
    pub request_id: Option<String>,
    /// What can be read of `data`, each field for itself; `None` too if the code is that of an error.
    pub partial: Option<PartialData>,
    /// `data`, if it is all that the operation returns.
    content: Option<Content>,
    /// Whether it is written in the very form of the service [CALC §8.1], and has data where it says that
    /// it returns some.
    pub is_regular: bool,
}

/// What an operation returns.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Slice(SliceData),
    Upload(ReplyData),
    /// That of another operation: nobody knows what belongs there.
    Other,
}

impl ReplyFacts {
    /// Reads the body of the reply to an operation.
    ///
    /// What lenient clients pass over is passed over: a byte order mark, and bytes after the JSON.
    pub fn read(op: Option<&Op>, body: &[u8]) -> Result<Self, EnvelopeError> {
        let (facts, is_all) = leniently(body, |body| Self::read_exactly(op, body))?;
        Ok(Self { is_regular: facts.is_regular && is_all, ..facts })
    }

    fn read_exactly(op: Option<&Op>, body: &[u8]) -> Result<Self, EnvelopeError> {
        let (text, entries) = parse(body)?;
        let document = Document::new(text, true);
        let root = document.root(entries);
        let whole = Content::read(op, &root);
        let is_whole = whole.as_ref().is_ok_and(|whole| {
            // What other operations return is not known; the reply to a delete has no data [§1.6].
            let returns_data = whole.code == 0 && !matches!(op, Some(Op::Other(_)) | None);
            whole.data.is_some() || !returns_data
        });
        // Asked after the reading of the content, which is what notices.
        let is_regular = is_whole && !document.has_noticed();
        let ResponseEnvelope { code, message, request_id, data: content } = match whole {
            Ok(whole) => whole,
            // Where `data` is not what belongs there, the code still counts.
            Err(_) => with_content(fields::<()>(&root)?, |()| Content::Other),
        };
        // Of an error nobody takes data [SEED E35].
        let partial = root.get("data").filter(|_| code == 0);
        let partial = partial.and_then(|data| PartialData::read(&data).ok());
        Ok(Self { code, message, request_id, partial, content, is_regular })
    }

    /// What the reply to a slice returns, if all of it is there.
    pub fn slice(&self) -> Option<&SliceData> {
        match &self.content {
            Some(Content::Slice(slice)) => Some(slice),
            _ => None,
        }
    }

    /// What the reply to a list returns, if all of it is there.
    pub fn list(&self) -> Option<&ListData> {
        match &self.content {
            Some(Content::Upload(ReplyData::Listed(list))) => Some(list),
            _ => None,
        }
    }
}

impl Content {
    fn read(
        op: Option<&Op>,
        root: &JsonObject<'_, '_>,
    ) -> Result<ResponseEnvelope<Self>, FieldError> {
        Ok(match op {
            Some(Op::Data) => with_content(fields(root)?, Self::Slice),
            Some(Op::Init | Op::List | Op::Finish | Op::Upload) => {
                with_content(fields(root)?, Self::Upload)
            }
            Some(Op::Other(_)) | None => with_content(fields::<()>(root)?, |()| Self::Other),
        })
    }
}

fn with_content<T, U>(envelope: ResponseEnvelope<T>, make: impl Fn(T) -> U) -> ResponseEnvelope<U> {
    let ResponseEnvelope { code, message, request_id, data } = envelope;
    ResponseEnvelope { code, message, request_id, data: data.map(make) }
}
