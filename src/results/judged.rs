//! One scenario, judged: what each rule says, and as much of the exchanges as a report can show.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::sent::Sent;
use super::shown::{Place, Row, Shown};
use super::waiting::Waiting;
use super::wire::Wire;
use crate::protocol::{Claim, Credentials, Deviation, ObjectPath, Op, Outcome, Transcript};
use crate::rules::{Finding, Ruling, findings, judge};
use crate::scenario::{Blame, Scenario};
use crate::spec::Level;

/// One scenario as it was played to its end.
pub struct Played {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// All exchanges, and how it ended.
    pub transcript: Transcript,
    /// How long it took.
    pub elapsed: Duration,
    /// What the client printed, bounded.
    pub stdout: Vec<u8>,
    /// What the client printed on its error stream, bounded.
    pub stderr: Vec<u8>,
}

/// One scenario, judged.
#[derive(Clone)]
pub struct JudgedScenario {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// What each rule says, or why nothing can be said.
    pub judged: Result<Judged, Failure>,
    /// How long it took.
    pub elapsed: Duration,
    /// What the client printed, bounded.
    pub stdout: Vec<u8>,
    /// What the client printed on its error stream, bounded.
    pub stderr: Vec<u8>,
}

/// What each rule says of a transcript. It does not hold the file nor the requests, however large they
/// were: what reports show of them is kept by itself.
#[derive(Clone)]
pub struct Judged {
    /// Where the object was to be.
    pub path: Option<ObjectPath>,
    /// The credentials made for the run, which reports hide.
    pub credentials: Option<Credentials>,
    /// How it ended; `None` in a transcript that has no end.
    pub outcome: Option<Outcome>,
    /// What was planned to be different, and where it occurred; nothing, in transcripts of versions that
    /// did not plan anything.
    pub deviations: Vec<Deviation>,
    /// In the order of the catalogue.
    pub rulings: Vec<Ruling>,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// Whether the client sent anything, be it kept or not.
    pub has_traffic: bool,
    /// Whether the client sent any request of a slice upload.
    pub used_slices: bool,
    waiting: Waiting,
    shown: Shown,
}

/// Why a scenario could not be judged.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Who can do something about it.
    pub blame: Blame,
    /// What happened.
    pub message: String,
}

impl Played {
    /// Judges it.
    pub fn judge(&self) -> JudgedScenario {
        JudgedScenario {
            scenario: Arc::clone(&self.scenario),
            judged: Ok(Judged::new(&self.transcript)),
            elapsed: self.elapsed,
            stdout: self.stdout.clone(),
            stderr: self.stderr.clone(),
        }
    }
}

impl JudgedScenario {
    /// A scenario without a client that took time or printed anything.
    pub fn of(scenario: Arc<Scenario>, transcript: &Transcript) -> Self {
        Self {
            scenario,
            judged: Ok(Judged::new(transcript)),
            elapsed: Duration::ZERO,
            stdout: Vec::new(),
            stderr: Vec::new(),
        }
    }

    /// The scenario's id.
    pub fn id(&self) -> &str {
        &self.scenario.id
    }

    /// How long it stood still while client and service could do something; nothing of a client that was
    /// killed and started again, for nobody knows what that took.
    pub fn waiting(&self) -> Waiting {
        let judged = self.judged.as_ref().ok().filter(|_| !self.scenario.setup.machine.restarts);
        judged.map(|judged| judged.waiting.until(self.elapsed)).unwrap_or_default()
    }

    /// All findings, the gravest first, then from the first exchange to how it ended, then in the order of
    /// the catalogue: causes before what follows from them.
    pub fn findings(&self) -> Vec<&Finding> {
        let rulings = self.judged.iter().flat_map(|judged| &judged.rulings);
        let mut all: Vec<_> = rulings.flat_map(|ruling| &ruling.findings).collect();
        // This sort is stable: at one place the order of the catalogue stays.
        all.sort_by_key(|finding| (finding.rule.level(), finding.place()));
        all
    }
}

