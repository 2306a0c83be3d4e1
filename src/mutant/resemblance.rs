use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use super::{Mutant, MutantOutcome, Until, mutants, try_all};
use crate::rules::{Finding, catalogue};
use crate::scenario::Scenario;
use crate::spec::Level;

/// A rule that was broken, and the scenario in which it was.
pub type Breach = (&'static str, &'static str);

/// The breaches of a client, each with what was found there, as [`trait_of`] says it.
pub type Breaches = BTreeMap<Breach, BTreeSet<String>>;

/// A mutant whose findings look like a client's.
#[derive(Clone, Debug)]
pub struct Resemblance {
    /// The mutant.
    pub mutant: &'static Mutant,
    /// How much of what either breaks both break alike, in per cent, in the scenarios that were compared.
    pub percent: usize,
}

/// Less is no resemblance.
const LEAST: usize = 60;
/// Who resembles it less than the nearest by no more than this, in per cent, may be meant as well.
const CLOSE: usize = 10;
/// If more are as close, none is named: nobody can look at all of them first.
const MOST_NAMED: usize = 3;
/// How many mutants are played, and in how many scenarios: a report is not to wait for this.
const MOST_MUTANTS: usize = 80;
const MOST_BROKEN: usize = 5;
const MOST_QUIET: usize = 3;
/// How many of them are played in more than one scenario.
const MOST_COMPARED: usize = 12;
/// No word is as long.
const LONG: usize = 24;

