//! The file of known findings: read for `--known`, drafted for `--write-known`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

use globset::Glob;
use serde::Deserialize;
use slicecheck::report::known::{Known, KnownEntry};
use slicecheck::report::{Report, Standing};
use slicecheck::rules::catalogue;
use slicecheck::scenario::scenarios;
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    known: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: Spanned<String>,
    scenario: Spanned<String>,
    reason: Spanned<String>,
    expires: Option<Spanned<Datetime>>,
}

/// Reads the file; an error says where in it.
pub(super) fn read(path: &Path, now: SystemTime) -> Result<Known, String> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let document: Document =
        toml::from_str(&text).map_err(|error| format!("{name}: {}", error.to_string().trim()))?;
    let today = today(now);
    let entries = document.known.into_iter().map(|entry| {
        resolve(entry, &today).map_err(|(offset, words)| {
            let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
            format!("{name}: line {line}: {words}")
        })
    });
    Ok(Known { entries: entries.collect::<Result<_, _>>()? })
}

/// An entry whose words all mean something, or where and why not.
fn resolve(entry: Entry, today: &str) -> Result<KnownEntry, (usize, String)> {
    let at = |words: &Spanned<String>, error: String| (words.span().start, error);
    let Entry { rule, scenario, reason, expires } = entry;
    let known = catalogue().find(|known| known.id == rule.get_ref());
    let known = known.ok_or_else(|| at(&rule, format!("there is no rule {:?}", rule.get_ref())))?;
    let glob = Glob::new(scenario.get_ref()).map_err(|error| at(&scenario, error.to_string()))?;
    let matcher = glob.compile_matcher();
    let meant = scenarios().map(|scenario| scenario.id).filter(|id| matcher.is_match(id));
    let meant: Vec<_> = meant.collect();
    if meant.is_empty() {
        return Err(at(&scenario, format!("no scenario matches {:?}", scenario.get_ref())));
    }
    if reason.get_ref().trim().is_empty() {
        return Err(at(&reason, "a reason has words".to_owned()));
    }
    let expires = expires.map(day).transpose()?;
    Ok(KnownEntry {
        rule: known,
        glob: scenario.into_inner(),
        scenarios: meant,
        reason: reason.into_inner(),
        expired: expires.as_deref().is_some_and(|last| last < today),
        expires,
    })
}

/// A day; a time of day would promise a precision that nobody keeps.
fn day(date: Spanned<Datetime>) -> Result<String, (usize, String)> {
    let place = date.span().start;
    match date.into_inner() {
        Datetime { date: Some(day), time: None, .. } => Ok(day.to_string()),
        other => Err((place, format!("expected a day such as 2027-01-31, found {other}"))),
    }
}

/// The day in UTC.
fn today(now: SystemTime) -> String {
    humantime::format_rfc3339_seconds(now).to_string().chars().take(10).collect()
}

/// Drafts entries for all that fails this run, into a new file.
pub(super) fn draft(report: &Report, mut file: File) -> io::Result<()> {
    let mut text =
        "# Findings that do not fail a run. Give each a reason, and an end if you can:\n\
                    # expires = 2027-01-31\n"
            .to_owned();
    for result in &report.results {
        let Ok(judged) = &result.judged else { continue };
        let mut rules: Vec<&str> = Vec::new();
        for finding in judged.findings() {
            let fails = report.fails(finding.rule.level());
            let known = report.standing(result, finding) == Standing::Known;
            if (fails || known) && !rules.contains(&finding.rule.id) {
                rules.push(finding.rule.id);
            }
        }
        for rule in rules {
            let _ = write!(
                text,
                "\n[[known]]\nrule = \"{rule}\"\nscenario = \"{}\"\nreason = \"to be looked at\"\n",
                result.scenario.id
            );
        }
    }
    file.write_all(text.as_bytes())
}
