//! What the report for people says of advice, and of time.

use std::time::Duration;

use slicecheck::mutant::mutants;
use slicecheck::protocol::{Delivery, Transcript};
use slicecheck::report::View;
use slicecheck::report::terminal;
use slicecheck::results::{JudgedScenario, Results};
use slicecheck::rules::catalogue;
use slicecheck::scenario::{Scenario, Simulation, scenarios};
use slicecheck::spec::Level;

use crate::html::resolved;

pub(crate) fn named(id: &str) -> &'static std::sync::Arc<Scenario> {
    scenarios().find(|scenario| scenario.id == id).expect("a scenario")
}

fn written(results: &Results, view: View) -> String {
    let mut text = Vec::new();
    terminal::write(results, view, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_broken_should_is_told_with_what_to_do() {
    let scenario = named("faults/slice-503-once");
    let mutant = mutants().find(|mutant| mutant.id == "trying/once").expect("a mutant");
    let transcript = Simulation::new(scenario, 1).play(&mutant.policy);
    let results = resolved(vec![JudgedScenario::of(scenario.clone(), &transcript)]);
    let text = written(&results, View::default());
    let should = |id: &str| catalogue().any(|rule| rule.id == id && rule.level() == Level::Should);
    let mut found = results.findings().map(|found| found.finding.rule);
    let rule = found.find(|rule| should(rule.id)).expect("a broken should");
    let (_, block) = text.split_once(&format!("✗ {}", rule.id)).expect("its block");
    let (block, _) = block.split_once("\n\n").unwrap();
    assert!(block.contains(&format!("\n  fix       {}\n", rule.fix)), "{text}");
    // The rest is for those who ask for more.
    assert!(!block.contains("\n  why "), "{text}");
    assert!(text.lines().count() <= 60, "{text}");
}

#[test]
fn why_scenarios_were_not_exercised_is_told_once_for_each_reason() {
    const WHY: &str = "nobody asked for it";
    let mut scenarios = scenarios().filter(|of| of.unplayed(1, WHY).deviations.len() > 1);
    let (one, other) = (scenarios.next().unwrap(), scenarios.next().unwrap());
    let judged = |scenario: &std::sync::Arc<Scenario>, why| {
        JudgedScenario::of(scenario.clone(), &scenario.unplayed(1, why))
    };
    let alike = written(&resolved(vec![judged(one, WHY), judged(other, WHY)]), View::default());
    assert!(alike.contains(&format!("{WHY}: {}, {}\n", one.id, other.id)), "{alike}");
    assert_eq!(alike.matches(WHY).count(), 1, "{alike}");
    let differ = resolved(vec![judged(one, WHY), judged(other, "it was too late")]);
    let differ = written(&differ, View::default());
    for line in [format!("{WHY}: {}\n", one.id), format!("it was too late: {}\n", other.id)] {
        assert!(differ.contains(&line), "{differ}");
    }
}

/// A scenario in which each exchange takes 10 ms, and begins so long after the one before.
fn paced(apart: Duration) -> Transcript {
    let mut transcript = named("faults/slice-503-once").simulate(1);
    assert!(transcript.exchanges.len() > 3);
    let mut at = Duration::ZERO;
    for exchange in &mut transcript.exchanges {
        (exchange.started, exchange.answered) = (at, at + Duration::from_millis(10));
        at += apart;
    }
    transcript
}

/// The line of the report on the time, of a scenario that took so many seconds.
fn time_of(transcript: &Transcript, seconds: u64) -> String {
    let mut judged = JudgedScenario::of(named("faults/slice-503-once").clone(), transcript);
    judged.elapsed = Duration::from_secs(seconds);
    let text = written(&resolved(vec![judged]), View::default());
    let line = text.lines().find(|line| line.starts_with("time ")).expect("a line").to_owned();
    line.trim_start_matches("time").trim_start().to_owned()
}

const PAUSES: &str = "in pauses of the client between an answer and its next request";
const DELAYS: &str = "for replies that the service delayed or withheld";

#[test]
fn pauses_of_the_client_and_delays_of_the_service_are_told_apart() {
    let mut transcript = paced(Duration::from_millis(1010));
    let pauses = transcript.exchanges.len() - 1;
    let all = "20.0 s in all scenarios";
    assert_eq!(time_of(&transcript, 20), format!("{all}, {pauses}.0 s of it {PAUSES}"));
    transcript.exchanges[1].delivery = Delivery::Dribbled;
    let expected = format!("{all}, 1.0 s of it {DELAYS}, {}.0 s {PAUSES}", pauses - 1);
    assert_eq!(time_of(&transcript, 20), expected);
    // Who gets no answer waits until it gives up, or asks again.
    let (last, start) = (transcript.exchanges.last_mut().unwrap(), pauses as u64 + 1);
    last.delivery = Delivery::Unanswered;
    let silence = Duration::from_secs(start + 20).saturating_sub(last.answered).as_secs_f64();
    let expected = format!(
        "{}.0 s in all scenarios, {:.1} s of it {DELAYS}, {}.0 s {PAUSES}",
        start + 20,
        silence + 1.0,
        pauses - 1
    );
    assert_eq!(time_of(&transcript, start + 20), expected);
}

#[test]
fn work_between_requests_and_requests_side_by_side_are_no_pauses() {
    let all = "20.0 s in all scenarios";
    assert_eq!(time_of(&paced(Duration::from_millis(40)), 20), all);
    let mut transcript = paced(Duration::from_millis(1010));
    // The first request is under way all the time.
    transcript.exchanges[0].answered = Duration::from_secs(15);
    assert_eq!(time_of(&transcript, 20), all);
}
