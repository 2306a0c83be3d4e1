//! Setups in which a conforming client may be kept from completing its upload, and others.

use slicecheck::protocol::{Claim, Stored, Transcript};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::Scenario;
use slicecheck::spec::Level;

use crate::odd_cases::{HELD, PLAIN, odd};

/// What documents leave to the service, and what no client has to notice.
const LAWFUL: &[&str] = &[
    "",
    "[behaviour]\nslice_size = { fixed = 65536 }\n",
    "[behaviour]\nslice_size = { fixed = 3145728 }\n",
    "[behaviour]\nsession = \"number\"\nserial_upload = true\nfinish = \"lax\"\n",
    "[wishes]\nsha = true\ninsert_only = true\n",
    "[machine.environment]\nTZ = \"Asia/Kathmandu\"\nLC_ALL = \"ar_EG.UTF-8\"\n",
    "[machine]\nsource = \"symlink\"\nfile_name = \"größe.bin\"\n",
    HELD,
];

fn case(text: &str) -> Scenario {
    Scenario::from_toml(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The ids of the rules of the highest level that are broken.
fn musts(transcript: &Transcript) -> Vec<&'static str> {
    let rulings = judge(transcript);
    let must = findings(&rulings).filter(|ruling| ruling.rule.level() == Level::Must);
    must.map(|ruling| ruling.rule.id).collect()
}

/// The reference client, had it given up after so many requests.
fn given_up(case: &Scenario, kept: usize) -> Transcript {
    let mut transcript = case.simulate(1);
    transcript.exchanges.truncate(kept);
    let outcome = transcript.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Failed, Stored::Absent);
    transcript
}

#[test]
fn who_is_kept_from_success_has_broken_no_rule_by_its_failure() {
    for text in odd() {
        let case = case(&text);
        assert!(!case.setup.must_succeed(), "{text}");
        assert_eq!(musts(&case.simulate(1)), [""; 0], "{text}");
        for kept in [0, 1] {
            assert_eq!(musts(&given_up(&case, kept)), [""; 0], "{kept}: {text}");
        }
    }
}

#[test]
fn what_documents_leave_to_the_service_excuses_nobody() {
    for more in LAWFUL {
        let case = case(&format!("{PLAIN}{more}"));
        assert_eq!(musts(&case.simulate(1)), [""; 0], "{more}");
        assert_eq!(musts(&given_up(&case, 1)), ["outcome/completes"], "{more}");
    }
}
