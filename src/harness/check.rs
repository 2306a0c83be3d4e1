//! A client judged in the same process, from a test.

use std::fmt;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use globset::Glob;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::job::Job;
use super::subject::{Claimed, Subject};
use super::{Event, Introduction, Options, Run, Via, run, usual_jobs};
use crate::report::{View, terminal};
use crate::results::known::Known;
use crate::results::{self, Failure, Played, Results, RunEnd, RunVerdict, Terms};
use crate::scenario::{Costly, Scenario, only_controls, with_controls};

/// How long a client may take for one scenario, unless the test says otherwise.
const DEADLINE: Duration = Duration::from_secs(30);

/// Judges an async function that uploads: what it sends, what it makes of the replies, and what it says in
/// the end.
///
/// It is called once per scenario, on a thread and a runtime of its own, so that its future need not be
/// `Send`. It may return a
/// [`Claim`](crate::protocol::Claim), or a `Result` whose error is what went wrong; if it panics it has
/// crashed, and if it does not end before the deadline it is dropped.
///
/// ```
/// use slicecheck::harness::{Job, check};
/// use slicecheck::protocol::Claim;
/// use slicecheck::results::RunVerdict;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let sends_nothing = async |_: Job| Claim::Ok;
/// let checked = check(sends_nothing).seed(7).scenarios("happy/one-byte").await;
/// assert_eq!(checked.verdict(), RunVerdict::Unjudged);
/// # }
/// ```
pub fn check<F, R>(client: F) -> Check
where
    F: Fn(Job) -> R + Send + Sync + 'static,
    R: Future<Output: Into<Claimed>> + 'static,
{
    Check::of(Subject::function(client))
}

/// A client that is about to be judged, see [`check`].
#[must_use = "nothing is judged before `scenarios` or `all_scenarios` is awaited"]
pub struct Check {
    subject: Subject,
    options: Options,
    terms: Terms,
}

impl Check {
    pub(super) fn of(subject: Subject) -> Self {
        let options = Options {
            jobs: usual_jobs(false),
            deadline: DEADLINE,
            patience: None,
            via: Via::Endpoint,
            tls: None,
            seed: 0,
            introduction: Introduction::default(),
        };
        Self { subject, options, terms: Terms::default() }
    }

