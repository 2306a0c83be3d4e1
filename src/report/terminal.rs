//! The report for people: what was broken, why that matters, where the bytes are.

use std::fmt::Write as _;
use std::io;

use anstyle::{AnsiColor, Style};

use super::View;
use super::broken::{BrokenRule, all_broken_rules};
use super::screen::Screen;
use super::secrets::Secrets;
use super::text::{cut, safe_text};
use super::words::replay_line;
use crate::results::{Disposition, Results, ScenarioResult};
use crate::rules::{Finding, Related, Rule, catalogue};
use crate::spec::Level;

mod coverage;
mod crowded;
mod evidence;
mod printed;
mod summary;
mod wrap;

use evidence::{write_bytes, write_ladder};
use printed::Amount;
use wrap::wrapped;

const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const QUIET: Style = Style::new().dimmed();

/// How many other requests a finding names without `-v`.
const MOST_RELATED: usize = 3;

/// Longer lines are cut.
const WIDTH: usize = 160;

/// How many lines a report has at most, and with `-v`.
const LINES: usize = 60;
const VERBOSE_LINES: usize = 300;

/// Writes the report, in a bounded number of lines: what does not fit is counted, and a broken `must` is named
/// in any case.
pub fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let pages = Pages { secrets: view.secrets(results), width: view.width };
    let most = if view.verbose { VERBOSE_LINES } else { LINES };
    let summary = pages.page(|out| summary::write(results, view, out))?;
    let mut printed = pages.page(|out| printed::write(results, view, Amount::Usual, out))?;
    let all = broken_rules(results);
    let full = |broken: &BrokenRule| {
        let level = broken.rule.level();
        let fails = level == Level::Must || (results.strict && level == Level::Should);
        pages.page(|out| write_rule(results, broken, fails || view.verbose, view, out))
    };
    let rules = all.iter().map(full).collect::<io::Result<Vec<_>>>()?;
    let ends = lines(&summary).saturating_add(lines(&printed));
    let most_rules = most.saturating_sub(ends);
    if rules.iter().map(|page| lines(page)).sum::<usize>() <= most_rules {
        out.write_all(&rules.concat())?;
    } else {
        printed = pages.page(|out| printed::write(results, view, Amount::Little, out))?;
        let most_rules = most.saturating_sub(lines(&summary)).saturating_sub(lines(&printed));
        let shown = crowded::fitting(&all, &rules, most_rules, view);
        out.write_all(&rules.get(..shown).unwrap_or_default().concat())?;
        let room = most_rules.saturating_sub(rules.iter().take(shown).map(|of| lines(of)).sum());
        let others = all.get(shown..).unwrap_or_default();
        out.write_all(&pages.page(|out| crowded::write(others, view, room, out))?)?;
    }
    out.write_all(&printed)?;
    out.write_all(&summary)
}

/// Writes one broken rule in full, at its first place; nothing, if it is not broken.
pub fn write_rule_alone(
    results: &Results,
    rule: &str,
    view: View,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let pages = Pages { secrets: view.secrets(results), width: view.width };
    let mut all = broken_rules(results).into_iter();
    let Some(broken) = all.find(|broken| broken.rule.id == rule) else { return Ok(()) };
    out.write_all(&pages.page(|out| write_rule(results, &broken, true, view, out))?)
}

/// Where parts of a report are written before it is known what fits.
struct Pages {
    secrets: Secrets,
    width: Option<usize>,
}

impl Pages {
    fn page(&self, write: impl FnOnce(&mut Screen) -> io::Result<()>) -> io::Result<Vec<u8>> {
        let mut page = Vec::new();
        write(&mut Screen::hiding(&mut page, self.secrets.clone()))?;
        Ok(match self.width {
            Some(width) => wrapped(&page, width),
            None => page,
        })
    }
}

/// How many lines a page has.
fn lines(page: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', page).count()
}

