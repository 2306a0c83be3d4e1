//! What a scenario plans to be different occurs, or it is said why not.

use std::sync::Arc;

use slicecheck::client::{ClientPolicy, Grid, SlicingPolicy};
use slicecheck::protocol::Transcript;
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::{Scenario, Simulation, scenarios};

const REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;

fn play(scenario: &Scenario, policy: &ClientPolicy) -> Transcript {
    Simulation::in_small(scenario, 1).play(policy)
}

fn find(id: &str) -> &'static Scenario {
    scenarios().find(|scenario| scenario.id == id).unwrap()
}

/// What did not occur, and the reasons.
fn missed(transcript: &Transcript) -> Vec<(&str, &str)> {
    let missed = transcript.deviations.iter().filter(|of| !of.has_occurred());
    missed.map(|of| (of.what.as_str(), of.reason.as_deref().unwrap_or_default())).collect()
}

/// Why nothing was kept back from a client that waits for nothing.
const UNASKED: &str = "no request with Expect: 100-continue was answered";

#[test]
fn every_scenario_plans_something_and_the_reference_client_meets_it() {
    for scenario in scenarios() {
        let transcript = Simulation::new(scenario, 1).play(&REFERENCE);
        assert!(!transcript.deviations.is_empty(), "{}", scenario.id);
        // What only processes have.
        let reasons = ["in memory there is no file", "in memory there is no environment"];
        if scenario.topic() == "machine" && !transcript.is_exercised() {
            let missed = missed(&transcript);
            assert!(missed.iter().all(|(_, why)| reasons.contains(why)), "{missed:?}");
            assert!(!scenario.id.contains("/file-"), "{}", scenario.id);
            continue;
        }
        // In memory nobody says that replies may be compressed, or asks for 100 Continue; the transport over
        // sockets does, and meets them all.
        let expected: &[_] = match scenario.id.as_str() {
            "transport/compressed" => &[(
                "each request, each time: the reply comes compressed",
                "the client does not accept gzip",
            )],
            "transport/continue-late" => &[(
                "a request that asks for 100 Continue, each time: the reply comes after a late 100",
                UNASKED,
            )],
            "transport/continue-never" => &[(
                "a request that asks for 100 Continue, each time: the reply comes without the 100 that \
                 was asked for",
                UNASKED,
            )],
            "transport/expectation-failed" => &[(
                "a request that asks for 100 Continue, each time: HTTP status 417 without a body, the \
                 reply comes before the request's body was read",
                UNASKED,
            )],
            _ => &[],
        };
        assert_eq!(missed(&transcript), expected, "{}", scenario.id);
        assert_eq!(transcript.is_exercised(), expected.is_empty());
    }
}

