//! The suite gives the same verdicts however often, and in whatever order, it is asked.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use slicecheck::client::{ClientPolicy, OnExhausted, RetryPolicy};
use slicecheck::harness::{Event, Introduction, Job, Options, Subject, Via, check, play};
use slicecheck::protocol::{Claim, Stored};
use slicecheck::results::{RunVerdict, ScenarioVerdict};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Costly, Scenario, playable, scenarios};
use slicecheck::spec::Level;

use crate::cli::slicecheck;

/// The report of the built-in client over sockets, without the time.
fn report(options: &[&str]) -> Value {
    let output = slicecheck(&[&["run", "--report", "json=-"], options].concat());
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for scenario in report["scenarios"].as_array_mut().unwrap() {
        scenario["ms"] = 0.into();
    }
    report
}

#[test]
fn all_scenarios_over_sockets_give_the_same_report_but_for_the_time() {
    let [one, two] = ["1", "4"].map(|jobs| report(&["--seed", "3", "--jobs", jobs]));
    let pairs =
        one["scenarios"].as_array().unwrap().iter().zip(two["scenarios"].as_array().unwrap());
    for (one, two) in pairs {
        assert_eq!(one, two);
    }
    assert_eq!(one, two);
    // Nothing in the catalogue is out of reach of a client that takes every care, but for what only happens
    // to a process of its own.
    let scenarios = one["scenarios"].as_array().unwrap().iter();
    let missed = scenarios.filter(|of| of["verdict"] != "pass");
    let missed: Vec<_> = missed.map(|of| of["id"].as_str().unwrap()).collect();
    // Killed, given another environment, or without the rights of root, which reads every file.
    let of_environment = [
        "machine/time-zone",
        "machine/locale-arabic",
        "machine/locale-persian",
        "machine/file-unreadable",
    ];
    let needs_process = |id: &&str| id.starts_with("restart/") || of_environment.contains(id);
    assert!(missed.iter().all(needs_process), "{missed:?}");
}

/// Runs scenarios in this order with the built-in client; each with its findings and how it ended.
fn verdicts(order: &[Arc<Scenario>]) -> Vec<(String, Vec<String>)> {
    let options = Options {
        jobs: NonZeroUsize::new(2).unwrap(),
        deadline: Duration::from_mins(1),
        patience: None,
        via: Via::Endpoint,
        tls: None,
        seed: 1,
        introduction: Introduction::default(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let verdict = |run: slicecheck::harness::Run| {
        let transcript = run.result.unwrap();
        let rulings = judge(&transcript);
        let found =
            findings(&rulings).map(|finding| format!("{} {:?}", finding.rule.id, finding.exchange));
        let outcome = transcript.outcome.as_ref().unwrap();
        let ended = format!("{:?}, {:?}", outcome.claim, outcome.stored);
        (run.scenario.id.clone(), found.chain([ended]).collect())
    };
    let mut verdicts = Vec::new();
    let keep = |event| {
        if let Event::Ended(run) = event {
            verdicts.push(verdict(*run));
        }
    };
    runtime.block_on(slicecheck::harness::run(order, &Subject::reference(), &options, keep));
    verdicts.sort();
    verdicts
}

#[test]
fn the_order_of_the_scenarios_does_not_matter() {
    let is_short = |scenario: &&Arc<Scenario>| scenario.setup.file.size <= 4 << 20;
    let order: Vec<_> = playable(Costly::default()).filter(is_short).cloned().collect();
    // Every seventh one, from each of the first seven on: no two neighbours stay together.
    let shuffled: Vec<_> =
        (0..7).flat_map(|start| order.iter().skip(start).step_by(7).cloned()).collect();
    assert_eq!(shuffled.len(), order.len());
    assert_eq!(verdicts(&order), verdicts(&shuffled));
}

#[test]
fn repeating_a_run_changes_nothing() {
    let chosen =
        |wanted: fn(&str) -> bool| scenarios().filter(move |of| wanted(&of.id)).cloned().collect();
    let short: Vec<_> = chosen(|id| ["happy/one-byte", "faults/init-refused"].contains(&id));
    let long: Vec<_> = chosen(|id| id.starts_with("faults/finish"));
    for (scenarios, times) in [(short, 100), (long, 10)] {
        let first = verdicts(&scenarios);
        for _ in 1..times {
            assert_eq!(verdicts(&scenarios), first);
        }
    }
}

#[test]
fn what_the_tap_played_is_judged_the_same_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges");
    let target = format!("transcript={}", exchanges.display());
    let select = ["-s", "{transport,reply,status,storage,echo}/*"];
    let shown = ["-v", "--show-secrets"];
    let told = slicecheck(&[&["run", "--report", &target], &shown[..], &select].concat());
    let again = slicecheck(&[&["check", exchanges.to_str().unwrap()], &shown[..]].concat());
    assert!(fs::read_dir(&exchanges).unwrap().count() > 50);
    let [told, again] = [told, again].map(|output| String::from_utf8(output.stdout).unwrap());
    assert_eq!(told, again);
}

/// What the client claimed, and what is stored.
type End = Option<(Claim, Stored)>;

/// What stays the same of a run, however its requests are ordered.
#[derive(Debug, PartialEq, Eq)]
struct Promised {
    run: RunVerdict,
    /// Of each scenario its verdict, the end, and the `must` rules that are broken.
    scenarios: Vec<(String, ScenarioVerdict, End, BTreeSet<&'static str>)>,
}

/// What a client with several requests under way is told, so many scenarios at a time.
async fn promised(policy: &'static ClientPolicy, jobs: usize) -> Promised {
    let client = move |job: Job| play(job, policy);
    let checked = check(client).jobs(NonZeroUsize::new(jobs).unwrap()).seed(3);
    let checked = checked.scenarios("{status,faults,storage,transport}/*slice*").await;
    let scenarios = checked.results().scenarios.iter().map(|of| {
        let outcome = of.judged().unwrap().outcome.as_ref();
        let found = of.findings.iter().map(|found| found.finding.rule);
        let must = found.filter(|rule| rule.level() == Level::Must).map(|rule| rule.id).collect();
        let end = outcome.map(|outcome| (outcome.claim, outcome.stored));
        (of.judged.id().to_owned(), of.verdict, end, must)
    });
    Promised { run: checked.verdict(), scenarios: scenarios.collect() }
}

#[tokio::test]
async fn what_is_promised_of_a_client_with_requests_side_by_side_is_kept() {
    const CARELESS: ClientPolicy = ClientPolicy {
        retry: RetryPolicy { then: OnExhausted::GoOn, ..ClientPolicy::PARALLEL.retry },
        ..ClientPolicy::PARALLEL
    };
    let clients =
        [(&ClientPolicy::PARALLEL, RunVerdict::Conforms), (&CARELESS, RunVerdict::Violates)];
    for (policy, verdict) in clients {
        let first = promised(policy, 1).await;
        assert_eq!(first.run, verdict, "{first:#?}");
        assert!(first.scenarios.len() > 20, "{}", first.scenarios.len());
        for jobs in [2, 8] {
            assert_eq!(promised(policy, jobs).await, first, "with {jobs} at a time");
        }
    }
}
