//! What `run` and `check` have in common: which findings count, and where the reports go.

use std::fs::{self, File};
use std::io;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::SystemTime;

use slicecheck::report::known::Known;
use slicecheck::report::screen::Screen;
use slicecheck::report::terminal::{self, View};
use slicecheck::report::{Format, Report, ScenarioResult, json_v1, saved};

use super::{Telling, known};
use crate::exit::Exit;

/// All places that reports go to, opened: nobody waits for a report that cannot be written.
pub(super) struct Opened<'a> {
    telling: &'a Telling,
    documents: Vec<File>,
    known: Known,
}

impl<'a> Opened<'a> {
    /// Opens files and folders, and reads the known findings; an error names the file.
    pub(super) fn new(telling: &'a Telling) -> Result<Self, String> {
        let known = telling.known.as_deref().map(|path| known::read(path, SystemTime::now()));
        let known = known.transpose()?.unwrap_or_default();
        let mut documents = Vec::new();
        for target in telling.reports.iter().filter(|target| !target.is_stdout()) {
            let path = &target.path;
            let opened = match target.format {
                Format::Transcript => fs::create_dir_all(path),
                Format::Json => File::create(path).map(|file| documents.push(file)),
            };
            opened.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(Self { telling, documents, known })
    }

    /// The known findings, for the report.
    pub(super) fn take_known(&mut self) -> Known {
        std::mem::take(&mut self.known)
    }

    /// Writes the conversation of one scenario, whole, to wherever conversations go.
    pub(super) fn keep(&self, report: &Report, result: &ScenarioResult) -> io::Result<()> {
        for target in self.telling.reports.iter().filter(|of| of.format == Format::Transcript) {
            if let Some(text) = saved::write(report, result) {
                fs::write(target.path.join(saved::file_name(result.scenario.id)), text?)?;
            }
        }
        Ok(())
    }

    /// Writes everything else; people's text goes to `out`, unless a report takes stdout.
    pub(super) fn write(
        self,
        mut report: Report,
        out: &mut Screen,
        err: &mut Screen,
    ) -> io::Result<Exit> {
        report.resembles = report.resemblance(available_parallelism().unwrap_or(NonZeroUsize::MIN));
        let report = &report;
        let view = View { verbose: self.telling.verbose, show_secrets: self.telling.show_secrets };
        for mut file in self.documents {
            unless_closed(json_v1::write(report, view, &mut file))?;
        }
        match self.telling.reports.iter().find(|target| target.is_stdout()) {
            Some(_) => {
                unless_closed(json_v1::write(report, view, out.document()))?;
                unless_closed(terminal::write(report, view, err.document()))?;
            }
            None => unless_closed(terminal::write(report, view, out.document()))?,
        }
        Ok(Exit::from(report.verdict()))
    }
}

/// A reader that has seen enough, as with `| head`, does not change the verdict.
pub(super) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}
