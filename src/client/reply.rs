use crate::protocol::{EnvelopeError, ReplyContent, Response, ResponseEnvelope};

/// Why a request did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The service has refused it.
    Refused {
        /// HTTP status.
        status: u16,
        /// `code` of the envelope, which is not 0.
        code: i64,
        /// `message` of the envelope.
        message: String,
    },
    /// There is no reply, or none that could be a success.
    Lost(&'static str),
}

impl RequestError {
    /// The same in words.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Refused { code, message, .. } => format!("code {code}: {message}"),
            Self::Lost(why) => (*why).to_owned(),
        }
    }
}

/// What a success carries.
pub(super) fn read<T: ReplyContent>(reply: Option<&Response>) -> Result<T, RequestError> {
    let response = reply.ok_or(RequestError::Lost("no whole reply"))?;
    let status = response.status();
    // Not leniently: JSON with a byte order mark before it or bytes after it is none
    // to rely on (RFC 8259 §8.1).
    match ResponseEnvelope::<T>::read(response.body()) {
        // The code before the status: errors come with a 4xx or 5xx and with JSON [§3.4].
        Ok(ResponseEnvelope { code, message, .. }) if code != 0 => {
            Err(RequestError::Refused { status, code, message })
        }
        Ok(ResponseEnvelope { data: Some(data), .. }) if status == 200 => Ok(data),
        Ok(_) if status == 200 => Err(RequestError::Lost("a reply without data")),
        // Neither a success nor a refusal: what is lost is asked for again.
        Ok(_) => Err(RequestError::Lost("success with the status of an HTTP error")),
        // Other data than belongs to the operation, such as null for a session, grants nothing.
        Err(EnvelopeError::Field(_)) => {
            Err(RequestError::Lost("a reply without the data that was expected"))
        }
        Err(_) => Err(RequestError::Lost("a reply that is no JSON")),
    }
}
