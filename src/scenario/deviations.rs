//! In what a setup differs from the plain one, and with which answers that occurs.

mod differences;

use std::cell::LazyCell;

use super::Setup;
use crate::protocol::{
    Delivery, Deviation, FieldError, HeadForm, JsonNode, ObjectPath, Occurred, Op, Received,
    ReplyContent, Request, ResponseEnvelope, Transcript, quote,
};
use crate::server::{Answer, Trigger};
use differences::{describe_file, differences};

pub(super) use differences::is_special;

/// What is planned, and how often each of it occurred.
#[derive(Debug)]
pub(super) struct PlannedDeviations {
    path: ObjectPath,
    entries: Vec<(Planned, Deviation)>,
    occurred: Vec<u32>,
}

/// One difference from the plain setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planned {
    /// The file, where nothing else is different: it is met once it is sent in slices.
    File,
    /// A key with characters that have to be escaped, or an unusually long one.
    Key,
    /// A slice size that the client is told to ask for.
    AskedSliceSize(u64),
    /// What a reply with a session grants: a slice size, a form of session, an order of requests.
    Granted,
    /// What was there before the client came.
    Preexisting,
    /// An object that is another file.
    OtherFile,
    /// An upload of another file that is under way.
    OtherUpload,
    /// A file that the service recognises at init.
    Recognised,
    /// A field that the client is asked to send at init, and its value if that is asked for, too.
    Wish(&'static str, Option<&'static str>),
    /// What an unfinished upload left.
    Listed,
    /// The name or the nature of the local file.
    LocalFile,
    /// The environment of the client.
    Environment,
    /// What is wrong with the certificate of the service: met by whoever sees it.
    Certificate,
    /// The local file becomes another while it is sent.
    Changed,
    /// The client is killed, and started again.
    Killed,
    /// One reaction of a fault: their indices, which request it hits, and how it is delivered.
    Reaction { fault: usize, reaction: usize, trigger: Trigger, delivered: Delivery },
}

impl PlannedDeviations {
    /// What is planned where clients are usually told to ask for slices of this size.
    pub(super) fn of(setup: &Setup, path: &ObjectPath, usual_slice_size: u64) -> Self {
        let mut entries = differences(setup, usual_slice_size);
        if entries.is_empty() {
            entries.push((Planned::File, describe_file(&setup.file)));
        }
        let entry = |(planned, what)| (planned, Deviation { what, ..Deviation::default() });
        let entries: Vec<_> = entries.into_iter().map(entry).collect();
        Self { path: path.clone(), occurred: vec![0; entries.len()], entries }
    }

    pub(super) fn deviations(&self) -> Vec<Deviation> {
        self.entries.iter().map(|(_, deviation)| deviation.clone()).collect()
    }

    /// The deviations that occur with this answer.
    pub(super) fn observe(
        &mut self,
        request: &Request,
        answer: &Answer,
        happened: Happened,
    ) -> Vec<Occurred> {
        // Read only where something hangs on it: a list may have a million bytes.
        let told = LazyCell::new(|| Told::of(answer));
        let named = request.object_path().is_ok_and(|path| *path == self.path);
        let entries = self.entries.iter().zip(&mut self.occurred).enumerate();
        let occurred = entries.filter_map(|(deviation, ((planned, _), times))| {
            let has_happened = match planned {
                Planned::Changed => happened.changed,
                Planned::Killed => happened.killed,
                _ => planned.occurs(request, named, answer, &|| *told),
            };
            if !has_happened {
                return None;
            }
            *times = times.saturating_add(1);
            let played = answer.played.filter(|_| matches!(planned, Planned::Reaction { .. }));
            Some(Occurred { deviation, attempt: played.map_or(*times, |played| played.attempt) })
        });
        occurred.collect()
    }

    /// Notes what the client met of what is special about its machine, or why it did not.
    pub(super) fn meet(&mut self, Met { file, environment, certificate }: Met) {
        for (planned, deviation) in &mut self.entries {
            let met = match planned {
                Planned::LocalFile => file,
                Planned::Environment => environment,
                Planned::Certificate => certificate,
                _ => continue,
            };
            deviation.always = met.is_ok();
            deviation.reason = met.err().map(str::to_owned);
        }
    }

