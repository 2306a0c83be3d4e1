//! The report for people: what was broken, why that matters, where the bytes are.

use std::fmt::Write as _;
use std::io;

use anstyle::{AnsiColor, Style};

use super::View;
use super::screen::Screen;
use super::text::{cut, safe_text};
use crate::results::{Disposition, ResolvedFinding, Results, ScenarioResult};
use crate::rules::{Related, Rule};
use crate::spec::Level;

mod coverage;
mod evidence;
mod printed;
mod summary;

use evidence::{write_bytes, write_ladder};

const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const QUIET: Style = Style::new().dimmed();

/// Longer lines are cut.
const WIDTH: usize = 160;

/// Writes the whole report.
pub fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let out = &mut Screen::hiding(out, view.secrets(results));
    for level in [Level::Must, Level::Should, Level::Note] {
        let fails = level == Level::Must || (results.strict && level == Level::Should);
        for broken in broken_rules(results, level) {
            write_rule(results, &broken, fails || view.verbose, view, out)?;
        }
    }
    printed::write(results, view, out)?;
    summary::write(results, view, out)
}

/// A broken rule and all the places where it was.
struct Broken<'a> {
    rule: &'static Rule,
    places: Vec<(&'a ScenarioResult, &'a ResolvedFinding)>,
}

/// The rules of a level that were broken. What counts is shown first, wherever in the catalogue its
/// scenario stands; what is known is not shown.
fn broken_rules(results: &Results, level: Level) -> Vec<Broken<'_>> {
    let mut all: Vec<Broken> = Vec::new();
    for result in &results.scenarios {
        for found in &result.findings {
            let rule = found.finding.rule;
            if rule.level() != level || found.disposition == Disposition::Known {
                continue;
            }
            match all.iter_mut().find(|broken| broken.rule.id == rule.id) {
                Some(broken) => broken.places.push((result, found)),
                None => all.push(Broken { rule, places: vec![(result, found)] }),
            }
        }
    }
    for broken in &mut all {
        broken.places.sort_by_key(|(_, found)| found.disposition != Disposition::Counts);
    }
    all
}

fn write_rule(
    results: &Results,
    broken: &Broken,
    full: bool,
    view: View,
    out: &mut Screen,
) -> io::Result<()> {
    let Broken { rule, places } = broken;
    let Some((result, found)) = places.first() else { return Ok(()) };
    let Some(judged) = result.judged() else { return Ok(()) };
    let finding = &found.finding;
    let style = if rule.level() == Level::Must { BAD } else { DOUBTFUL };
    out.styled(style, format_args!("✗ {}", rule.id))?;
    writeln!(out, "  {}  {}", rule.level().as_str(), rule.summary)?;
    if full {
        writeln!(out, "  clause    {}", rule.clause.text)?;
        writeln!(out, "  source    {}", rule.clause.source)?;
        writeln!(out, "  why       {}", rule.why)?;
    }
    writeln!(out, "  scenario  {}", scenario_words(results, result))?;
    if let Some(discount) = found.disposition.discount() {
        writeln!(out, "  discount  {discount}: {}", discount.advice())?;
    }
    if full {
        write_ladder(judged, finding, out)?;
    }
    let evidence = &finding.evidence;
    if let Some((number, place)) = finding.exchange.zip(judged.place(rule.id)) {
        let micros = place.started.as_micros();
        let millis = format!("+{}.{} ms", micros / 1000, micros % 1000 / 100);
        let (at, connection) = (shown(&evidence.at, out), place.connection);
        writeln!(out, "  request {}, {at}, connection {connection}, {millis}", number + 1)?;
        if full && let Some(excerpt) = &place.excerpt {
            write_bytes(excerpt, view, out)?;
        }
    }
    writeln!(out, "      expected  {}", shown(&evidence.expected, out))?;
    writeln!(out, "      found     {}", shown(&evidence.found, out))?;
    for Related { exchange, what } in &evidence.related {
        writeln!(out, "      see       request {}: {}", exchange + 1, shown(what, out))?;
    }
    match more_places(result, rule) {
        0 => {}
        1 => writeln!(out, "  also in   1 more place of this scenario")?,
        places => writeln!(out, "  also in   {places} more places of this scenario")?,
    }
    let others = also_in(places);
    if !others.is_empty() {
        writeln!(out, "  also in   {others}")?;
    }
    if full {
        writeln!(out, "  replay    {}", replay_line(results, result))?;
    }
    writeln!(out)
}

fn scenario_words(results: &Results, result: &ScenarioResult) -> String {
    let scenario = result.scenario();
    let mut words = format!("{}: {}", scenario.id, scenario.summary);
    let control = scenario.control.as_deref().and_then(|id| results.scenario(id));
    if let Some(control) = control {
        let _ = write!(words, " (control {}: {})", control.judged.id(), control.verdict.as_str());
    }
    words
}

/// In how many places of its scenario a rule is broken besides the one that is shown.
fn more_places(result: &ScenarioResult, rule: &Rule) -> usize {
    let mut rulings = result.judged().into_iter().flat_map(|judged| &judged.rulings);
    let ruling = rulings.find(|ruling| ruling.rule.id == rule.id);
    ruling.map_or(0, |ruling| ruling.broken().saturating_sub(1))
}

/// The other scenarios of a broken rule.
fn also_in(places: &[(&ScenarioResult, &ResolvedFinding)]) -> String {
    const SHOWN: usize = 4;
    let mut ids: Vec<_> = places.iter().map(|(result, _)| result.judged.id()).collect();
    ids.dedup();
    let first = ids.first().copied();
    ids.retain(|id| Some(*id) != first);
    let mut words: Vec<_> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
    if ids.len() > SHOWN {
        let more = ids.len() - SHOWN;
        words.push(format!("{more} more {}", if more == 1 { "scenario" } else { "scenarios" }));
    }
    words.join(", ")
}

/// What fits into a line. It is masked before it is cut: a secret without its end is one, too.
fn shown(text: &str, out: &Screen) -> String {
    cut(&safe_text(&out.secrets().mask(text)), WIDTH)
}

fn replay_line(results: &Results, result: &ScenarioResult) -> String {
    let run = &results.run;
    let mut words = vec!["slicecheck".to_owned(), "run".to_owned()];
    words.extend(run.replay(result.judged.id()));
    if !run.command.is_empty() {
        words.push("--".to_owned());
        words.extend(run.command.iter().cloned());
    }
    let quote = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+{}".contains(c);
        let safe = !word.is_empty() && word.chars().all(plain);
        if safe { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}