    /// Where contents and credentials come from; 0 unless it is set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// How long the client may take for one scenario; 30 seconds unless it is set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// Adds the scenarios in which a reply never comes, and waits for so long until the client gives up.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.options.patience = Some(patience);
        self
    }

    /// Has the service speak TLS, with a CA that is made for this run: its certificate is in
    /// [`Job::ca`].
    ///
    /// # Panics
    ///
    /// If that cannot be made.
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        let tls = super::Tls::new();
        self.options.tls = Some(tls.unwrap_or_else(|error| panic!("{error}")));
        self
    }

    /// How many scenarios run at the same time; as many as there are cores unless it is set.
    pub fn jobs(mut self, jobs: NonZeroUsize) -> Self {
        self.options.jobs = jobs;
        self
    }

    /// Fails the client for what it should do, too, not only for what it must.
    pub fn strict(mut self) -> Self {
        self.terms.strict = true;
        self
    }

    /// Findings that are accepted for now.
    pub fn known(mut self, known: Known) -> Self {
        self.terms.known = known;
        self
    }

    /// Has the client upload in all scenarios whose ids match, and in their controls.
    ///
    /// # Panics
    ///
    /// If the pattern cannot be read or matches no scenario: a test of nothing would pass.
    pub async fn scenarios(self, pattern: &str) -> Checked {
        let glob = Glob::new(pattern).unwrap_or_else(|error| panic!("{error}")).compile_matcher();
        let asked = |scenario: &Scenario| glob.is_match(&scenario.id) && self.offers(scenario);
        let chosen = with_controls(asked, self.costly());
        assert!(!chosen.is_empty(), "no scenario matches {pattern:?}");
        let controls = only_controls(&chosen, asked);
        self.play(chosen, controls).await
    }

    /// Has the client upload in all scenarios of the catalogue.
    pub async fn all_scenarios(self) -> Checked {
        let chosen = with_controls(|scenario| self.offers(scenario), self.costly());
        self.play(chosen, Vec::new()).await
    }

    fn costly(&self) -> Costly {
        Costly { large: false, silent: self.options.patience.is_some() }
    }

    /// Whether a scenario can be played without TLS, or there is TLS.
    fn offers(&self, scenario: &Scenario) -> bool {
        self.options.tls.is_some() || !scenario.needs_tls()
    }

    /// Plays them on a thread and a runtime of their own, so that a test whose runtime has a single thread
    /// can judge a client that blocks it.
    async fn play(self, chosen: Vec<std::sync::Arc<Scenario>>, controls: Vec<String>) -> Checked {
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_multi_thread().enable_all().build();
            let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
            let checked = runtime.block_on(async {
                tokio::select! {
                    checked = self.judge_all(&chosen, controls) => Some(checked),
                    _ = stopped => None,
                }
            });
            // Fails if the test has given up.
            let _ = end.send(checked);
        });
        let checked = ended.await;
        // Kept until here: if the test drops this future, it goes too, and the run stops.
        drop(stop);
        match (checked, thread.join()) {
            (Ok(Some(checked)), Ok(())) => checked,
            // The test fails with the text of the panic, as if it had happened in it.
            (_, Err(panic)) => resume_unwind(panic),
            (Ok(None) | Err(_), Ok(())) => unreachable!("it is stopped only when this is dropped"),
        }
    }

    /// What [`Check::scenarios`] does, on the runtime of the caller.
    pub(super) async fn judge_all(
        self,
        chosen: &[std::sync::Arc<Scenario>],
        controls: Vec<String>,
    ) -> Checked {
        let Self { subject, options, terms } = self;
        let mut judged = Vec::new();
        run(chosen, &subject, &options, |event| {
            if let Event::Ended(run) = event {
                judged.push(judge(*run));
            }
        })
        .await;
        // They end in the order of their speed; the report has to be the same each time.
        let place =
            |of: &results::JudgedScenario| chosen.iter().position(|other| other.id == of.id());
        judged.sort_by_key(place);
        let info = results::Run {
            command: subject.command().iter().map(|word| word.to_string_lossy().into()).collect(),
            seed: options.seed,
            controls,
            ..results::Run::default()
        };
        let end = RunEnd::Complete;
        Checked { results: Results::resolve(info, terms, end, judged, options.jobs) }
    }
}

fn judge(run: Run) -> results::JudgedScenario {
    let Run { scenario, result, stdout, stderr, elapsed, .. } = run;
    match result {
        Ok(transcript) => Played { scenario, transcript, elapsed, stdout, stderr }.judge(),
        Err(error) => {
            let failure = Failure { blame: error.blame(), message: error.to_string() };
            results::JudgedScenario { scenario, judged: Err(failure), elapsed, stdout, stderr }
        }
    }
}

/// What was found. [`Display`](fmt::Display) writes it as the program does, without colours.
pub struct Checked {
    results: Results,
}

impl Checked {
    /// The verdict on the client.
    pub fn verdict(&self) -> RunVerdict {
        self.results.verdict
    }

    /// All that was found.
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// Fails the test unless the client conforms.
    ///
    /// # Panics
    ///
    /// With the whole report, if it does not conform, or if nothing was exercised.
    #[track_caller]
    pub fn assert_conforms(&self) {
        assert!(self.verdict() == RunVerdict::Conforms, "the client does not conform\n\n{self}");
    }
}

impl fmt::Debug for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        terminal::write(&self.results, View::default(), &mut text).map_err(|_| fmt::Error)?;
        formatter.write_str(&without_styles(&String::from_utf8_lossy(&text)))
    }
}

/// The report escapes all text, so that what begins with an escape is a style of its own.
fn without_styles(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| {
        plain + piece.split_once('m').map_or(piece, |(_style, rest)| rest)
    })
}
