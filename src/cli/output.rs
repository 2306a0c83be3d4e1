//! What `run` and `check` have in common: the terms of the verdict, and where the reports go.

use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::SystemTime;

use slicecheck::report::matrix::Report;
use slicecheck::report::screen::Screen;
use slicecheck::report::{View, Writer, brief, terminal};
use slicecheck::results::known::Known;
use slicecheck::results::{
    JudgedScenario, Played, Requirement, Results, Run, RunEnd, RunVerdict, Terms,
};

use super::files::{Output, place};
use super::places::no_two_are_the_same;
use super::transcripts::Transcripts;
use super::{OutputOptions, Refused, ReportTarget, known, matrix, selection, width};
use crate::exit::Exit;

/// All places that reports go to, tried: nobody waits for a report that cannot be written.
pub(super) struct Opened<'a> {
    options: &'a OutputOptions,
    documents: Vec<(WriteDocument, Option<Output>)>,
    folders: Vec<Transcripts>,
    draft: Option<Draft>,
    terms: Terms,
    baseline: Option<Report>,
}

/// The draft of a file of known findings.
struct Draft {
    /// Missing where it goes to stdout.
    file: Option<Output>,
}

type WriteDocument = fn(&Results, View, &mut dyn io::Write) -> io::Result<()>;

impl<'a> Opened<'a> {
    /// Tries files and folders, and reads the known findings, which may be in a scenario of one's `own`, by its
    /// id; an error names the file.
    pub(super) fn new(
        options: &'a OutputOptions,
        draft: Option<&Path>,
        own: Option<&str>,
    ) -> Result<Self, Refused> {
        let targets = options.reports.iter().map(|target| target.path.as_path());
        no_two_are_the_same(targets.chain(draft))?;
        let known = options.known.as_deref().map(|path| known::read(path, SystemTime::now(), own));
        let known = known.transpose()?.unwrap_or_default();
        let terms = Terms {
            strict: options.strict,
            known,
            required: options.required.clone(),
            rules: selection::rules(&options.rules)?,
        };
        let baseline = options.baseline.as_deref().map(matrix::read).transpose()?;
        let (mut documents, mut folders) = (Vec::new(), Vec::new());
        for target in &options.reports {
            let path = &target.path;
            match target.format.writer {
                Writer::Document(write) if target.is_stdout() => documents.push((write, None)),
                Writer::Document(write) => {
                    documents.push((write, Some(Output::replacing(path)?)));
                }
                Writer::Folder { scenario, index } => {
                    folders.push(Transcripts::open(path, scenario, index)?);
                }
            }
        }
        let draft = draft.map(|path| {
            let is_file = !is_stdout(path);
            Ok::<_, String>(Draft { file: is_file.then(|| Output::new(path)).transpose()? })
        });
        let draft = draft.transpose()?;
        Ok(Self { options, documents, folders, draft, terms, baseline })
    }

    /// With other requirements than the options have.
    pub(super) fn requiring(mut self, required: Vec<Requirement>) -> Self {
        self.terms.required = required;
        self
    }

    /// Whether a scenario fails the run, as far as can be seen by now.
    pub(super) fn fails(&self, scenario: &JudgedScenario, all: &[JudgedScenario]) -> bool {
        self.terms.fails(scenario, all)
    }

    /// Writes the document of one scenario to wherever such documents go. What cannot be written is told
    /// at the end.
    pub(super) fn keep(&self, run: &Run, played: &Played) {
        let view = View { show_secrets: self.options.show_secrets, ..View::default() };
        for folder in &self.folders {
            folder.keep(run, played, view);
        }
    }

    /// Writes everything else, first of all people's text: to `out`, unless a report takes stdout.
    ///
    /// What is lost is told, and keeps nothing else from being written. It never hides a verdict: only
    /// a client that conforms gets another exit code for it.
    pub(super) fn write(
        self,
        run: Run,
        end: RunEnd,
        judged: Vec<JudgedScenario>,
        out: &mut Screen,
        err: &mut Screen,
    ) -> Exit {
        let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let results = &Results::resolve(run, self.terms, end, judged, threads);
        let is_draft = self.draft.as_ref().is_some_and(|draft| draft.file.is_none());
        let is_taken = is_draft || self.options.reports.iter().any(ReportTarget::is_stdout);
        let view = View {
            verbose: self.options.verbose,
            show_secrets: self.options.show_secrets,
            width: if is_taken { width::of(io::stderr()) } else { width::of(io::stdout()) },
            baseline: self.baseline.as_ref(),
        };
        let mut lost = Vec::new();
        let text = if is_taken { err.document() } else { out.document() };
        let write = if self.options.quiet { brief::write } else { terminal::write };
        if let Err(error) = unless_closed(write(results, view, text)) {
            let stream = if is_taken { "stderr" } else { "stdout" };
            lost.push(place(Path::new(stream), &error));
        }
        for (write, file) in self.documents {
            let mut document = Vec::new();
            if let Err(error) = write(results, view, &mut document) {
                lost.push(error.to_string());
            }
            lost.extend(match file {
                Some(file) => file.write(&document).err(),
                None => to_stdout(out.document().write_all(&document)),
            });
        }
        for folder in self.folders {
            lost.extend(folder.finish(results, view));
        }
        if let Some(Draft { file }) = self.draft {
            lost.extend(put(Known::draft(results).write().as_bytes(), file, out).err());
        }
        lost.extend(to_stdout(out.document().flush()));
        // A stdout that is gone is named by each document that goes there.
        lost.dedup();
        for error in &lost {
            // Nothing is left to tell it to, should this fail, too.
            let _ = writeln!(err, "error: {error}");
        }
        match results.verdict {
            RunVerdict::Conforms if !lost.is_empty() => Exit::Usage,
            verdict => verdict.into(),
        }
    }
}

/// The file for a document, tried; none where stdout is meant, by `-` or by nothing at all.
pub(super) fn replacing(path: Option<&Path>) -> Result<Option<Output>, String> {
    path.filter(|path| !is_stdout(path)).map(Output::replacing).transpose()
}

/// Whether a path stands for stdout.
pub(super) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Writes a document into a file, or to stdout without one; an error names the place.
pub(super) fn put(text: &[u8], file: Option<Output>, out: &mut Screen) -> Result<(), String> {
    if let Some(file) = file {
        return file.write(text);
    }
    let stdout = out.document();
    let written = stdout.write_all(text).and_then(|()| stdout.flush());
    to_stdout(written).map_or(Ok(()), Err)
}

fn to_stdout(written: io::Result<()>) -> Option<String> {
    unless_closed(written).err().map(|error| place(Path::new("stdout"), &error))
}

/// A reader that has seen enough, as with `| head`, does not change the verdict.
pub(super) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}
