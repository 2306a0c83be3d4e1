//! What of a setup may keep a conforming client from completing its upload.

use super::{FileSetup, Setup};
use crate::protocol::{Escaping, Machine, Source, Wishes, is_documented_slice_size};
use crate::server::{Behaviour, Preexisting};

/// The longest key, in bytes [§6.2].
const LONGEST_KEY: usize = 850;
/// The longest key as it is escaped, in bytes: an address has 1024 [§1.1], scheme and host and bucket
/// among them.
const LONGEST_ESCAPED_KEY: usize = 900;
/// How many replies may be held back: each takes half a second of the time that a client has.
const MOST_HELD: usize = 8;

impl Setup {
    /// Whether a conforming client has no excuse to fail: nothing is in the place of the object, nothing
    /// goes wrong, what is asked for is documented, and all that the service decides, documents leave to it.
    ///
    /// Each field is named, so that one that is new has to be decided about.
    pub fn must_succeed(&self) -> bool {
        let Self { key, slice_size, wishes, machine, file, behaviour } = self;
        // What a file holds is no client's business; of an empty one no document says whether it has slices.
        let FileSetup { size, content: _ } = file;
        *size > 0
            && is_plain_key(key)
            && is_documented_slice_size(*slice_size)
            && may_be_granted(behaviour.slice_size.granted(*slice_size), *slice_size, *wishes)
            && may_be_granted(behaviour.slice_size.granted_later(*slice_size), *slice_size, *wishes)
            && excuses_nothing(machine)
            && serves_all(behaviour)
    }
}

/// Whether any client can be asked to use this key. Some documents do without certain characters in names,
/// and a client may refuse those [DOC17 6053]; of slashes in a row, of folders that are called like a step
/// to another one, and of control characters they say nothing.
fn is_plain_key(key: &str) -> bool {
    const RESERVED: [char; 8] = ['?', '*', ':', '|', '\\', '<', '>', '"'];
    let is_plain = |segment: &str| !segment.trim().is_empty() && !matches!(segment, "." | "..");
    let mut segments = key.strip_prefix('/').unwrap_or(key).split('/');
    segments.all(is_plain)
        && !key.contains(RESERVED)
        && !key.contains(char::is_control)
        && key.len() <= LONGEST_KEY
        && Escaping::UNRESERVED.escape(key).len() <= LONGEST_ESCAPED_KEY
}

/// Whether documents let the service grant this size to who asks for that one. Who announces the slices
/// of a file with its sha cannot send others [§2.3], and some clients take no other size with a sha [§6.1].
fn may_be_granted(granted: u64, asked: u64, wishes: Wishes) -> bool {
    // Nothing is there that `insertOnly` could keep.
    let Wishes { sha, insert_only: _ } = wishes;
    is_documented_slice_size(granted) && (!sha || granted == asked)
}

/// Whether a client has no excuse to fail on this machine. Some forms have no place for control characters
/// in names.
fn excuses_nothing(machine: &Machine) -> bool {
    let Machine { file_name, source, restarts, certificate, environment } = machine;
    let is_name = |name: &String| !name.contains(char::is_control);
    // Any other variable may be one that the client's runtime, or a library of it, goes by.
    let says_where = |name: &String| {
        matches!(name.as_str(), "TZ" | "LANG" | "LANGUAGE") || name.starts_with("LC_")
    };
    matches!(source, Source::Regular | Source::Symlink)
        && !restarts
        && certificate.is_valid()
        && file_name.as_ref().is_none_or(is_name)
        && environment.keys().all(says_where)
}

/// Whether the service does all that it is asked for, at once or a moment later.
fn serves_all(behaviour: &Behaviour) -> bool {
    let Behaviour {
        // Of this, `may_be_granted` has the say.
        slice_size: _,
        // Nothing of an upload is missing when it is finished.
        finish: _,
        // It is opaque, whatever it looks like.
        session: _,
        // Any client can send one slice after the other.
        serial_upload: _,
        preexisting,
        most_content,
        faults,
    } = behaviour;
    let held = faults.iter().map(|fault| fault.reactions.len());
    *preexisting == Preexisting::Nothing
        && most_content.is_none()
        && faults.iter().all(|fault| !fault.repeats && fault.only_delays())
        && held.sum::<usize>() <= MOST_HELD
}