#[test]
fn where_a_deviation_occurred_is_an_exchange_of_the_transcript() {
    let transcript = play(find("faults/slice-code-always"), &REFERENCE);
    let [deviation] = transcript.deviations.as_slice() else {
        panic!("{:?}", transcript.deviations)
    };
    assert_eq!(deviation.what, "the second slice, each time: HTTP status 200 and code -21095");
    let attempts: Vec<_> = deviation.occurred.iter().map(|of| of.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    for of in &deviation.occurred {
        let reply = transcript.exchanges[of.exchange].reply::<()>().unwrap();
        assert_eq!(reply.code, -21095);
    }
}

#[test]
fn a_client_that_sends_one_request_meets_nothing_that_is_about_slices() {
    let about_slices = |scenario: &&Scenario| {
        ["happy/", "content/", "echo/", "faults/slice", "status/slice", "resume/", "storage/"]
            .iter()
            .any(|topic| scenario.id.starts_with(topic))
            // Others are there already, whatever the client does.
            && scenario.id != "resume/finished-meanwhile"
    };
    let all: Vec<_> = scenarios().map(AsRef::as_ref).filter(about_slices).collect();
    assert!(all.len() > 50, "{}", all.len());
    for scenario in all {
        let transcript = play(scenario, &ClientPolicy::IN_ONE_REQUEST);
        assert!(!transcript.is_exercised() || scenario.id == "happy/larger", "{}", scenario.id);
    }
    let transcript = play(find("faults/slice-reset"), &ClientPolicy::IN_ONE_REQUEST);
    let reason = "no slice was sent: the client sent the file in one request";
    assert!(missed(&transcript)[0].1 == reason, "{:?}", missed(&transcript));
}

#[test]
fn a_fault_hits_the_slice_that_the_plan_of_the_client_has() {
    // The whole file is one slice, and so the second is the first.
    let one_slice = SlicingPolicy { grid: Grid::Share(3, 1), ..REFERENCE.slicing };
    let asks = |outgoing: &mut slicecheck::client::Outgoing| {
        let size = (3_u64 << 20) / 8;
        // Only init has the field.
        let _ = outgoing.request.edit(|form| form.set("slice_size", size.to_string()));
        Some(())
    };
    let policy = ClientPolicy { slicing: one_slice, edit: asks, ..REFERENCE };
    let scenarios = scenarios().filter(|of| of.id.starts_with("faults/slice"));
    let mut played = 0;
    for scenario in scenarios {
        let transcript = play(scenario, &policy);
        assert!(transcript.is_exercised(), "{}: {:?}", scenario.id, missed(&transcript));
        played += 1;
    }
    assert!(played > 5);
}

#[test]
fn a_client_that_overlooks_a_wish_is_not_accused_but_exercises_nothing() {
    let edit = |outgoing: &mut slicecheck::client::Outgoing| {
        outgoing.request.edit(|form| {
            let _ = (form.remove("sha"), form.remove("uploadparts"), form.remove("insertOnly"));
            Some(())
        })
    };
    let overlooking = ClientPolicy { edit, ..REFERENCE };
    let about_wishes = |of: &&&Arc<Scenario>| !of.setup.wishes.is_none();
    let wished: Vec<_> = scenarios().filter(|of| about_wishes(&of)).collect();
    assert!(wished.len() >= 5);
    for scenario in wished {
        let transcript = play(scenario, &overlooking);
        let rulings = judge(&transcript);
        let found: Vec<_> = findings(&rulings).map(|finding| finding.rule.id).collect();
        assert_eq!(found, [""; 0], "{}", scenario.id);
        let missed = missed(&transcript);
        let is_said = |(_, why): &(_, &str)| {
            why.starts_with("asked for ")
                && (why.contains(", but upload_slice_init has no sha: a driver whose")
                    || why.contains(", but upload_slice_init has no insertOnly: a driver whose"))
                && why.ends_with(" exits with 89")
        };
        assert!(missed.iter().any(is_said), "{missed:?}");
    }
}

#[test]
fn a_wish_of_which_the_opposite_is_sent_is_told_with_both_values() {
    for (id, asked, sent) in
        [("existing/other-file-kept", "1", "0"), ("existing/other-file-replaced", "0", "1")]
    {
        let edit = |outgoing: &mut slicecheck::client::Outgoing| {
            let opposite = if outgoing.request.text("insertOnly")? == "1" { "0" } else { "1" };
            outgoing.request.edit(|form| form.set("insertOnly", opposite))
        };
        let transcript = play(find(id), &ClientPolicy { edit, ..REFERENCE });
        let whole = format!(
            "asked for insertOnly={asked}, but upload_slice_init has insertOnly=\"{sent}\": a driver whose \
             client cannot send it exits with 89"
        );
        let missed = missed(&transcript);
        assert!(missed.iter().any(|(_, why)| *why == whole), "{missed:?}");
    }
}

#[test]
fn an_init_without_sha_is_no_instant_hit() {
    let edit = |outgoing: &mut slicecheck::client::Outgoing| {
        let _ = outgoing.request.edit(|form| form.remove("sha"));
        Some(())
    };
    let transcript = play(find("existing/instant-hit"), &ClientPolicy { edit, ..REFERENCE });
    assert_eq!(transcript.exchanges.len(), 5, "init, three slices, finish");
    let reasons = [
        "asked for sha, but upload_slice_init has no sha: a driver whose client cannot send it exits with 89",
        "no init had the sha of the file",
    ];
    assert_eq!(missed(&transcript).iter().map(|(_, why)| *why).collect::<Vec<_>>(), reasons);
}

#[test]
fn why_nothing_occurred_is_said() {
    for (id, policy, reason) in [
        ("faults/list-503-always", REFERENCE, ""),
        ("transport/compressed", plain_accepting(), "the client does not accept gzip"),
        ("resume/hole-in-the-middle", never_resuming(), "no list was requested"),
        ("faults/finish-html", never_finishing(), "no finish was sent"),
    ] {
        let transcript = play(find(id), &policy);
        let reasons: Vec<_> = missed(&transcript).into_iter().map(|(_, reason)| reason).collect();
        let expected: Vec<_> = Some(reason).filter(|of| !of.is_empty()).into_iter().collect();
        assert_eq!(reasons, expected, "{id}");
    }
}

fn plain_accepting() -> ClientPolicy {
    let edit = |outgoing: &mut slicecheck::client::Outgoing| {
        outgoing.request.edit_head(|head| head.replace("gzip", "identity"));
        Some(())
    };
    ClientPolicy { edit, ..REFERENCE }
}

fn never_resuming() -> ClientPolicy {
    let in_progress = slicecheck::client::InProgress::Fail;
    let resume = slicecheck::client::ResumePolicy { in_progress, ..REFERENCE.resume };
    ClientPolicy { resume, ..REFERENCE }
}

fn never_finishing() -> ClientPolicy {
    let finish = slicecheck::client::FinishTiming::Never;
    let completion = slicecheck::client::CompletionPolicy { finish, ..REFERENCE.completion };
    ClientPolicy { completion, ..REFERENCE }
}
