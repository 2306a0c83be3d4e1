//! What a run comes to: verdicts, what each finding counts for, and how much was exercised.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use slicecheck::client::{ClientPolicy, ReplyPolicy, Task};
use slicecheck::protocol::{Claim, Op, Response, Stored, Transcript};
use slicecheck::results::{
    Discount, Disposition, ExercisedCount, Played, Results, Run, RunEnd, RunVerdict,
    ScenarioVerdict, Terms,
};
use slicecheck::scenario::{Scenario, Simulation, scenarios};
use slicecheck::spec::Level;

const FAULT: &str = "faults/slice-503-once";

fn find(id: &str) -> &'static Arc<Scenario> {
    scenarios().find(|scenario| scenario.id == id).unwrap()
}

fn control() -> &'static Arc<Scenario> {
    find(find(FAULT).control.as_deref().unwrap())
}

fn played(scenario: &Arc<Scenario>, transcript: Transcript) -> Played {
    Played {
        scenario: Arc::clone(scenario),
        transcript,
        elapsed: Duration::ZERO,
        stdout: Vec::new(),
        stderr: Vec::new(),
    }
}

fn resolve(all: &[Played], required: &[&str]) -> Results {
    let required = required.iter().map(|text| text.parse().unwrap()).collect();
    let terms = Terms { required, ..Terms::default() };
    let judged = all.iter().map(Played::judge).collect();
    Results::resolve(Run::default(), terms, RunEnd::Complete, judged, NonZeroUsize::MIN)
}

/// The reference client in a scenario, and a change of what it did.
fn with(scenario: &Arc<Scenario>, change: impl FnOnce(&mut Transcript)) -> Played {
    let mut transcript = scenario.simulate(1);
    change(&mut transcript);
    played(scenario, transcript)
}

/// Breaks `request/method` everywhere.
fn put(transcript: &mut Transcript) {
    for exchange in &mut transcript.exchanges {
        exchange.request.edit_head(|head| head.replacen("POST", "PUT", 1));
    }
}

/// Breaks `outcome/truthful`.
fn lie(transcript: &mut Transcript) {
    transcript.outcome.as_mut().unwrap().stored = Stored::Absent;
}

fn claim(transcript: &mut Transcript, claim: Claim) {
    transcript.outcome.as_mut().unwrap().claim = claim;
}

fn disposition<'a>(results: &'a Results, scenario: &str, rule: &str) -> &'a Disposition {
    let findings = &results.scenario(scenario).unwrap().findings;
    &findings.iter().find(|found| found.finding.rule.id == rule).unwrap().disposition
}

#[test]
fn a_control_discounts_the_rule_that_it_breaks_and_no_other() {
    let fault = with(find(FAULT), |transcript| {
        put(transcript);
        lie(transcript);
    });
    let results = resolve(&[with(control(), put), fault], &[]);
    let discount = Discount::SameRule(control().id.clone());
    let method = disposition(&results, FAULT, "request/method");
    assert_eq!(method, &Disposition::Discounted(discount));
    assert_eq!(disposition(&results, FAULT, "outcome/truthful"), &Disposition::Counts);
    assert_eq!(disposition(&results, &control().id, "request/method"), &Disposition::Counts);
    assert!(results.count_discounted() > 0);
}

#[test]
fn a_control_that_was_not_completed_discounts_everything() {
    for change in [Claim::Failed, Claim::Unsupported] {
        let incomplete = with(control(), |transcript| claim(transcript, change));
        let results = resolve(&[incomplete, with(find(FAULT), put)], &[]);
        let discount = Discount::Incomplete(control().id.clone());
        let method = disposition(&results, FAULT, "request/method");
        assert_eq!(method, &Disposition::Discounted(discount), "{change:?}");
    }
    let results = resolve(&[with(control(), |_| ()), with(find(FAULT), put)], &[]);
    assert_eq!(disposition(&results, FAULT, "request/method"), &Disposition::Counts);
}

#[test]
fn a_control_that_was_completed_in_one_request_discounts_nothing() {
    let believes = |_: &Task, _: Option<&Response>| true;
    let replies = ReplyPolicy { believes, ..ClientPolicy::IN_ONE_REQUEST.replies };
    let liar = ClientPolicy { replies, ..ClientPolicy::IN_ONE_REQUEST };
    let refused = "faults/finish-refused";
    let play = |id: &str| played(find(id), Simulation::in_small(find(id), 1).play(&liar));
    let results = resolve(&[play(&control().id), play(refused)], &[]);
    assert_eq!(disposition(&results, refused, "outcome/code-heeded"), &Disposition::Counts);
    assert_eq!(results.verdict, RunVerdict::Violates);
}

