//! Scenarios as files: what `explain --case` prints and `run --case` plays.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::wrong::Wrong;
use super::{Content, FileSetup, Scenario, Setup, default_slice_size};
use crate::protocol::{Delivery, FileView, LARGEST_FILE, Machine, Source, Transcript, Wishes};
use crate::server::{
    Behaviour, Fault, Literal, Preexisting, Reaction, Reply, ReplyEncoding, Trigger,
};

mod fair;
mod wrong;

/// What is wrong in a text of TOML, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message} (column {column})")]
pub struct TomlError {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// The longest key, in bytes; the documents allow 850 of its escaped form.
const LONGEST_KEY: usize = 1024;
/// The longest name of a file, in bytes: what file systems allow.
const LONGEST_NAME: usize = 255;
/// The longest id and summary, in bytes.
const LONGEST_TEXT: usize = 400;
/// The largest slice size, in bytes: a request has at most 64 MiB.
const LARGEST_SLICE: u64 = 32 << 20;
/// The running SHA-1 of slices is taken at the ends of its blocks, in bytes.
const SHA_BLOCK: u64 = 64;
/// How many faults, reactions of one of them, and slices of an interrupted upload.
const MOST: usize = 1024;
/// How many slices of a file may be other than zeros: they are kept in memory.
const MOST_SPARSE: usize = 32;
/// How many slices a file may have: twice those of the largest file in slices of 1 MiB.
const MOST_SLICES: u64 = 1 << 17;
/// How many slices may have to be sent. A run reads four requests for each: a client that sends one again is
/// not to be taken for one that never ends.
const MOST_SENT: u64 = Transcript::MOST_EXCHANGES as u64 / 4;
/// How many bytes a reply of a fault may have.
const LONGEST_REPLY: usize = 1 << 20;

/// A scenario as it stands in a file.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<&'a str>,
    key: &'a str,
    slice_size: u64,
    #[serde(skip_serializing_if = "Wishes::is_none")]
    wishes: Wishes,
    #[serde(skip_serializing_if = "Machine::is_plain")]
    machine: &'a Machine,
    file: &'a FileSetup,
    behaviour: &'a Behaviour,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    id: String,
    #[serde(default = "default_summary")]
    summary: String,
    #[serde(default)]
    control: Option<String>,
    key: String,
    #[serde(default = "default_slice_size")]
    slice_size: u64,
    #[serde(default)]
    wishes: Wishes,
    #[serde(default)]
    machine: Machine,
    file: FileSetup,
    #[serde(default)]
    behaviour: Behaviour,
}

fn default_summary() -> String {
    "a case of the user".to_owned()
}

impl Scenario {
    /// The text of a file that [`Scenario::from_toml`] takes for the same scenario.
    pub fn to_toml(&self) -> String {
        let Self { id, summary, control, setup } = self;
        let written = Written {
            id,
            summary,
            control: control.as_deref(),
            key: &setup.key,
            slice_size: setup.slice_size,
            wishes: setup.wishes,
            machine: &setup.machine,
            file: &setup.file,
            behaviour: &setup.behaviour,
        };
        toml::to_string(&written).expect("a scenario has only what TOML can write")
    }

    /// Reads a scenario from the text of a file.
    ///
    /// A file of a user names what is different; the rest is as in the plain setup. Content and
    /// credentials follow from the seed and from the id, so that a file with the id of a scenario has
    /// its bytes.
    pub fn from_toml(text: &str) -> Result<Self, TomlError> {
        let document: Document = toml::from_str(text).map_err(|error| {
            TomlError::new(text, &error.span().unwrap_or_default(), error.message().to_owned())
        })?;
        document.check().map_err(|wrong| {
            let (span, message) = wrong.place(text);
            TomlError::new(text, &span, message)
        })?;
        let Document { id, summary, control, key, slice_size, wishes, machine, file, behaviour } =
            document;
        let setup = Setup { key, slice_size, wishes, machine, file, behaviour };
        Ok(Self { id, summary, control, setup })
    }
}

