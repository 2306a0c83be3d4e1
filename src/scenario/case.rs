//! Scenarios as files: what `explain --case` prints and `run --case` plays.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Content, FileSetup, Scenario, Setup, default_slice_size};
use crate::protocol::{Delivery, FileView, LARGEST_FILE, Machine, Source, Wishes};
use crate::server::{
    Behaviour, Fault, Literal, Preexisting, Reaction, Reply, ReplyEncoding, SliceSize,
};

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
/// How many faults, reactions of one of them, and slices of an interrupted upload.
const MOST: usize = 1024;
/// How many slices of a file may be other than zeros: they are kept in memory.
const MOST_SPARSE: usize = 32;
/// How many slices a file may have: twice those of the largest file in slices of 1 MiB.
const MOST_SLICES: u64 = 1 << 17;
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
    id: Spanned<String>,
    #[serde(default)]
    summary: Option<Spanned<String>>,
    #[serde(default)]
    control: Option<Spanned<String>>,
    key: Spanned<String>,
    #[serde(default)]
    slice_size: Option<Spanned<u64>>,
    #[serde(default)]
    wishes: Wishes,
    #[serde(default)]
    machine: Option<Spanned<Machine>>,
    file: Spanned<FileSetup>,
    #[serde(default)]
    behaviour: Option<Spanned<Behaviour>>,
}

/// What is wrong, and the bytes that it is wrong with.
type Fallacy = (Range<usize>, String);

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
        let found = |(span, message)| TomlError::new(text, &span, message);
        let document: Document = toml::from_str(text).map_err(|error| {
            found((error.span().unwrap_or_default(), error.message().to_owned()))
        })?;
        document.resolve().map_err(found)
    }
}

impl Document {
    /// A scenario that can be played.
    fn resolve(self) -> Result<Scenario, Fallacy> {
        let summary = match self.summary {
            Some(summary) => text(summary, LONGEST_TEXT, "a summary")?,
            None => "a case of the user".to_owned(),
        };
        let control = self.control.map(|control| text(control, LONGEST_TEXT, "a control"));
        let slice_size = match self.slice_size {
            Some(size) if !(1..=LARGEST_SLICE).contains(size.get_ref()) => {
                return Err(range(&size, &format!("a slice size of 1 to {LARGEST_SLICE} bytes")));
            }
            Some(size) => size.into_inner(),
            None => default_slice_size(),
        };
        let key = text(self.key.clone(), LONGEST_KEY, "a key")?;
        if !key.starts_with('/') {
            return Err((self.key.span(), "a key begins with a slash".to_owned()));
        }
        let whole = self.file.span();
        let setup = Setup {
            key,
            slice_size,
            wishes: self.wishes,
            machine: match self.machine {
                Some(machine) => checked(machine, check_machine)?,
                None => Machine::default(),
            },
            file: checked(self.file, check_file)?,
            behaviour: match self.behaviour {
                Some(behaviour) => checked(behaviour, check_behaviour)?,
                None => Behaviour::default(),
            },
        };
        check_grid(&setup).map_err(|message| (whole, message))?;
        let id = self.id.clone();
        let named = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
        if !id.get_ref().bytes().all(named) {
            let message = "an id has letters, digits, slashes, hyphens, dots".to_owned();
            return Err((id.span(), message));
        }
        Ok(Scenario {
            id: text(self.id, LONGEST_TEXT, "an id")?,
            summary,
            control: control.transpose()?,
            setup,
        })
    }
}

/// A text that is neither empty nor too long.
fn text(text: Spanned<String>, longest: usize, what: &str) -> Result<String, Fallacy> {
    if (1..=longest).contains(&text.get_ref().len()) {
        return Ok(text.into_inner());
    }
    Err(range(&text, &format!("{what} of 1 to {longest} bytes")))
}

fn range<T>(at: &Spanned<T>, expected: &str) -> Fallacy {
    (at.span(), format!("expected {expected}"))
}

fn checked<T>(at: Spanned<T>, check: impl Fn(&T) -> Result<(), String>) -> Result<T, Fallacy> {
    match check(at.get_ref()) {
        Ok(()) => Ok(at.into_inner()),
        Err(message) => Err((at.span(), message)),
    }
}

