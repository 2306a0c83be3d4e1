//! A test target that lists scenarios as tests, in the way of Rust's own test harness. Feature `libtest`.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Conclusion, Failed, Trial};
use tokio::runtime::Builder;

use super::Subject;
use super::check::{Check, Checked};
use crate::results::{RunVerdict, ScenarioVerdict};
use crate::scenario::{Costly, Scenario, playable, with_controls};

/// Names the client that [`Subject::from_environment`] judges.
const CLIENT: &str = "SLICECHECK_CLIENT";

/// Judges a client with a test for each scenario of the catalogue: the `main` of a test target with
/// `harness = false`.
///
/// It takes the arguments of `cargo test` and of `cargo nextest`: a filter, `--exact`, `--list`,
/// `--test-threads`. A scenario that is not exercised is an ignored test, with its reason. It ends with an error
/// if a scenario fails or could not be judged, and with 4 if all that ran were not exercised.
///
/// ```no_run
/// use slicecheck::harness::{Job, Subject, conformance};
///
/// # async fn upload(job: Job) -> Result<(), std::io::Error> { Ok(()) }
/// fn main() -> std::process::ExitCode {
///     conformance(Subject::function(upload))
/// }
/// ```
pub fn conformance(subject: Subject) -> ExitCode {
    let arguments = Arguments::from_args();
    super::dedicate_process();
    let conclusion = run(&arguments, subject);
    super::end_runs();
    // For libtest a run of ignored tests is a success.
    if is_in_vain(&arguments, &conclusion) {
        return RunVerdict::NotExercised.exit_code().into();
    }
    conclusion.exit_code()
}

impl Subject {
    /// The client that `SLICECHECK_CLIENT` names, a command whose words are quoted as in a shell; the built-in
    /// client without it.
    ///
    /// # Panics
    ///
    /// If a quote does not end, or there is no word.
    pub fn from_environment() -> Self {
        let Some(command) = std::env::var_os(CLIENT) else { return Self::reference() };
        let words = command.to_str().and_then(shlex::split).filter(|words| !words.is_empty());
        let words =
            words.unwrap_or_else(|| panic!("{CLIENT} is no command: {}", command.display()));
        Self::Command(words.into_iter().map(OsString::from).collect())
    }
}

fn run(arguments: &Arguments, subject: Subject) -> Conclusion {
    let trial = move |scenario: &Arc<Scenario>| {
        let (id, subject) = (scenario.id.clone(), subject.clone());
        Trial::ignorable_test(id.clone(), move || verdict(&play(&id, subject)?, &id))
    };
    libtest_mimic::run(arguments, playable(Costly::default()).map(trial).collect())
}

/// Whether tests were run, and nothing came of any.
fn is_in_vain(arguments: &Arguments, conclusion: &Conclusion) -> bool {
    !arguments.list
        && conclusion.num_ignored > 0
        && conclusion.num_passed + conclusion.num_failed == 0
        // Of a single test somebody else counts the others.
        && !arguments.exact
}

/// Plays a scenario and its controls.
fn play(id: &str, subject: Subject) -> io::Result<Checked> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // Each test has its own controls: nextest runs every test in a process of its own.
    let chosen = with_controls(|scenario| scenario.id == id, Costly::default());
    Ok(runtime.block_on(Check::of(subject).judge_all(&chosen, Vec::new())))
}

fn verdict(checked: &Checked, id: &str) -> Result<Completion, Failed> {
    let result = checked.results().scenario(id).ok_or("the scenario was not played")?;
    match result.verdict {
        ScenarioVerdict::Pass => Ok(Completion::Completed),
        ScenarioVerdict::Unsupported => Ok(Completion::ignored_with("not supported by the client")),
        // A client that never sends a request is none; each scenario alone would not tell.
        ScenarioVerdict::NotExercised if checked.verdict() != RunVerdict::Unjudged => {
            let reasons = result.judged().map(|judged| judged.reasons().join("; "));
            Ok(Completion::ignored_with(reasons.unwrap_or_default()))
        }
        ScenarioVerdict::NotExercised | ScenarioVerdict::Fail | ScenarioVerdict::HarnessError => {
            Err(checked.to_string().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Job;
    use crate::protocol::Claim;

    /// What `cargo test` with these arguments makes of a client; what it prints goes into a file.
    fn conclude(arguments: &[&str], subject: &Subject) -> (Arguments, Conclusion, String) {
        let log = tempfile::NamedTempFile::new().unwrap();
        let path = log.path().to_str().unwrap();
        let words = ["conformance", "--logfile", path];
        let arguments = Arguments::from_iter(words.iter().chain(arguments));
        let conclusion = run(&arguments, subject.clone());
        (arguments, conclusion, std::fs::read_to_string(path).unwrap())
    }

    #[test]
    fn who_sends_no_request_passes_nothing() {
        let idle = Subject::function(|_: Job| async { Claim::Unsupported });
        let silent = Subject::function(|_: Job| async { (Claim::Failed, "no network".to_owned()) });
        for (subject, expected) in [(idle, (0, 0, 1)), (silent, (0, 1, 0))] {
            let (_, conclusion, _) = conclude(&["--exact", "happy/one-byte"], &subject);
            let Conclusion { num_passed, num_failed, num_ignored, .. } = conclusion;
            assert_eq!((num_passed, num_failed, num_ignored), expected);
        }
    }

    #[test]
    fn a_filter_chooses_scenarios_and_each_is_a_test() {
        let (arguments, conclusion, _) = conclude(&["happy/one-"], &Subject::reference());
        assert_eq!(
            (conclusion.num_passed, conclusion.num_failed, conclusion.num_ignored),
            (4, 0, 0)
        );
        assert!(!is_in_vain(&arguments, &conclusion));
    }

    #[test]
    fn what_is_not_exercised_is_ignored_and_all_of_it_is_in_vain() {
        let subject = Subject::reference();
        let (arguments, conclusion, log) = conclude(&["machine/time-zone", "--exact"], &subject);
        assert_eq!((conclusion.num_ignored, conclusion.num_failed), (1, 0), "{log}");
        assert!(!is_in_vain(&arguments, &conclusion), "others are run elsewhere");
        let (arguments, conclusion, _) = conclude(&["machine/time-zone"], &subject);
        assert!(is_in_vain(&arguments, &conclusion));
        let (arguments, conclusion, _) = conclude(&["--list"], &subject);
        assert!(!is_in_vain(&arguments, &conclusion));
    }

    #[test]
    fn a_client_that_never_sends_a_request_fails_in_each_scenario() {
        for claim in [Claim::Ok, Claim::Failed] {
            let subject = Subject::function(move |_: Job| async move { claim });
            let (_, conclusion, log) = conclude(&["happy/one-byte", "--exact"], &subject);
            assert_eq!((conclusion.num_failed, conclusion.num_ignored), (1, 0), "{log}");
        }
    }
}