/// The mutants whose findings look most like these, the nearest first; none where there is no clear lead. Notes
/// are not looked at.
///
/// Only mutants that one of the broken rules has to name are played, and only in a few scenarios: for each
/// way of breaking rules the first in which it shows, then some in which nothing is broken.
pub fn resemblances(
    breaches: &Breaches,
    scenarios: &[&'static Scenario],
    threads: NonZeroUsize,
) -> Vec<Resemblance> {
    let breaches = without_notes(breaches);
    let rules: BTreeSet<_> = breaches.keys().map(|(rule, _)| *rule).collect();
    let shared = |mutant: &Mutant| mutant.expected.iter().filter(|of| rules.contains(*of)).count();
    let mut candidates: Vec<_> = mutants().filter(|mutant| shared(mutant) > 0).collect();
    candidates
        .sort_by_key(|mutant| (mutant.expected.len() - shared(mutant), mutant.expected.len()));
    candidates.truncate(MOST_MUTANTS);
    let sample = sample(&breaches, scenarios);
    // Most are out of the question after the first scenario that is broken.
    let first = sample.iter().find(|of| breaches.keys().any(|(_, place)| *place == of.id));
    let first = first.map(|of| with_controls(&BTreeSet::from([of.id.as_str()]), scenarios));
    let mut all = compared(&breaches, &candidates, &first.unwrap_or_default(), threads);
    all.truncate(MOST_COMPARED);
    let candidates: Vec<_> = all.iter().map(|of| of.mutant).collect();
    let mut all = compared(&breaches, &candidates, &sample, threads);
    all.retain(|of| of.percent >= LEAST);
    let best = all.iter().map(|of| of.percent).max().unwrap_or(0);
    all.retain(|of| of.percent.saturating_add(CLOSE) >= best);
    if all.len() > MOST_NAMED { Vec::new() } else { all }
}

/// How much each of these mutants is like the client in these scenarios: the nearest first, and of those that
/// are equally near the first.
fn compared(
    breaches: &Breaches,
    candidates: &[&'static Mutant],
    scenarios: &[&'static Scenario],
    threads: NonZeroUsize,
) -> Vec<Resemblance> {
    let is_here = |place: &str| scenarios.iter().any(|scenario| scenario.id == place);
    let here = breaches.iter().filter(|((_, place), _)| is_here(place));
    let here: Breaches = here.map(|(breach, traits)| (*breach, traits.clone())).collect();
    let outcomes = try_all(candidates, scenarios, Until::TheEnd, threads);
    let resemblance = |outcome: &MutantOutcome| Resemblance {
        mutant: outcome.mutant,
        percent: likeness(&here, &without_notes(&outcome.breaches())),
    };
    let mut all: Vec<_> = outcomes.iter().map(resemblance).collect();
    all.sort_by_key(|of| Reverse(of.percent));
    all
}

fn without_notes(breaches: &Breaches) -> Breaches {
    let noted: BTreeSet<_> =
        catalogue().filter(|rule| rule.level() == Level::Note).map(|rule| rule.id).collect();
    let matters = breaches.iter().filter(|((rule, _), _)| !noted.contains(rule));
    matters.map(|(breach, traits)| (*breach, traits.clone())).collect()
}

/// How much of what either breaks both break alike, in per cent: where both break a rule in a scenario, as
/// much as they have in common of what was found there.
fn likeness(one: &Breaches, other: &Breaches) -> usize {
    let all: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let alike = all.iter().filter_map(|breach| {
        let (one, other) = (one.get(*breach)?, other.get(*breach)?);
        let either = one.union(other).count();
        (one.intersection(other).count() * 100).checked_div(either)
    });
    alike.sum::<usize>().checked_div(all.len()).unwrap_or(0)
}

/// The scenarios to compare, with their controls, in their order.
fn sample(breaches: &Breaches, scenarios: &[&'static Scenario]) -> Vec<&'static Scenario> {
    let broken_in = |scenario: &Scenario| {
        let here = breaches.iter().filter(|((_, place), _)| *place == scenario.id);
        here.map(|((rule, _), traits)| (*rule, traits)).collect::<BTreeMap<_, _>>()
    };
    let mut seen = BTreeSet::new();
    let options = scenarios.iter().filter(|of| {
        let broken = broken_in(of);
        !broken.is_empty() && seen.insert(broken)
    });
    let mut chosen: BTreeSet<&str> = options.take(MOST_BROKEN).map(|of| of.id.as_str()).collect();
    let is_quiet = |of: &Scenario| broken_in(of).is_empty();
    // Where a control is broken, nothing is known about what it is the control of.
    let quiet: Vec<_> = scenarios
        .iter()
        .filter(|of| is_quiet(of) && of.controls().all(|it| is_quiet(it.as_ref())))
        .collect();
    // From the whole catalogue, not from its first topic alone.
    let step = quiet.len().div_ceil(MOST_QUIET).max(1);
    chosen.extend(quiet.iter().step_by(step).map(|of| of.id.as_str()));
    with_controls(&chosen, scenarios)
}

/// These scenarios with their controls: without them, more would count than did in the run.
fn with_controls(
    chosen: &BTreeSet<&str>,
    scenarios: &[&'static Scenario],
) -> Vec<&'static Scenario> {
    let mine = scenarios.iter().filter(|of| chosen.contains(of.id.as_str()));
    let controls: BTreeSet<_> = mine.flat_map(|of| of.controls().map(|it| &*it.id)).collect();
    let is_meant =
        |of: &&&Scenario| chosen.contains(of.id.as_str()) || controls.contains(of.id.as_str());
    scenarios.iter().filter(is_meant).copied().collect()
}

/// What is characteristic of a finding, whatever the file, the sizes and the seed: where it is and what was
/// found, without numbers, random texts and what stands in parentheses.
pub fn trait_of(finding: &Finding) -> String {
    let evidence = &finding.evidence;
    let pieces = evidence.found.split('"').enumerate();
    let pieces = pieces.map(|(number, piece)| match number % 2 {
        1 if piece.contains("\\x") && !piece.starts_with('/') => "#".to_owned(),
        1 => without_random(piece),
        _ => without_numbers(&without_parentheses(piece)),
    });
    format!("{}: {}", without_numbers(&evidence.at), pieces.collect::<Vec<_>>().join("\""))
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth = depth.saturating_add(1),
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *c != ')'
        })
        .collect()
}

/// A text with `#` for each word that has digits in it, too many letters for a word, or was cut.
fn without_numbers(text: &str) -> String {
    let is_number = |word: &str| word.contains(|c: char| c.is_ascii_digit()) || word.len() > LONG;
    let words = text
        .split(' ')
        .map(|word| if word.contains('…') { "#".to_owned() } else { with_words(word, is_number) });
    words.collect::<Vec<_>>().join(" ")
}

/// The same of a text from the wire, without words in mixed case, and with what base64 joins as one.
fn without_random(text: &str) -> String {
    if text.starts_with('/') || text.len() < LONG {
        return without_numbers(text);
    }
    let is_mixed = |word: &str| {
        let later = word.get(1..).unwrap_or_default();
        later.contains(|c: char| !c.is_ascii_lowercase())
            && word.contains(|c: char| !c.is_ascii_uppercase())
    };
    let shape = with_words(text, is_mixed);
    let mut pieces = shape.split_inclusive(['+', '/']).peekable();
    let mut joined = String::new();
    while let Some(piece) = pieces.next() {
        let next = pieces.peek().is_some_and(|next| next.starts_with('#'));
        let is_inner = next && piece.trim_end_matches(['+', '/']).ends_with('#');
        joined.push_str(if is_inner { piece.trim_end_matches(['#', '+', '/']) } else { piece });
    }
    joined
}

/// A text with `#` for some of its words.
fn with_words(text: &str, is_dropped: impl Fn(&str) -> bool) -> String {
    let mut shape = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let rest = piece.strip_prefix(word).unwrap_or_default();
        shape.push_str(if is_dropped(word) { "#" } else { word });
        shape.push_str(rest);
    }
    shape
}