fn check_file(file: &FileSetup) -> Result<(), String> {
    let size = u64::try_from(file.size).unwrap_or(u64::MAX);
    // What has no bytes but zeros in most places takes no memory for them.
    let (most, slices) = match &file.content {
        Content::Sparse(slices) => (LARGEST_FILE, slices.len()),
        Content::Random | Content::EveryPair | Content::Repeated(_) => (FileView::MOST_BYTES, 0),
    };
    if size > most {
        return Err(format!("expected a file of at most {most} bytes"));
    }
    match &file.content {
        Content::Sparse(_) if slices > MOST_SPARSE => {
            Err(format!("expected at most {MOST_SPARSE} slices that are not zeros"))
        }
        Content::Repeated(pattern) if pattern.is_empty() => {
            Err("expected a pattern of at least one byte".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_machine(machine: &Machine) -> Result<(), String> {
    let is_name = |name: &str| {
        (1..=LONGEST_NAME).contains(&name.len())
            && !name.contains(['/', '\0'])
            && !matches!(name, "." | "..")
    };
    if machine.file_name.as_deref().is_some_and(|name| !is_name(name)) {
        return Err(format!("expected a file name of 1 to {LONGEST_NAME} bytes without a slash"));
    }
    let is_variable = |(name, value): (&String, &String)| {
        !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
    };
    if machine.environment.len() > MOST || !machine.environment.iter().all(is_variable) {
        return Err(format!("expected at most {MOST} variables, with names and without NUL"));
    }
    match machine.source {
        Source::Grows(more) if more > FileView::MOST_BYTES => {
            Err(format!("expected a file that grows by at most {} bytes", FileView::MOST_BYTES))
        }
        _ => Ok(()),
    }
}

fn check_behaviour(behaviour: &Behaviour) -> Result<(), String> {
    let held = match &behaviour.preexisting {
        Preexisting::Unfinished(held)
        | Preexisting::UnfinishedWithSha(held)
        | Preexisting::UnfinishedHalved(held)
        | Preexisting::UnfinishedBut(held)
        | Preexisting::UnfinishedLonger(held)
        | Preexisting::UnfinishedOther(held) => held.len(),
        Preexisting::Nothing
        | Preexisting::SameFile
        | Preexisting::OtherFile
        | Preexisting::Recognised => 0,
    };
    if held > MOST || behaviour.faults.len() > MOST {
        return Err(format!("expected at most {MOST} slices that are held, and as many faults"));
    }
    behaviour.faults.iter().try_for_each(|Fault { reactions, .. }| {
        if !(1..=MOST).contains(&reactions.len()) {
            return Err(format!("expected 1 to {MOST} reactions of each fault"));
        }
        reactions.iter().try_for_each(check_reaction)
    })
}

/// What a file and a grid of slices take in memory together: an entry for each slice, and the bytes of
/// those that are no zeros.
fn check_grid(setup: &Setup) -> Result<(), String> {
    let slice_size = match setup.behaviour.slice_size {
        SliceSize::Asked => setup.slice_size,
        SliceSize::Fixed(size) => size,
    };
    let size = u64::try_from(setup.file.size).unwrap_or(u64::MAX);
    let slices = size.checked_div(slice_size).unwrap_or(0);
    if slices > MOST_SLICES {
        return Err(format!("expected a file of at most {MOST_SLICES} slices"));
    }
    let Content::Sparse(others) = &setup.file.content else { return Ok(()) };
    let others = u64::try_from(others.len()).unwrap_or(u64::MAX).saturating_add(1);
    if others.saturating_mul(slice_size.min(size)) > FileView::MOST_BYTES {
        return Err(format!(
            "expected at most {} bytes in slices that are not zeros",
            FileView::MOST_BYTES
        ));
    }
    Ok(())
}

fn check_reaction(reaction: &Reaction) -> Result<(), String> {
    if reaction.delivered == Delivery::Literal {
        return Err("expected a reply whose bytes are written down".to_owned());
    }
    let status = match &reaction.replied {
        Reply::Message(text) if text.len() > LONGEST_REPLY => {
            return Err(format!("expected a message of at most {LONGEST_REPLY} bytes"));
        }
        Reply::Foreign { status: 204, body } if !body.is_empty() => {
            return Err("expected no body with HTTP status 204".to_owned());
        }
        Reply::LiteralBody(bytes) | Reply::LiteralResponse(bytes) => {
            return check_literal(bytes, reaction.delivered);
        }
        Reply::Encoded(ReplyEncoding::Code(text)) if text.len() > LONGEST_TEXT => {
            return Err(format!("expected a code of at most {LONGEST_TEXT} bytes"));
        }
        Reply::Status(status) | Reply::Refusal { status, .. } => *status,
        Reply::Foreign { status, body } if body.len() <= LONGEST_REPLY => *status,
        Reply::Foreign { .. } => {
            return Err(format!("expected a reply of at most {LONGEST_REPLY} bytes"));
        }
        _ => 200,
    };
    if (200..=599).contains(&status) {
        Ok(())
    } else {
        Err("expected an HTTP status of 200 to 599".to_owned())
    }
}

fn check_literal(bytes: &Literal, delivered: Delivery) -> Result<(), String> {
    if delivered != Delivery::Whole {
        return Err("expected no other delivery of a reply whose bytes are written down".to_owned());
    }
    match bytes.bytes() {
        None => Err("expected base64, with padding".to_owned()),
        Some(bytes) if bytes.len() > LONGEST_REPLY => {
            Err(format!("expected a reply of at most {LONGEST_REPLY} bytes"))
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
}
