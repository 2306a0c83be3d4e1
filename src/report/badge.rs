//! An endpoint for shields.io: the verdict as a badge.

use std::io;

use serde::Serialize;

use super::{Format, View, Writer, json_text, words};
use crate::results::{Results, RunVerdict};
use crate::spec::Level;

/// The JSON that shields.io reads, in its version 1.
pub const FORMAT: Format = Format { name: "badge", writer: Writer::Document(write) };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    schema_version: u32,
    label: &'static str,
    message: String,
    color: &'static str,
    is_error: bool,
}

fn write(results: &Results, _: View, out: &mut dyn io::Write) -> io::Result<()> {
    let badge = Badge {
        schema_version: 1,
        label: "COS slice upload",
        message: message(results),
        color: color(results.verdict),
        is_error: !results.verdict.is_judgement(),
    };
    json_text::write(&badge, out)
}

fn message(results: &Results) -> String {
    let share = results.coverage.scenarios;
    let cut_short = words::cut_short(results).map(|words| format!("; {words}"));
    match results.verdict {
        RunVerdict::Conforms => format!("conforms in {} of {}", share.exercised, share.run),
        RunVerdict::Violates if results.count(Level::Must) > 0 => {
            words::findings(results) + &cut_short.unwrap_or_default()
        }
        _ => words::verdict(results).to_owned(),
    }
}

fn color(verdict: RunVerdict) -> &'static str {
    match verdict {
        RunVerdict::Conforms => "brightgreen",
        RunVerdict::Violates => "red",
        RunVerdict::NotExercised | RunVerdict::Interrupted => "yellow",
        RunVerdict::Unjudged | RunVerdict::Machine | RunVerdict::HarnessError => "lightgrey",
    }
}