impl Document {
    /// Whether it can be played.
    fn check(&self) -> Result<(), Wrong> {
        check_text(&self.summary, LONGEST_TEXT, "a summary")
            .map_err(|wrong| wrong.at("summary"))?;
        let control = self.control.as_deref();
        control
            .map_or(Ok(()), |control| check_text(control, LONGEST_TEXT, "a control"))
            .map_err(|wrong| wrong.at("control"))?;
        if !(1..=LARGEST_SLICE).contains(&self.slice_size) {
            let message = format!("expected a slice size of 1 to {LARGEST_SLICE} bytes");
            return Err(Wrong::new(message).at("slice_size"));
        }
        if self.wishes.sha && !self.slice_size.is_multiple_of(SHA_BLOCK) {
            let message = format!(
                "expected a slice size that is a multiple of {SHA_BLOCK}, as a sha is asked for"
            );
            return Err(Wrong::new(message).at("slice_size"));
        }
        check_key(&self.key).map_err(|wrong| wrong.at("key"))?;
        check_machine(&self.machine).map_err(|wrong| wrong.at("machine"))?;
        check_file(&self.file).map_err(|wrong| wrong.at("file"))?;
        let is_large = u64::try_from(self.file.size).unwrap_or(u64::MAX) > FileView::MOST_BYTES;
        if is_large && self.machine.source.is_readable() && !self.machine.source.is_steady() {
            // What it becomes is kept in memory.
            let message =
                format!("expected a file of at most {} bytes, as it changes", FileView::MOST_BYTES);
            return Err(Wrong::new(message).at("size").at("file"));
        }
        check_behaviour(&self.behaviour)
            .and_then(|()| fair::check(&self.behaviour))
            .map_err(|wrong| wrong.at("behaviour"))?;
        self.check_grid()?;
        if self.machine.restarts && self.behaviour.faults.is_empty() {
            let message = "expected a fault: the client is killed at the first that it meets";
            return Err(Wrong::new(message).at("restarts").at("machine"));
        }
        check_id(&self.id).map_err(|wrong| wrong.at("id"))
    }

    /// What a file and a grid of slices take in memory together: an entry for each slice, and the bytes of
    /// those that are no zeros.
    fn check_grid(&self) -> Result<(), Wrong> {
        let granted = self.behaviour.slice_size;
        let slice_size =
            granted.granted(self.slice_size).min(granted.granted_later(self.slice_size));
        let size = u64::try_from(self.file.size).unwrap_or(u64::MAX);
        let slices = size.checked_div(slice_size).unwrap_or(0);
        // Only of a sparse file may most slices be there before; any other may have to be sent whole.
        let most = match &self.file.content {
            Content::Sparse(_) => MOST_SLICES,
            Content::Random | Content::EveryPair | Content::Repeated(_) => MOST_SENT,
        };
        if slices > most {
            let message = format!("expected a file of at most {most} slices");
            return Err(Wrong::new(message).at("size").at("file"));
        }
        let Content::Sparse(others) = &self.file.content else { return Ok(()) };
        let others = u64::try_from(others.len()).unwrap_or(u64::MAX).saturating_add(1);
        if others.saturating_mul(slice_size.min(size)) > FileView::MOST_BYTES {
            let most = FileView::MOST_BYTES;
            let message = format!("expected at most {most} bytes in slices that are not zeros");
            return Err(Wrong::new(message).at("content").at("file"));
        }
        Ok(())
    }
}

/// A text that is neither empty nor too long.
fn check_text(text: &str, longest: usize, what: &str) -> Result<(), Wrong> {
    if (1..=longest).contains(&text.len()) {
        return Ok(());
    }
    Err(Wrong::new(format!("expected {what} of 1 to {longest} bytes")))
}

fn check_id(id: &str) -> Result<(), Wrong> {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    if !id.bytes().all(named) {
        return Err(Wrong::new("an id has letters, digits, slashes, hyphens, dots"));
    }
    check_text(id, LONGEST_TEXT, "an id")
}

fn check_key(key: &str) -> Result<(), Wrong> {
    check_text(key, LONGEST_KEY, "a key")?;
    if !key.starts_with('/') {
        return Err(Wrong::new("a key begins with a slash"));
    }
    if key.ends_with('/') || key.contains('\0') {
        return Err(Wrong::new("a key ends with no slash, which is a folder's, and has no NUL"));
    }
    Ok(())
}