    pub(super) fn explain(&self, transcript: &mut Transcript) {
        for (number, (planned, _)) in self.entries.iter().enumerate() {
            let reason = planned.reason(transcript);
            if let Some(deviation) = transcript.deviations.get_mut(number)
                && !deviation.has_occurred()
                && deviation.reason.is_none()
            {
                deviation.reason = Some(reason);
            }
        }
    }
}

/// What the client met of what is special about its machine, or why it did not.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Met {
    /// The local file.
    pub file: Result<(), &'static str>,
    /// Its environment.
    pub environment: Result<(), &'static str>,
    /// The certificate of the service.
    pub certificate: Result<(), &'static str>,
}

/// What happened on the machine of the client with an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened {
    /// The local file was changed.
    pub(super) changed: bool,
    /// The client was killed.
    pub(super) killed: bool,
}

/// What a reply says that the client can have taken in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Nothing that tells of an upload or an object.
    Nothing,
    /// A session, and all that is granted with it.
    Session,
    /// That an object is complete, or that another upload is under way.
    Existing,
}

impl Told {
    fn of(answer: &Answer) -> Self {
        const EXISTING: [i64; 3] = [-177, -4019, -4020];
        if answer.delivery.received() == Received::Nothing {
            return Self::Nothing;
        }
        let reply = ResponseEnvelope::<Keys>::read(answer.response.body());
        match reply {
            Ok(reply) if EXISTING.contains(&reply.code) => Self::Existing,
            Ok(ResponseEnvelope { code: 0, data: Some(data), .. }) => {
                // By this, SDKs tell an instant hit from a grant [§2.2].
                if data.has_access_url {
                    Self::Existing
                } else if data.has_session {
                    Self::Session
                } else {
                    Self::Nothing
                }
            }
            _ => Self::Nothing,
        }
    }
}

/// Which keys of `data` are there, whatever they have.
struct Keys {
    has_access_url: bool,
    has_session: bool,
}

impl ReplyContent for Keys {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let keys = data.keys()?;
        let has = |name: &str| keys.iter().any(|key| key == name);
        Ok(Self { has_access_url: has("access_url"), has_session: has("session") })
    }
}

impl Planned {
    fn occurs(
        self,
        request: &Request,
        named: bool,
        answer: &Answer,
        told: &dyn Fn() -> Told,
    ) -> bool {
        let op = request.op();
        let opens = matches!(op, Some(Op::Init | Op::List));
        match self {
            Self::File => op == Some(&Op::Data) && request.value("filecontent").is_some(),
            Self::Key => named,
            Self::AskedSliceSize(size) => {
                op == Some(&Op::Init) && request.number("slice_size") == Some(size)
            }
            Self::Granted => opens && told() == Told::Session,
            Self::Preexisting => match op {
                Some(Op::Init | Op::Upload) => told() == Told::Existing,
                Some(Op::List) => told() != Told::Nothing,
                _ => false,
            },
            Self::OtherFile => {
                matches!(op, Some(Op::Init | Op::Upload | Op::List)) && told() != Told::Nothing
            }
            Self::OtherUpload => match op {
                Some(Op::Init) => told() == Told::Existing,
                Some(Op::List) => told() == Told::Session,
                _ => false,
            },
            Self::Recognised => op == Some(&Op::Init) && told() == Told::Existing,
            Self::Wish(name, value) => {
                let sent = request.text(name).filter(|sent| !sent.is_empty());
                matches!(op, Some(Op::Init | Op::Upload))
                    && sent.is_some_and(|sent| value.is_none_or(|value| sent == value))
            }
            Self::Listed => op == Some(&Op::List) && told() == Told::Session,
            Self::Certificate => true,
            // These happen outside of the conversation.
            Self::LocalFile | Self::Environment | Self::Changed | Self::Killed => false,
            Self::Reaction { fault, reaction, .. } => answer
                .played
                .is_some_and(|played| (played.fault, played.reaction) == (fault, reaction)),
        }
    }

