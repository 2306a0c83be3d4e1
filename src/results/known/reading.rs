use std::ops::Range;

use globset::{Glob, GlobSet};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::{Known, KnownEntry};
use crate::rules::catalogue;
use crate::scenario::{TomlError, with_large_uploads};

/// What is wrong, and the bytes that it is wrong with.
type Fault = (Range<usize>, String);

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

impl Known {
    /// Reads the text of a file for `--known`; `today` is the day in UTC, as `YYYY-MM-DD`, and `own` the id of a
    /// scenario that is in no catalogue.
    pub fn read(text: &str, today: &str, own: Option<&str>) -> Result<Self, TomlError> {
        let found = |(span, message)| TomlError::new(text, &span, message);
        let document: Document = toml::from_str(text).map_err(|error| {
            found((error.span().unwrap_or_default(), error.message().to_owned()))
        })?;
        let entries =
            document.known.into_iter().map(|entry| entry.resolve(today, own).map_err(found));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }
}

impl Entry {
    /// An entry whose words all mean something.
    fn resolve(self, today: &str, own: Option<&str>) -> Result<KnownEntry, Fault> {
        let Self { rule, scenario, reason, expires } = self;
        let known = catalogue().find(|known| known.id == rule.get_ref());
        let known =
            known.ok_or_else(|| (rule.span(), format!("there is no rule {:?}", rule.get_ref())))?;
        let scenarios =
            meant(scenario.get_ref(), own).map_err(|message| (scenario.span(), message))?;
        // Without a reason nobody can tell later whether the entry may go.
        if reason.get_ref().trim().is_empty() {
            return Err((reason.span(), "a reason has words".to_owned()));
        }
        let expires = expires.map(day).transpose()?;
        Ok(KnownEntry {
            rule: known,
            glob: scenario.into_inner(),
            scenarios,
            reason: reason.into_inner(),
            // Days of this form sort as text; the last one still counts.
            expired: expires.as_deref().is_some_and(|last| last < today),
            expires,
        })
    }
}

/// The ids of the scenarios that a glob matches, of those of the catalogue and of this one: at least one.
pub(crate) fn meant(glob: &str, own: Option<&str>) -> Result<Vec<String>, String> {
    let parsed = Glob::new(glob).map_err(|error| error.to_string())?;
    // A matcher of the glob itself would panic where the glob is too large to be compiled.
    let set = GlobSet::new([parsed]).map_err(|error| error.to_string())?;
    // A case may have the id of a scenario, whose place it takes.
    let own = own.filter(|own| !with_large_uploads().any(|scenario| scenario.id == *own));
    let all = with_large_uploads().map(|scenario| scenario.id.as_str()).chain(own);
    let meant: Vec<_> = all.filter(|id| set.is_match(id)).map(str::to_owned).collect();
    if meant.is_empty() { Err(format!("no scenario matches {glob:?}")) } else { Ok(meant) }
}

/// A day; a time of day would promise a precision that nobody keeps.
fn day(date: Spanned<Datetime>) -> Result<String, Fault> {
    let span = date.span();
    match date.into_inner() {
        Datetime { date: Some(day), time: None, .. } => Ok(day.to_string()),
        other => Err((span, format!("expected a day such as 2027-01-31, found {other}"))),
    }
}
