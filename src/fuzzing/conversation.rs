use std::collections::BTreeSet;
use std::sync::LazyLock;

use arbitrary::Unstructured;
use bytes::Bytes;

use crate::protocol::{Request, Transcript};
use crate::rules::{Call, Finding, Rule, Talk, Verdict, catalogue, findings, judge};
use crate::scenario::scenarios;

/// The seed of all conversations.
const SEED: u64 = 1;

/// A rule at an exchange, or at the end.
type Place = (&'static str, Option<usize>);

/// The reference client's conversation in one scenario, and what there is to break in it.
struct Stage {
    conforming: Transcript,
    counterexamples: Vec<Broken>,
}

/// What one counterexample does to the conversation by itself.
struct Broken {
    rule: &'static Rule,
    fires: BTreeSet<Place>,
    /// The exchanges that it changes; `None` if it changes which there are, or how it all ended.
    touches: Option<BTreeSet<usize>>,
    /// Whether what the client could know at each point stays the same.
    is_local: bool,
}

static STAGES: LazyLock<Vec<Stage>> = LazyLock::new(|| {
    let stages = scenarios().filter_map(|scenario| {
        let rules = catalogue().filter(|rule| rule.counterexample.scenario == scenario.id);
        let rules: Vec<_> = rules.collect();
        (!rules.is_empty()).then(|| Stage::new(scenario.rehearse(SEED), rules.into_iter()))
    });
    stages.filter(|stage| !stage.counterexamples.is_empty()).collect()
});

/// The bytes choose a scenario, which of its counterexamples are applied, and where bytes of requests
/// are overwritten.
///
/// Counterexamples that touch different exchanges, and nothing that later ones build upon, break
/// exactly the rules that each of them breaks alone.
pub fn conversation(input: &[u8]) {
    let _ = play(&mut Unstructured::new(input));
}

fn play(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let stage = bytes.choose(&STAGES)?;
    let mut talk = stage.conforming.clone();

    let mut applied: Vec<&Broken> = Vec::new();
    for _ in 0..bytes.int_in_range(0..=4)? {
        let broken = bytes.choose(&stage.counterexamples)?;
        let is_known = applied.iter().any(|other| other.rule.id == broken.rule.id);
        // One that cannot be applied to what another has left may have begun to.
        let mut changed = talk.clone();
        if !is_known && (broken.rule.counterexample.breaks)(&mut changed).is_some() {
            talk = changed;
            applied.push(broken);
        }
    }
    if are_independent(&applied) {
        let names: Vec<_> = applied.iter().map(|broken| broken.rule.id).collect();
        let expected = applied.iter().flat_map(|broken| broken.fires.iter().copied());
        assert_eq!(fired(&talk), expected.collect(), "with the counterexamples of {names:?}");
    }

    for _ in 0..bytes.int_in_range(0..=3)? {
        overwrite(&mut talk, bytes)?;
    }
    judging_again_changes_nothing(&talk);
    Ok(())
}

/// Whether no counterexample changes what another one is judged by.
fn are_independent(applied: &[&Broken]) -> bool {
    if let [_] = applied {
        return true;
    }
    let mut seen = BTreeSet::new();
    applied.iter().all(|broken| {
        let touches = broken.touches.as_ref().filter(|_| broken.is_local);
        touches.is_some_and(|numbers| numbers.iter().all(|number| seen.insert(*number)))
    })
}

/// Puts other bytes in the place of some of a request, as a client could have sent them.
fn overwrite(talk: &mut Transcript, bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let last = talk.exchanges.len().saturating_sub(1);
    let Some(exchange) = talk.exchanges.get_mut(bytes.int_in_range(0..=last)?) else {
        return Ok(());
    };
    let raw = exchange.request.raw();
    // The head and the first fields, mostly: beyond them is a megabyte of content.
    let start = bytes.int_in_range(0..=raw.len().min(2000))?;
    let end = start.saturating_add(bytes.int_in_range(0..=40)?).min(raw.len());
    let length = bytes.int_in_range(0..=40)?.min(bytes.len());
    let new = bytes.bytes(length)?;
    let (before, after) = (raw.get(..start), raw.get(end..));
    let raw = [before.unwrap_or_default(), new, after.unwrap_or_default()].concat();
    exchange.request = Request::new(Bytes::from(raw));
    Ok(())
}

fn judging_again_changes_nothing(talk: &Transcript) {
    let rulings = judge(talk);
    for finding in findings(&rulings) {
        is_in_its_request(finding, talk);
    }
    let mut again = talk.clone();
    for exchange in &mut again.exchanges {
        exchange.request = Request::new(exchange.request.raw().clone());
    }
    let text = |finding: &Finding| {
        format!("{} {:?} {:?}", finding.rule.id, finding.exchange, finding.evidence)
    };
    let first: Vec<_> = findings(&rulings).map(text).collect();
    let second: Vec<_> = findings(&judge(&again)).map(text).collect();
    assert_eq!(first, second, "read and judged again");
}

fn is_in_its_request(finding: &Finding, talk: &Transcript) {
    let Some(span) = &finding.evidence.span else { return };
    let number = finding.exchange.expect("a place in a request names the request");
    let request = &talk.exchanges.get(number).expect("the exchange is one of the talk").request;
    let bytes = span.of.bytes(request);
    assert!(bytes.get(span.range.clone()).is_some(), "{}: {span:?}", finding.rule.id);
}

fn fired(talk: &Transcript) -> BTreeSet<Place> {
    // Not the findings: they tell of equal places but once.
    let talk = Talk::new(talk);
    let broken = |rule: &'static Rule| {
        let verdicts = rule.verdicts(&talk).into_iter();
        let broken = verdicts.filter(|(_, verdict)| *verdict != Verdict::Holds);
        broken.map(|(exchange, _)| (rule.id, exchange)).collect::<Vec<_>>()
    };
    catalogue().flat_map(broken).collect()
}

