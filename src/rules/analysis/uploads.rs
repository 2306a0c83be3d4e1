//! The uploads that the service has opened, as its replies describe them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::AnnotatedExchange;
use crate::protocol::Op;

/// How many sessions are kept of an upload, and how many of those before it.
const MOST_SESSIONS: usize = 16;

/// An upload that the service has opened, as its replies describe it.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The sessions that replies have named, the one that was granted last in front.
    pub sessions: Vec<Arc<str>>,
    /// The grid of the slices, in bytes; `None` if the service did not name a usable one.
    pub slice_size: Option<u64>,
    /// Whether it named a size of 0 instead, with which a slice has no bytes.
    pub is_empty_grid: bool,
    /// Whether the service asked for one data request at a time.
    pub serial: bool,
    /// Whether it was named by a list, and not by the reply to an init.
    pub listed: bool,
    /// The length in bytes that a list names as announced for it.
    pub filesize: Option<u64>,
    /// The sessions of uploads before it.
    pub former: Vec<Arc<str>>,
    /// How many inits had been granted a session of their own before it: what was sent for an upload that
    /// another init opened is no part of it.
    pub opening: usize,
}

impl Upload {
    /// Whether replies have named this session; `None` if they may have, with more than are kept.
    pub fn names(&self, session: &str) -> Option<bool> {
        let known = self.sessions.iter().any(|one| **one == *session);
        (known || self.sessions.len() < MOST_SESSIONS).then_some(known)
    }
}

/// The uploads that replies have named, each with the time from which a client can know of it; each was
/// told later than the one before.
#[derive(Default)]
pub(super) struct Uploads {
    known: Vec<(Duration, Arc<Upload>)>,
    /// By session, which init opened its upload.
    openings: HashMap<Arc<str>, usize>,
}

impl Uploads {
    /// The upload that a client knows at a time: while a new session is on its way, slices of the one
    /// before may still be sent. If none is known by then, the one that was named last.
    pub(super) fn known_at(&self, time: Duration) -> Option<&Arc<Upload>> {
        let after = self.known.partition_point(|(answered, _)| *answered <= time);
        let known = after.checked_sub(1).and_then(|last| self.known.get(last));
        known.or(self.known.last()).map(|(_, upload)| upload)
    }

    /// Which init opened the upload of a session; of one that no reply has named, that of the upload which a
    /// client knows at the time.
    pub(super) fn opening_of(&self, session: Option<&str>, time: Duration) -> usize {
        let named = session.and_then(|session| self.openings.get(session)).copied();
        named.or_else(|| Some(self.known_at(time)?.opening)).unwrap_or(0)
    }

    fn add(&mut self, answered: Duration, upload: Upload) {
        // Who knows of this one knows of no other that was told later.
        let told_before = self.known.partition_point(|(before, _)| *before < answered);
        self.known.truncate(told_before);
        self.known.push((answered, Arc::new(upload)));
    }

    /// Takes from a reply what it says about the upload.
    pub(super) fn learn(&mut self, annotated: &AnnotatedExchange) {
        if !annotated.success() {
            return;
        }
        match annotated.request.op() {
            Some(Op::Init | Op::List) => {
                let Some(data) = annotated.partial_data() else { return };
                let Some(session) = data.session.as_deref() else { return };
                let (mut former, mut was_serial, mut opening) = (Vec::new(), false, 0);
                if let Some((_, known)) = self.known.last() {
                    let before = known.sessions.iter().chain(&known.former);
                    former.extend(
                        before.filter(|one| ***one != *session).take(MOST_SESSIONS).cloned(),
                    );
                    was_serial = known.serial;
                    let begins_again = annotated.request.op() == Some(&Op::Init)
                        && !known.sessions.iter().any(|one| **one == *session);
                    opening = known.opening.saturating_add(usize::from(begins_again));
                }
                let session: Arc<str> = session.into();
                self.openings.entry(Arc::clone(&session)).or_insert(opening);
                let upload = Upload {
                    sessions: vec![session],
                    // Where the grid cannot be read a client may go by the size that it asked for.
                    slice_size: data.slice_size.filter(|size| *size > 0),
                    is_empty_grid: data.slice_size == Some(0),
                    // A list does not repeat it [§2.4]: what the reply to
                    // init asked for still holds.
                    serial: data.serial_upload.map_or(was_serial, |serial| serial == 1),
                    listed: annotated.request.op() == Some(&Op::List),
                    // Of a list alone: what is resumed may have been begun with another file.
                    filesize: annotated
                        .reply
                        .as_ref()
                        .ok()
                        .and_then(|reply| Some(reply.list()?.filesize)),
                    former,
                    opening,
                };
                self.add(annotated.exchange.answered, upload);
            }
            // Some clients take the session for finish from the reply to a slice [§2.3].
            Some(Op::Data) => {
                let session = annotated.partial_data().and_then(|data| data.session.as_deref());
                if let (Some((_, upload)), Some(session)) = (self.known.last_mut(), session)
                    && upload.sessions.len() < MOST_SESSIONS
                    && !upload.sessions.iter().chain(&upload.former).any(|one| **one == *session)
                {
                    let session: Arc<str> = session.into();
                    self.openings.entry(Arc::clone(&session)).or_insert(upload.opening);
                    // The exchanges before it keep what was known by then.
                    Arc::make_mut(upload).sessions.push(session);
                }
            }
            _ => {}
        }
    }
}