/// The rules of a level that were broken, each at its first place that counts: from the first scenario and the
/// first exchange on, so that a cause comes before what follows from it. What is known is not shown.
fn broken_rules(results: &Results) -> Vec<BrokenRule<'_>> {
    let mut all = all_broken_rules(results);
    let order = |id: &str| results.scenarios.iter().position(|result| result.judged.id() == id);
    // Of those in one place, too, a cause comes first in the catalogue.
    let in_catalogue = |rule: &Rule| catalogue().position(|known| known.id == rule.id);
    all.sort_by_cached_key(|broken| {
        let first = broken.first().map(|(result, found)| {
            let counts = found.disposition == Disposition::Counts;
            (!counts, order(result.judged.id()), found.finding.place())
        });
        (broken.rule.level(), first, in_catalogue(broken.rule))
    });
    all
}

fn write_rule(
    results: &Results,
    broken: &BrokenRule,
    full: bool,
    view: View,
    out: &mut Screen,
) -> io::Result<()> {
    let rule = broken.rule;
    let Some((result, found)) = broken.first() else { return Ok(()) };
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
    if full || rule.level() == Level::Should {
        writeln!(out, "  fix       {}", rule.fix)?;
    }
    writeln!(out, "  scenario  {}", scenario_words(results, result))?;
    if let Some(discount) = found.disposition.discount() {
        writeln!(out, "  discount  {discount}: {}", discount.advice())?;
    }
    if full {
        write_ladder(judged, finding, out)?;
    }
    let evidence = &finding.evidence;
    if let Some((number, place)) = finding.exchange.zip(judged.place(finding)) {
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
    let related = if view.verbose { evidence.related.len() } else { MOST_RELATED };
    for Related { exchange, what } in evidence.related.iter().take(related) {
        writeln!(out, "      see       request {}: {}", exchange + 1, shown(what, out))?;
    }
    if evidence.related.len() > related {
        writeln!(out, "      see       {} more requests", evidence.related.len() - related)?;
    }
    if let Some(other) = likely_cause(result, finding) {
        writeln!(out, "  see also  {}, broken in the same scenario: {}", other.id, other.summary)?;
    }
    match more_places(result, rule) {
        0 => {}
        1 => writeln!(out, "  also in   1 more place of this scenario")?,
        places => writeln!(out, "  also in   {places} more places of this scenario")?,
    }
    for more in broken.more() {
        writeln!(out, "  also in   {}: {}", more.words, some_of(&more.ids))?;
    }
    if full {
        writeln!(out, "  replay    {}", replay_line(&results.run, result.judged.id()))?;
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

/// Of a finding about how it all ended: what was broken before that, whatever its level.
fn likely_cause(result: &ScenarioResult, finding: &Finding) -> Option<&'static Rule> {
    if finding.exchange.is_some() {
        return None;
    }
    let others = result.findings.iter().map(|found| &found.finding);
    let earlier = others.filter(|other| other.place() < finding.place());
    let matters = earlier.filter(|other| other.rule.level() != Level::Note);
    matters.min_by_key(|other| other.place()).map(|other| other.rule)
}

/// In how many places of its scenario a rule is broken besides the one that is shown.
fn more_places(result: &ScenarioResult, rule: &Rule) -> usize {
    let mut rulings = result.judged().into_iter().flat_map(|judged| &judged.rulings);
    let ruling = rulings.find(|ruling| ruling.rule.id == rule.id);
    ruling.map_or(0, |ruling| ruling.broken().saturating_sub(1))
}

/// The first of these ids.
fn some_of(ids: &[&str]) -> String {
    const SHOWN: usize = 4;
    let words = ids.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN { words + ", …" } else { words }
}

/// What fits into a line. It is masked before it is cut: a secret without its end is one, too.
fn shown(text: &str, out: &Screen) -> String {
    cut(&safe_text(&out.secrets().mask(text)), WIDTH)
}