fn check_file(file: &FileSetup) -> Result<(), Wrong> {
    let size = u64::try_from(file.size).unwrap_or(u64::MAX);
    // What has no bytes but zeros in most places takes no memory for them.
    let (most, slices) = match &file.content {
        Content::Sparse(slices) => (LARGEST_FILE, slices.len()),
        Content::Random | Content::EveryPair | Content::Repeated(_) => (FileView::MOST_BYTES, 0),
    };
    if size > most {
        return Err(Wrong::new(format!("expected a file of at most {most} bytes")).at("size"));
    }
    let message = match &file.content {
        Content::Sparse(_) if slices > MOST_SPARSE => {
            format!("expected at most {MOST_SPARSE} slices that are not zeros")
        }
        Content::Repeated(pattern) if pattern.is_empty() => {
            "expected a pattern of at least one byte".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Wrong::new(message).at("content"))
}

fn check_machine(machine: &Machine) -> Result<(), Wrong> {
    let is_name = |name: &str| {
        (1..=LONGEST_NAME).contains(&name.len())
            && !name.contains(['/', '\0'])
            && !matches!(name, "." | "..")
    };
    if machine.file_name.as_deref().is_some_and(|name| !is_name(name)) {
        let message = format!("expected a file name of 1 to {LONGEST_NAME} bytes without a slash");
        return Err(Wrong::new(message).at("file_name"));
    }
    let is_variable = |(name, value): (&String, &String)| {
        !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
    };
    if machine.environment.len() > MOST || !machine.environment.iter().all(is_variable) {
        let message = format!("expected at most {MOST} variables, with names and without NUL");
        return Err(Wrong::new(message).at("environment"));
    }
    // What the driver contract names, the run sets.
    if machine.environment.keys().any(|name| name.starts_with("SLICECHECK_")) {
        let message = "expected no variable whose name begins with SLICECHECK_";
        return Err(Wrong::new(message).at("environment"));
    }
    match machine.source {
        Source::Grows(more) if more > FileView::MOST_BYTES => {
            let message =
                format!("expected a file that grows by at most {} bytes", FileView::MOST_BYTES);
            Err(Wrong::new(message).at("source"))
        }
        _ => Ok(()),
    }
}

fn check_behaviour(behaviour: &Behaviour) -> Result<(), Wrong> {
    let held = match &behaviour.preexisting {
        Preexisting::Unfinished(held)
        | Preexisting::UnfinishedWithSha(held)
        | Preexisting::UnfinishedHalved(held)
        | Preexisting::UnfinishedBut(held)
        | Preexisting::UnfinishedLonger(held)
        | Preexisting::UnfinishedShorter(held)
        | Preexisting::UnfinishedOther(held) => held.len(),
        Preexisting::Nothing
        | Preexisting::SameFile
        | Preexisting::OtherFile
        | Preexisting::Recognised => 0,
    };
    if held > MOST {
        let message = format!("expected at most {MOST} slices that are held");
        return Err(Wrong::new(message).at("preexisting"));
    }
    if behaviour.faults.len() > MOST {
        return Err(Wrong::new(format!("expected at most {MOST} faults")).at("faults"));
    }
    let mut faults = behaviour.faults.iter().enumerate();
    faults.try_for_each(|(number, fault)| {
        check_fault(fault).map_err(|wrong| wrong.at(number).at("faults"))
    })
}

fn check_fault(fault: &Fault) -> Result<(), Wrong> {
    let Fault { trigger, reactions, .. } = fault;
    if !(1..=MOST).contains(&reactions.len()) {
        let message = format!("expected 1 to {MOST} reactions of each fault");
        return Err(Wrong::new(message).at("reactions"));
    }
    reactions.iter().enumerate().try_for_each(|(number, reaction)| {
        let checked = check_reaction(reaction).and_then(|()| check_early(*trigger, reaction));
        checked.map_err(|wrong| wrong.at(number).at("reactions"))
    })
}

/// Before the body is read, no more is known of a request than its head, and nothing can be stored.
fn check_early(trigger: Trigger, reaction: &Reaction) -> Result<(), Wrong> {
    let is_met = matches!(trigger, Trigger::LongBody | Trigger::Expecting)
        && matches!(reaction.replied, Reply::Foreign { .. } | Reply::Refusal { .. });
    if !reaction.delivered.is_early() || is_met {
        return Ok(());
    }
    let message = "expected a refusal or a foreign reply, and the trigger long_body or expecting, where the \
                   reply is delivered before the body was read";
    Err(Wrong::new(message).at("delivered"))
}

fn check_reaction(reaction: &Reaction) -> Result<(), Wrong> {
    // The service delivers literal bytes like this by itself.
    if reaction.delivered == Delivery::Literal {
        return Err(Wrong::new("expected a reply whose bytes are written down").at("delivered"));
    }
    check_reply(&reaction.replied, reaction.delivered).map_err(|wrong| wrong.at("replied"))
}

fn check_reply(reply: &Reply, delivered: Delivery) -> Result<(), Wrong> {
    // A 1xx is no final reply (RFC 9110 §15.2).
    let is_status = |status: &u16| (200..=599).contains(status);
    let no_status = || Wrong::new("expected an HTTP status of 200 to 599").at("status");
    match reply {
        Reply::Message(text) if text.len() > LONGEST_REPLY => {
            let message = format!("expected a message of at most {LONGEST_REPLY} bytes");
            Err(Wrong::new(message).at("message"))
        }
        Reply::LiteralBody(bytes) => {
            check_literal(bytes, delivered).map_err(|wrong| wrong.at("literal_body"))
        }
        Reply::LiteralResponse(bytes) => {
            check_literal(bytes, delivered).map_err(|wrong| wrong.at("literal_response"))
        }
        Reply::Encoded(ReplyEncoding::Code(text)) if text.len() > LONGEST_TEXT => {
            let message = format!("expected a code of at most {LONGEST_TEXT} bytes");
            Err(Wrong::new(message).at("code").at("encoded"))
        }
        Reply::Status(status) if !is_status(status) => Err(no_status()),
        Reply::Refusal { status, .. } if !is_status(status) => Err(no_status().at("refusal")),
        Reply::Foreign { status, .. } if !is_status(status) => Err(no_status().at("foreign")),
        // It ends with its head (RFC 9110 §15.3.5): the body would begin the next reply.
        Reply::Foreign { status: 204, body } if !body.is_empty() => {
            let message = "expected no body with HTTP status 204";
            Err(Wrong::new(message).at("body").at("foreign"))
        }
        Reply::Foreign { body, .. } if body.len() > LONGEST_REPLY => {
            let message = format!("expected a reply of at most {LONGEST_REPLY} bytes");
            Err(Wrong::new(message).at("body").at("foreign"))
        }
        _ => Ok(()),
    }
}

fn check_literal(bytes: &Literal, delivered: Delivery) -> Result<(), Wrong> {
    if delivered != Delivery::Whole {
        let message = "expected no other delivery of a reply whose bytes are written down";
        return Err(Wrong::new(message));
    }
    match bytes.bytes() {
        None => Err(Wrong::new("expected base64, with padding")),
        Some(bytes) if bytes.len() > LONGEST_REPLY => {
            Err(Wrong::new(format!("expected a reply of at most {LONGEST_REPLY} bytes")))
        }
        Some(_) => Ok(()),
    }
}

impl TomlError {
    /// What is wrong with these bytes of a text.
    pub fn new(text: &str, span: &Range<usize>, message: String) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let (lines, line) = before.rsplit_once('\n').unwrap_or(("", before));
        let is_first = line.len() == before.len();
        let above = if is_first { 0 } else { lines.matches('\n').count().saturating_add(1) };
        let (line, column) = (above.saturating_add(1), line.chars().count().saturating_add(1));
        Self { line, column, message }
    }

    /// What is wrong with the control that a scenario's text names, where it can be read but for that.
    pub fn of_control(text: &str, message: String) -> Self {
        let (span, message) = Wrong::new(message).at("control").place(text);
        Self::new(text, &span, message)
    }
}