impl Stage {
    fn new(conforming: Transcript, rules: impl Iterator<Item = &'static Rule>) -> Self {
        assert_eq!(fired(&conforming), BTreeSet::new(), "in a conforming conversation");
        let facts = facts(&conforming);
        let counterexamples = rules.filter_map(|rule| Broken::new(rule, &conforming, &facts));
        Self { counterexamples: counterexamples.collect(), conforming }
    }
}

impl Broken {
    fn new(rule: &'static Rule, conforming: &Transcript, known: &[String]) -> Option<Self> {
        let mut talk = conforming.clone();
        (rule.counterexample.breaks)(&mut talk)?;
        let fires = fired(&talk);
        let is_named = fires.iter().any(|(id, _)| *id == rule.id);
        assert!(is_named, "{} is not broken by its counterexample", rule.id);
        let (touches, is_local) = (touches(conforming, &talk), facts(&talk) == known);
        Some(Self { rule, fires, touches, is_local })
    }
}

/// The exchanges in which two conversations differ, if that is all they differ in.
fn touches(one: &Transcript, other: &Transcript) -> Option<BTreeSet<usize>> {
    let same_frame = one.exchanges.len() == other.exchanges.len()
        && one.outcome == other.outcome
        && one.overflowed == other.overflowed;
    let pairs = one.exchanges.iter().zip(&other.exchanges).enumerate();
    let differs = pairs.filter(|(_, (one, other))| {
        one.request.raw() != other.request.raw()
            || one.response.raw() != other.response.raw()
            || one.witness != other.witness
            || one.delivery != other.delivery
            || (one.started, one.answered, one.clock)
                != (other.started, other.answered, other.clock)
    });
    same_frame.then(|| differs.map(|(number, _)| number).collect())
}

/// What rules take from other exchanges than the one they judge.
fn facts(talk: &Transcript) -> Vec<String> {
    let calls = Talk::new(talk);
    let fact = |call: &Call| {
        let sent = (call.op().cloned(), call.slice(), call.request.text("session"));
        let known = (&call.upload, &call.sha, &call.init, &call.listed);
        let heard = (call.readable, call.success, call.echoed, call.says_stored);
        format!("{sent:?} {known:?} {heard:?} {}", call.is_upload_call())
    };
    calls.calls().iter().map(fact).collect()
}