    /// Why it did not occur.
    fn reason(self, transcript: &Transcript) -> String {
        let sent = |op: Op| transcript.of(&op).next().is_some();
        let missing = |op: Op| match op {
            Op::Data if sent(Op::Upload) => {
                "no slice was sent: the client sent the file in one request"
            }
            Op::Init if sent(Op::Upload) => {
                "no init was sent: the client sent the file in one request"
            }
            Op::Data => "no slice was sent",
            Op::Init => "no init was sent",
            Op::List => "no list was requested",
            _ => "no finish was sent",
        };
        let without = |op: Op, otherwise: &'static str| {
            if sent(op.clone()) { otherwise } else { missing(op) }
        };
        let reason = match self {
            Self::Certificate => "the client was shown no certificate",
            // Not for the certificate: who refuses the certificate sends no request, and has met it.
            _ if !transcript.has_traffic() => "the client sent no request",
            Self::File => missing(Op::Data),
            Self::Key => "no request was for this key",
            Self::AskedSliceSize(_) => without(Op::Init, "no init asked for this slice size"),
            Self::Granted => without(Op::Init, "no reply with a session reached the client"),
            Self::Recognised => without(Op::Init, "no init had the sha of the file"),
            Self::Wish(name, value) => return overlooked(name, value, transcript),
            Self::Preexisting | Self::OtherFile | Self::OtherUpload => {
                without(Op::Init, "no reply about it reached the client")
            }
            Self::Listed => without(Op::List, "no list with slices reached the client"),
            Self::LocalFile => "the client has no file on the disk",
            Self::Environment => "the client has the environment of this program",
            Self::Changed => without(Op::Data, "the file is not on the disk"),
            Self::Killed => without(Op::Data, "a client in the same process cannot be killed"),
            Self::Reaction { reaction: 1.., .. } => Deviation::NOT_SENT_AGAIN,
            Self::Reaction { trigger, delivered, .. } => {
                let unmet = unmet_by_the_client(delivered);
                match trigger {
                    Trigger::Any => unmet.unwrap_or("no request was one of an upload"),
                    Trigger::Init => without(Op::Init, unmet.unwrap_or("no init met it")),
                    Trigger::Slice(_) => without(
                        Op::Data,
                        unmet.unwrap_or("the slice that it is about was not sent"),
                    ),
                    Trigger::List => without(Op::List, unmet.unwrap_or("no list met it")),
                    Trigger::Finish => without(Op::Finish, unmet.unwrap_or("no finish met it")),
                    Trigger::LongBody => "no request announced a body of more than 512 KiB",
                    Trigger::Expecting => "no request with Expect: 100-continue was answered",
                }
            }
        };
        reason.to_owned()
    }
}

/// What was sent in place of a field that was asked for, and what a driver says whose client cannot send it.
fn overlooked(name: &str, value: Option<&str>, transcript: &Transcript) -> String {
    let opens = |request: &&Request| matches!(request.op(), Some(Op::Init | Op::Upload));
    let requests = || transcript.exchanges.iter().map(|exchange| &exchange.request).filter(opens);
    let sent = requests().find_map(|request| request.text(name)).filter(|sent| !sent.is_empty());
    let op = requests().next().and_then(Request::op);
    let what = match (op, sent) {
        (None, _) => "no init was sent".to_owned(),
        (Some(op), Some(sent)) => format!("{op} has {name}={}", quote(sent.as_bytes())),
        (Some(op), None) => format!("{op} has no {name}"),
    };
    let asked = value.map_or(name.to_owned(), |value| format!("{name}={value}"));
    format!("asked for {asked}, but {what}: a driver whose client cannot send it exits with 89")
}

/// Why a reply that was due was not delivered like this: by the version of HTTP and the header fields of its
/// request, where that is a reason.
fn unmet_by_the_client(delivered: Delivery) -> Option<&'static str> {
    match delivered {
        Delivery::Gzipped => Some("the client does not accept gzip"),
        Delivery::Head(HeadForm::KeepAlive) => {
            Some("the client ends its connection with each request")
        }
        Delivery::Chunked
        | Delivery::ChunkedTrailers
        | Delivery::ChunkedCase
        | Delivery::WithoutLastChunk
        | Delivery::Interim
        | Delivery::Interims => Some("the client speaks HTTP/1.0"),
        _ => None,
    }
}
