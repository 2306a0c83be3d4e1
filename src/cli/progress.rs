//! How far a run is: on a terminal a line that is replaced, elsewhere a line every ten seconds.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use slicecheck::report::screen::Screen;

/// How long nothing is told where lines stay.
const PAUSE: Duration = Duration::from_secs(10);

/// What is told of a run on its error stream.
pub(super) struct Progress {
    place: Place,
    scenarios: usize,
    judged: usize,
}

enum Place {
    Nowhere,
    Terminal,
    /// When the last line was written.
    Log(Instant),
}

impl Progress {
    /// Of a run of so many scenarios.
    pub(super) fn new(scenarios: usize, is_quiet: bool) -> Self {
        let place = match (is_quiet, io::stderr().is_terminal()) {
            (true, _) => Place::Nowhere,
            (false, true) => Place::Terminal,
            (false, false) => Place::Log(Instant::now()),
        };
        Self { place, scenarios, judged: 0 }
    }

    /// Tells that a scenario was judged. The report tells it again: a stream that is gone is no reason to stop.
    pub(super) fn judged(&mut self, id: &str, err: &mut Screen) {
        self.judged = self.judged.saturating_add(1);
        let (judged, of) = (self.judged, self.scenarios);
        let _ = match &mut self.place {
            Place::Nowhere => Ok(()),
            Place::Terminal => err.replace_line(format_args!("[{judged}/{of}] {id}")),
            Place::Log(last) => {
                if is_due(last, Instant::now()) {
                    writeln!(err, "[{judged}/{of}] {id}")
                } else {
                    Ok(())
                }
            }
        };
    }

    /// Leaves the line of a terminal empty.
    pub(super) fn end(self, err: &mut Screen) {
        if matches!(self.place, Place::Terminal) {
            let _ = err.replace_line(format_args!(""));
        }
    }
}

/// Whether enough time has passed; if so, that is now the last time.
fn is_due(last: &mut Instant, now: Instant) -> bool {
    let is_due = now.saturating_duration_since(*last) >= PAUSE;
    if is_due {
        *last = now;
    }
    is_due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_every_ten_seconds() {
        let begin = Instant::now();
        let mut last = begin;
        let due = |seconds: u64| is_due(&mut last, begin + Duration::from_secs(seconds));
        let told: Vec<_> =
            (0..35).filter(|second| *second == 0 || *second % 3 == 0).map(due).collect();
        assert_eq!(told.iter().filter(|is_due| **is_due).count(), 2);
    }
}