impl Judged {
    /// Judges a transcript.
    pub fn new(transcript: &Transcript) -> Self {
        let rulings = judge(transcript);
        let shown = Shown::of(transcript, &rulings);
        let of_slices = |op: &Op| matches!(op, Op::Init | Op::Data | Op::List | Op::Finish);
        Self {
            path: transcript.job.path.clone(),
            credentials: transcript.job.credentials.clone(),
            outcome: transcript.outcome.clone(),
            deviations: transcript.deviations.clone(),
            rulings,
            exchanges: transcript.exchanges.len(),
            has_traffic: transcript.has_traffic(),
            used_slices: transcript
                .exchanges
                .iter()
                .any(|exchange| exchange.request.op().is_some_and(of_slices)),
            waiting: Waiting::of(transcript),
            shown,
        }
    }

    /// What the client claims; a run that was judged has ended.
    pub fn claim(&self) -> Option<Claim> {
        self.outcome.as_ref().map(|outcome| outcome.claim)
    }

    /// Whether all happened that the scenario is about, and the client came through it or broke a `must`.
    pub fn is_exercised(&self) -> bool {
        // Where there is all the time what the scenario is about, even sending
        // nothing is an answer to it.
        let was_met = self.exchanges > 0 || self.deviations.iter().any(|of| of.always);
        was_met
            && self.missing().next().is_none()
            && self.outcome.is_some()
            && !self.was_cut_short()
    }

    /// Whether the client died or was killed, and nothing says that it is to blame: nobody knows what it
    /// would have done.
    fn was_cut_short(&self) -> bool {
        matches!(self.claim(), Some(Claim::Hung | Claim::Crashed))
            && !self.findings().any(|finding| finding.rule.level() == Level::Must)
    }

    /// What was planned and did not occur.
    pub fn missing(&self) -> impl Iterator<Item = &Deviation> {
        self.deviations.iter().filter(|deviation| !deviation.has_occurred())
    }

    /// Why the scenario was not exercised, in words, each reason once.
    pub fn reasons(&self) -> Vec<&str> {
        let said = self.missing().map(|deviation| deviation.reason.as_deref());
        let mut reasons: Vec<_> = said.map(|it| it.unwrap_or("it did not occur")).collect();
        if self.was_cut_short() {
            reasons.push("the client did not come to its end");
        }
        let was_met = self.deviations.iter().any(|of| of.always);
        if self.exchanges == 0 && !was_met && reasons.is_empty() {
            reasons.push("the client sent no request");
        }
        if self.outcome.is_none() && reasons.is_empty() {
            reasons.push("the recording does not say how the upload ended");
        }
        let mut told = BTreeSet::new();
        reasons.retain(|reason| told.insert(*reason));
        reasons
    }

    /// All findings, in the order of the catalogue.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        findings(&self.rulings)
    }

    /// Where a finding is; `None` if it is about how it all ended.
    pub fn place(&self, finding: &Finding) -> Option<&Place> {
        self.shown.place(finding)
    }

    /// All exchanges that are kept, by number: the first, the last, and those around findings.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.shown.rows()
    }

    /// What came of the exchanges that findings and deviations are about, by number, as it came over the wire.
    pub fn wires(&self) -> impl Iterator<Item = (usize, &Row, &Wire)> {
        self.shown.wires()
    }

    /// Whether an exchange is among these.
    pub fn has_wire(&self, exchange: usize) -> bool {
        self.shown.wires().any(|(number, _, _)| number == exchange)
    }

    /// The slices of the file that were sent.
    pub fn sent(&self) -> &Sent {
        self.shown.sent()
    }

    /// The exchanges around one, by number, or those at the end.
    pub fn ladder(&self, exchange: Option<usize>) -> impl Iterator<Item = (usize, &Row)> {
        self.shown.ladder(exchange)
    }
}
