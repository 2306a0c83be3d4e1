//! What the client printed.

use std::io;

use super::{QUIET, Screen, View, shown};
use crate::results::{Results, ScenarioResult, ScenarioVerdict};

/// How much of what a client printed is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// A few lines of some scenarios.
    Usual,
    /// Fewer: there is much else to tell.
    Little,
}

/// A few lines of what the client printed in scenarios that failed; if it never sent a request, in the first
/// scenario.
pub(super) fn write(
    results: &Results,
    view: View,
    amount: Amount,
    out: &mut Screen,
) -> io::Result<()> {
    let connected = results.has_traffic();
    let matters = |result: &&ScenarioResult| {
        let printed = !(result.judged.stdout.is_empty() && result.judged.stderr.is_empty());
        printed
            && result.judged().is_some()
            && (!connected || result.verdict == ScenarioVerdict::Fail)
    };
    let (most, each) = match (amount, view.verbose, connected) {
        (Amount::Usual, true, _) => (12, 4),
        (Amount::Usual, false, true) | (Amount::Little, true, _) => (3, 4),
        (Amount::Usual, false, false) => (1, 4),
        (Amount::Little, false, _) => (1, 1),
    };
    for result in results.scenarios.iter().filter(matters).take(most) {
        out.styled(QUIET, format_args!("printed in {}\n", result.judged.id()))?;
        for bytes in [&result.judged.stdout, &result.judged.stderr] {
            // All of it at once: what is secret may be spread over lines.
            let text = String::from_utf8_lossy(bytes);
            let text = out.secrets().mask(&text).into_owned();
            for line in first_and_last(&text, each) {
                writeln!(out, "  {}", shown(&line, out))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The lines that tell most: some languages print the reason first, others last.
fn first_and_last(text: &str, each: usize) -> Vec<String> {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() <= 2 * each {
        return lines.iter().map(ToString::to_string).collect();
    }
    let head = lines.iter().take(each).map(ToString::to_string);
    let tail = lines.iter().skip(lines.len() - each).map(ToString::to_string);
    head.chain(["…".to_owned()]).chain(tail).collect()
}
