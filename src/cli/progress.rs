//! How far a run is: on a terminal a line that is replaced, elsewhere a line every ten seconds.

use std::fmt;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use slicecheck::report::screen::Screen;

/// How long nothing is told where lines stay, and where they are replaced.
const PAUSE: Duration = Duration::from_secs(10);
const SHORT_PAUSE: Duration = Duration::from_millis(100);

/// What is told of a run on its error stream.
pub(super) enum Progress {
    Nowhere,
    /// When the line was last replaced.
    Terminal(Option<Instant>),
    /// When the last line was written.
    Log(Instant),
}

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        match (is_quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Nowhere,
            (false, true) => Self::Terminal(None),
            (false, false) => Self::Log(Instant::now()),
        }
    }

    /// Tells how far it is, if it is time for that. A stream that is gone is no reason to stop.
    pub(super) fn tell(&mut self, line: fmt::Arguments<'_>, err: &mut Screen) {
        let now = Instant::now();
        let _ = match self {
            Self::Terminal(last) if last.is_none_or(|last| is_due(last, now, SHORT_PAUSE)) => {
                *last = Some(now);
                err.replace_line(line)
            }
            Self::Log(last) if is_due(*last, now, PAUSE) => {
                *last = now;
                writeln!(err, "{line}")
            }
            Self::Nowhere | Self::Terminal(_) | Self::Log(_) => Ok(()),
        };
    }

    /// Leaves the line of a terminal empty.
    pub(super) fn end(self, err: &mut Screen) {
        if matches!(self, Self::Terminal(_)) {
            let _ = err.replace_line(format_args!(""));
        }
    }
}

/// Whether enough time has passed.
fn is_due(last: Instant, now: Instant, pause: Duration) -> bool {
    now.saturating_duration_since(last) >= pause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_when_its_pause_is_over() {
        let begin = Instant::now();
        let due = |millis: u64, pause| is_due(begin, begin + Duration::from_millis(millis), pause);
        assert!(!due(9_999, PAUSE) && due(10_000, PAUSE));
        assert!(!due(99, SHORT_PAUSE) && due(100, SHORT_PAUSE));
        assert!(!is_due(begin + PAUSE, begin, PAUSE), "a clock that went back");
    }
}