/// The client that sends each file in one request, in these scenarios.
fn in_one_request(ids: &[&str]) -> Vec<Played> {
    let play = |id: &&str| {
        let transcript = Simulation::in_small(find(id), 1).play(&ClientPolicy::IN_ONE_REQUEST);
        played(find(id), transcript)
    };
    ids.iter().map(play).collect()
}

#[test]
fn a_scenario_in_which_nothing_happened_is_not_exercised_and_says_why() {
    let all = in_one_request(&[&control().id, FAULT]);
    let results = resolve(&all, &[]);
    let result = results.scenario(FAULT).unwrap();
    assert_eq!(result.verdict, ScenarioVerdict::NotExercised);
    let reason = "no slice was sent: the client sent the file in one request";
    assert_eq!(result.judged().unwrap().reasons(), [reason]);
    assert_eq!(results.verdict, RunVerdict::NotExercised);
    assert_eq!(results.coverage.topic("faults"), Some(ExercisedCount { exercised: 0, run: 1 }));
}

#[test]
fn a_transcript_that_planned_nothing_is_judged_as_before() {
    let mut all = in_one_request(&[FAULT]);
    all[0].transcript.deviations = Vec::new();
    assert_eq!(resolve(&all, &[]).scenario(FAULT).unwrap().verdict, ScenarioVerdict::Pass);
}

#[test]
fn less_than_was_required_fails_a_run() {
    let mut all = in_one_request(&["faults/slice-reset"]);
    all.push(with(find(FAULT), |_| ()));
    let verdict = |required: &[&str]| {
        let results = resolve(&all, required);
        let missed = results.missed.into_iter().map(|missed| missed.topic);
        (results.verdict, missed.collect::<Vec<_>>())
    };
    assert_eq!(verdict(&["faults=50"]), (RunVerdict::Conforms, vec![]));
    assert_eq!(verdict(&["faults=51"]), (RunVerdict::Violates, vec!["faults".to_owned()]));
    assert_eq!(verdict(&["happy=0"]), (RunVerdict::Violates, vec!["happy".to_owned()]));
}

/// Breaks `flow/retries-bounded`, which is a `should`, and nothing graver.
fn storm(transcript: &mut Transcript) {
    let (number, sent) = transcript.of(&Op::Data).next().unwrap();
    let mut refused = sent.clone();
    refused.response = Response::write(503, &[], "{\"code\":-71,\"message\":\"M\"}");
    (refused.started, refused.answered) = (sent.started, sent.started);
    transcript.exchanges.splice(number..number, std::iter::repeat_n(refused, 21));
}

#[test]
fn a_should_fails_a_scenario_and_the_run_only_where_the_terms_are_strict() {
    let verdicts = |strict, change: fn(&mut Transcript)| {
        let judged = vec![with(control(), change).judge()];
        let terms = Terms { strict, ..Terms::default() };
        let results =
            Results::resolve(Run::default(), terms, RunEnd::Complete, judged, NonZeroUsize::MIN);
        let levels = results.scenarios[0].findings.iter().map(|found| found.finding.rule.level());
        (levels.min(), results.scenarios[0].verdict, results.verdict)
    };
    let (pass, fail) = (ScenarioVerdict::Pass, ScenarioVerdict::Fail);
    let should = Some(Level::Should);
    assert_eq!(verdicts(false, storm), (should, pass, RunVerdict::Conforms));
    assert_eq!(verdicts(true, storm), (should, fail, RunVerdict::Violates));
    for strict in [false, true] {
        let must = Some(Level::Must);
        assert_eq!(verdicts(strict, put), (must, fail, RunVerdict::Violates));
        assert_eq!(verdicts(strict, |_| ()), (None, pass, RunVerdict::Conforms));
    }
}

#[test]
fn a_run_in_which_no_chosen_rule_was_exercised_does_not_conform() {
    let verdict = |rule: &'static str| {
        let judged = vec![with(control(), |_| ()).judge()];
        let terms = Terms { rules: Some(vec![rule]), ..Terms::default() };
        let end = RunEnd::Complete;
        Results::resolve(Run::default(), terms, end, judged, NonZeroUsize::MIN).verdict
    };
    // Without TLS there is nothing that a client could get wrong about it.
    let rules: Vec<_> = slicecheck::rules::catalogue().map(|rule| rule.id).collect();
    let tls = rules.iter().find(|id| id.starts_with("tls/")).unwrap();
    assert_eq!(verdict(tls), RunVerdict::NotExercised);
    assert_eq!(verdict("request/method"), RunVerdict::Conforms);
}
