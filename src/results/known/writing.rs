use std::fmt::Write as _;

use super::{Known, KnownEntry};
use crate::results::{Disposition, Results};

impl Known {
    /// An entry for all that fails a run, and for what is accepted already, with its reason and its end.
    pub fn draft(results: &Results) -> Self {
        let mut entries: Vec<KnownEntry> = Vec::new();
        for scenario in &results.scenarios {
            let of_others = entries.len();
            for found in &scenario.findings {
                let rule = found.finding.rule;
                let matters =
                    // An entry that is in use stays, or the drafted file would
                    // accept less than the one before.
                    found.fails(results.strict) || found.disposition == Disposition::Known;
                // Only the entries of this scenario: another one needs an entry
                // of its own for the same rule.
                let is_new = !entries.iter().skip(of_others).any(|entry| entry.rule.id == rule.id);
                if matters && is_new {
                    let id = scenario.judged.id();
                    let mut known = results.known.iter().map(|of| &of.entry);
                    let accepted = known.find(|of| !of.expired && of.is_about(rule, id));
                    entries.push(KnownEntry {
                        rule,
                        glob: id.to_owned(),
                        scenarios: vec![id.to_owned()],
                        // A reason has words, or the draft could not be read again.
                        reason: accepted
                            .map_or_else(|| "to be looked at".to_owned(), |of| of.reason.clone()),
                        expires: accepted.and_then(|of| of.expires.clone()),
                        expired: false,
                    });
                }
            }
        }
        Self { entries }
    }

    /// The text of a file that [`Known::read`] takes for the same entries.
    pub fn write(&self) -> String {
        let mut text =
            "# Findings that do not fail a run. Give each a reason, and an end if you can:\n\
                        # expires = 2027-01-31\n"
                .to_owned();
        for KnownEntry { rule, glob, reason, expires, .. } in &self.entries {
            let (glob, reason) = (basic_string(glob), basic_string(reason));
            let _ = write!(
                text,
                "\n[[known]]\nrule = \"{}\"\nscenario = {glob}\nreason = {reason}\n",
                rule.id
            );
            if let Some(day) = expires {
                let _ = writeln!(text, "expires = {day}");
            }
        }
        text
    }
}

/// A string of TOML on one line.
fn basic_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // TOML allows no control characters in a basic string; the tab,
            // which it does, is one of them.
            '\0'..'\u{20}' | '\u{7f}' => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
