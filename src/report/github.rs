//! Annotations of GitHub Actions: a workflow command for each broken rule.

use std::fmt::Write as _;
use std::io;

use super::broken::{BrokenRule, broken_rules};
use super::secrets::Secrets;
use super::text::safe_text;
use super::words::{self, line};
use super::{Format, View, Writer};
use crate::results::{Results, Run, RunVerdict};
use crate::spec::Level;

/// Workflow commands, to be written to the output of a step.
pub const FORMAT: Format = Format { name: "github", writer: Writer::Document(write) };

/// GitHub shows this many annotations of each kind of a step.
const MOST: usize = 10;
/// More characters of a text are cut.
const TEXT: usize = 300;

fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let secrets = view.secrets(results);
    let anchor = results.run.anchor.as_deref();
    let all = broken_rules(results);
    for level in [Level::Must, Level::Should, Level::Note] {
        let of_level: Vec<_> = all.iter().filter(|of| of.rule.level() == level).collect();
        let is_full = of_level.len() > MOST;
        // The last one names all others.
        let shown = if is_full { MOST - 1 } else { MOST };
        for broken in of_level.iter().take(shown) {
            let (title, text) = (
                format!("{} ({})", broken.rule.id, level.as_str()),
                text(&results.run, broken, &secrets),
            );
            command(out, kind(level), anchor, &title, &text)?;
        }
        if is_full {
            let title = format!("{} more rules", of_level.len() - shown);
            let ids: Vec<_> = of_level.iter().skip(shown).map(|broken| broken.rule.id).collect();
            let text = format!("Broken, too ({}): {}", level.as_str(), ids.join(", "));
            command(out, kind(level), anchor, &title, &text)?;
        }
    }
    let (kind, text) = match results.verdict {
        RunVerdict::Conforms => ("notice", words::findings(results)),
        RunVerdict::Violates => ("error", words::findings(results)),
        _ => ("error", error(results, &secrets)),
    };
    let title = format!("slicecheck: {}", words::verdict(results));
    let cut_short = words::cut_short(results).map(|words| format!("; {words}"));
    command(out, kind, None, &title, &(text + &cut_short.unwrap_or_default()))
}

fn kind(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::Note => "notice",
    }
}

fn text(run: &Run, broken: &BrokenRule, secrets: &Secrets) -> String {
    let rule = broken.rule;
    let mut text = format!("{}\n{} {}", rule.summary, rule.clause.text, rule.clause.source);
    if let Some((result, found)) = broken.first() {
        let evidence = &found.finding.evidence;
        let request = found.finding.exchange.map(|number| format!(", request {}", number + 1));
        let (scenario, request) = (result.judged.id(), request.unwrap_or_default());
        let _ = write!(text, "\nIn {scenario}{request}, {}", line(&evidence.at, TEXT, secrets));
        let _ = write!(text, "\nexpected {}", line(&evidence.expected, TEXT, secrets));
        let _ = write!(text, "\nfound {}", line(&evidence.found, TEXT, secrets));
        if let Some(replay) = words::short_replay(run, scenario, secrets) {
            let _ = write!(text, "\nreplay: {replay}");
        }
    }
    let more: Vec<_> = broken.more().into_iter().map(|more| more.words).collect();
    if !more.is_empty() {
        let _ = write!(text, "\nAlso in {}.", more.join(", and in "));
    }
    text
}

/// Why there is no verdict, as far as it is known.
fn error(results: &Results, secrets: &Secrets) -> String {
    let failure = results.scenarios.iter().find_map(|result| result.failure());
    failure
        .map_or_else(|| words::findings(results), |failure| line(&failure.message, TEXT, secrets))
}

/// One command in one line: whatever is in the text, it neither ends the line nor the properties.
fn command(
    out: &mut dyn io::Write,
    kind: &str,
    file: Option<&str>,
    title: &str,
    text: &str,
) -> io::Result<()> {
    let file =
        file.map(|file| format!("file={},line=1,", property(&safe_text(file)))).unwrap_or_default();
    writeln!(out, "::{kind} {file}title={}::{}", property(title), data(text))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_command_is_one_line_whatever_is_in_it() {
        let mut out = Vec::new();
        let hostile = "a\r\n::error::b%0A::set-env name=x::y, z";
        super::command(&mut out, "error", Some(hostile), hostile, hostile).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        let properties = "a%0D%0A%3A%3Aerror%3A%3Ab%250A%3A%3Aset-env name=x%3A%3Ay%2C z";
        let data = "a%0D%0A::error::b%250A::set-env name=x::y, z";
        let file = properties.replace("%0D%0A", "\\r\\n");
        let expected = format!("::error file={file},line=1,title={properties}::{data}\n");
        assert_eq!(text, expected);
    }
}
