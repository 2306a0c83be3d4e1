use crate::protocol::{EnvelopeError, ReplyContent, Response, ResponseEnvelope};

/// Why a request did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
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

impl Trouble {
    /// The same in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Refused { code, message, .. } => format!("code {code}: {message}"),
            Self::Lost(why) => (*why).to_owned(),
        }
    }
}

/// What a success carries.
pub(super) fn read<T: ReplyContent>(reply: Option<&Response>) -> Result<T, Trouble> {
    let response = reply.ok_or(Trouble::Lost("no whole reply"))?;
    let status = response.status();
    match ResponseEnvelope::<T>::read(response.body()) {
        Ok(ResponseEnvelope { code, message, .. }) if code != 0 => {
            Err(Trouble::Refused { status, code, message })
        }
        Ok(ResponseEnvelope { data: Some(data), .. }) if status == 200 => Ok(data),
        Ok(_) if status == 200 => Err(Trouble::Lost("a reply without data")),
        Ok(_) => Err(Trouble::Lost("success with the status of an HTTP error")),
        Err(EnvelopeError::Field(_)) => {
            Err(Trouble::Lost("a reply without the data that was expected"))
        }
        Err(_) => Err(Trouble::Lost("a reply that is no JSON")),
    }
}
