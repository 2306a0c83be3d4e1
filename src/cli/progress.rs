//! How far a run is: on a terminal a bar, elsewhere a line every ten seconds.

use std::fmt;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use slicecheck::report::screen::{Screen, escaped};

use super::width;

/// How long nothing is told where lines stay.
const PAUSE: Duration = Duration::from_secs(10);
/// A line has room for a bar if it has as many columns.
const ROOM: usize = 60;

/// What is told of a run on its error stream.
pub(super) enum Progress {
    Nowhere,
    Terminal(ProgressBar),
    /// When the last line was written.
    Log(Instant),
}

/// How much is done.
#[derive(Clone, Copy)]
pub(super) struct Done {
    /// So many.
    pub(super) number: usize,
    /// Of so many.
    pub(super) all: usize,
}

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        match (is_quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Nowhere,
            (false, true) => {
                Self::Terminal(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()))
            }
            (false, false) => Self::Log(Instant::now()),
        }
    }

    /// Tells how far it is, if it is time for that; without `done` nobody knows the end. A stream that is gone is
    /// no reason to stop.
    pub(super) fn tell(&mut self, done: Option<Done>, text: fmt::Arguments<'_>, err: &mut Screen) {
        let now = Instant::now();
        match self {
            Self::Terminal(bar) => draw(bar, done, &text.to_string()),
            Self::Log(last) if is_due(*last, now) => {
                *last = now;
                let _ = match done {
                    Some(Done { number, all }) => writeln!(err, "[{number}/{all}] {text}"),
                    None => writeln!(err, "{text}"),
                };
            }
            Self::Nowhere | Self::Log(_) => {}
        }
    }

    /// Leaves the line of a terminal empty.
    pub(super) fn end(self) {
        if let Self::Terminal(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// The bar has no colour, so that nobody has to ask for none; the text is cut where the line ends.
fn draw(bar: &ProgressBar, done: Option<Done>, text: &str) {
    let template = match done {
        Some(_) if width::of(io::stderr()).is_some_and(|columns| columns >= ROOM) => {
            "[{bar:24}] {pos}/{len} {wide_msg}"
        }
        Some(_) => "{pos}/{len} {wide_msg}",
        None => "{wide_msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    if let Some(Done { number, all }) = done {
        bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(number).unwrap_or(u64::MAX));
    }
    bar.set_message(escaped(text));
}

/// Whether enough time has passed.
fn is_due(last: Instant, now: Instant) -> bool {
    now.saturating_duration_since(last) >= PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_when_its_pause_is_over() {
        let begin = Instant::now();
        let due = |millis: u64| is_due(begin, begin + Duration::from_millis(millis));
        assert!(!due(9_999) && due(10_000));
        assert!(!is_due(begin + PAUSE, begin), "a clock that went back");
    }
}
