//! The formats in which the results of a run are written.

use std::collections::BTreeMap;
use std::io;

use self::secrets::Secrets;
use crate::results::{Played, Results, Run};

pub mod badge;
pub mod brief;
mod broken;
mod excerpt;
pub mod explain;
pub mod fingerprint;
pub mod github;
pub mod html;
mod json_text;
pub mod json_v1;
#[cfg(feature = "cli")]
pub mod junit;
pub mod lists;
pub mod manual;
pub mod markdown;
pub mod matrix;
pub mod merged;
pub mod mutants;
pub mod near;
pub mod sarif;
pub mod saved;
pub mod screen;
mod secrets;
pub mod terminal;
mod text;
mod wire;
pub mod witness;
mod words;

/// The formats for machines. To add one, write its file and name it here.
pub const FORMATS: &[Format] = &[
    json_v1::FORMAT,
    #[cfg(feature = "cli")]
    junit::FORMAT,
    sarif::FORMAT,
    html::FORMAT,
    github::FORMAT,
    markdown::FORMAT,
    badge::FORMAT,
    saved::FORMAT,
];

/// A form for machines.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What `--report` calls it.
    pub name: &'static str,
    /// How it is written.
    pub writer: Writer,
}

/// A file of a folder: its name, and what is in it.
pub type NamedFile = (String, Vec<u8>);

/// How a format is written.
#[derive(Clone, Copy, Debug)]
pub enum Writer {
    /// One document at the end of a run.
    Document(fn(&Results, View, &mut dyn io::Write) -> io::Result<()>),
    /// Documents for each scenario when it ends, and an index of them at the end of the run, in a folder.
    Folder {
        /// The names of a scenario's documents, and what is in them, to be compressed.
        scenario: fn(&Run, &Played, View) -> io::Result<Vec<NamedFile>>,
        /// The text of the index of the documents that were kept: the digest of each by the name of its file.
        index: fn(&Results, View, &BTreeMap<String, String>) -> String,
    },
}

/// What a reader wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct View<'a> {
    /// Notes and passed scenarios in full, too.
    pub verbose: bool,
    /// Signatures and keys as they are.
    pub show_secrets: bool,
    /// How many characters a line of the terminal has; `None` where there is no terminal.
    pub width: Option<usize>,
    /// An earlier report to compare with.
    pub baseline: Option<&'a matrix::Report>,
}

impl View<'_> {
    /// How many lines one part of the summary has at most.
    fn most_lines(self) -> usize {
        if self.verbose { 30 } else { 4 }
    }

    /// What must not be shown.
    fn secrets(self, results: &Results) -> Secrets {
        if self.show_secrets { Secrets::default() } else { Secrets::of(results) }
    }
}
