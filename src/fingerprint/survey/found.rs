use std::collections::BTreeMap;

use super::faults::{FAULTS, HTTP_503, RUNS_OF_503};
use super::questions::{FILE_NAME, HELD, KEY, Question};
use crate::fingerprint::Fingerprint;
use crate::fingerprint::boundary::Boundaries;
use crate::fingerprint::course::{
    Course, Resumption, UploadHabits, WithDigests, in_flight, used_size,
};
use crate::fingerprint::policy::Policy;
use crate::fingerprint::request::{Filenames, Names, RequestHabit, requests_of};
use crate::fingerprint::retries::{Attempts, RetryHabit, Spread, pauses};
use crate::fingerprint::signature::Signatures;
use crate::fingerprint::target::Targets;
use crate::protocol::{Op, Transcript};

/// The version of the form of fingerprints.
const VERSION: u32 = 1;

const NAMES: Names = Names { file: FILE_NAME, key: KEY };

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    boundaries: Boundaries,
    signatures: Signatures,
    targets: Targets,
    filenames: Filenames,
    upload: Option<UploadHabits>,
    slices_in_flight: Option<usize>,
    slice_size_used: Option<String>,
    small_file: Option<Course>,
    with_sha: Option<WithDigests>,
    resumption: Option<Resumption>,
    /// By the number of the operation.
    requests: BTreeMap<usize, Vec<RequestHabit>>,
    /// By the fault, and by the number of the run.
    attempts: BTreeMap<&'static str, BTreeMap<usize, Attempts>>,
    /// By the operation, and by the number of the probe: what is needed.
    needs: BTreeMap<String, BTreeMap<usize, Option<String>>>,
}

impl Found {
    /// Takes in the answer to a question.
    pub(super) fn take(&mut self, question: &Question, transcript: &Transcript) {
        self.boundaries.add(transcript);
        self.signatures.add(transcript);
        self.filenames.add(transcript);
        match question {
            Question::Plain(_) => {
                self.upload = Some(UploadHabits::of(transcript));
                self.take_requests(&[Op::Init, Op::Data, Op::Finish], transcript);
            }
            Question::SmallFile => {
                self.small_file = Some(Course::of(transcript));
                self.take_requests(&[Op::Upload], transcript);
            }
            Question::WithSha(_) => self.with_sha = Some(WithDigests::of(transcript)),
            Question::SmallerSlices(_) => {
                self.slice_size_used = used_size(transcript, question.granted());
            }
            Question::Resumed(size) => {
                self.resumption = Some(Resumption::of(transcript, &HELD, size.slices()));
                self.take_requests(&[Op::List], transcript);
            }
            Question::InFlight(_) => self.slices_in_flight = in_flight(transcript),
            Question::Key(key) => self.targets.add(transcript, key),
            Question::Fault { kind, run, .. } => {
                if let Some(attempts) = Attempts::of(transcript) {
                    self.attempts.entry(kind.name).or_default().insert(*run, attempts);
                }
            }
            Question::Probe { probe, number, .. } => {
                // Who never asks does not show what is needed of the answer.
                if transcript.of(&probe.op).next().is_some() {
                    let needed = probe.is_needed(transcript).then(|| probe.name());
                    let operation = probe.op.as_str().to_owned();
                    self.needs.entry(operation).or_default().insert(*number, needed);
                }
            }
        }
    }

    fn take_requests(&mut self, ops: &[Op], transcript: &Transcript) {
        for op in ops {
            let number = Op::ALL.iter().position(|known| known == op).unwrap_or_default();
            let habits = requests_of(op, transcript, &NAMES);
            if !habits.is_empty() {
                self.requests.insert(number, habits);
            }
        }
    }

    /// Whether pauses are drawn at random, and were measured only as often as others are.
    pub(super) fn needs_more_of_503(&self) -> bool {
        let runs = self.runs(HTTP_503);
        runs.len() == RUNS_OF_503
            && Policy::fit(&pauses(&runs)).is_some_and(|policy| policy.jitter.is_some())
    }

    fn runs(&self, fault: &str) -> Vec<Attempts> {
        self.attempts.get(fault).map(|runs| runs.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn fingerprint(self) -> Option<Fingerprint> {
        let measured = pauses(&self.runs(HTTP_503));
        let retries = FAULTS.iter().filter_map(|kind| {
            let runs = self.runs(kind.name);
            Some((kind.name, RetryHabit::of(&runs, &measured, kind.has_retry_after)?))
        });
        let spread =
            FAULTS.iter().filter_map(|kind| Some((kind.name, Spread::of(&self.runs(kind.name))?)));
        let (retries, spread) = (retries.collect(), spread.collect());
        let in_flight = self.slices_in_flight;
        let upload = self.upload?;
        let mut requests: Vec<_> = self.requests.into_values().flatten().collect();
        self.filenames.generalise(&mut requests);
        requests.dedup();
        Some(Fingerprint {
            version: VERSION,
            upload: UploadHabits {
                // With several under way, the order in which they arrive is not that in which they are sent.
                slice_order: upload.slice_order.filter(|_| in_flight.is_none_or(|it| it == 1)),
                slices_in_flight: in_flight,
                slice_size_used: self.slice_size_used,
                ..upload
            },
            small_file: self.small_file,
            with_sha: self.with_sha,
            resumption: self.resumption,
            target: self.targets.habit(),
            signature: self.signatures.habit(),
            boundary: self.boundaries.habit(),
            requests,
            retries,
            needs: self
                .needs
                .into_iter()
                .map(|(operation, needed)| (operation, needed.into_values().flatten().collect()))
                .collect(),
            spread,
        })
    }
}
