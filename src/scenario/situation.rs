use std::fmt;

use bytes::Bytes;

use super::Setup;
use super::deviations::{Happened, Met, PlannedDeviations};
use crate::protocol::{
    DEFAULT_SLICE_SIZE, Delivery, Deviation, FileView, Kept, Machine, ObjectPath, Op, Request,
    Stored, Transcript, UploadJob,
};
use crate::server::{Answer, Preexisting, Server};

/// A setup that is being played: the service, what was planned, and what the client was asked to do.
///
/// The server does not know the job. Here both are known: what is there before the client comes is put
/// in place, deviations are noted when they occur, and what is there in the end is compared.
#[derive(Debug)]
pub struct Situation {
    server: Server,
    plan: PlannedDeviations,
    path: ObjectPath,
    file: FileView,
    /// What is in the place of the object before the client comes.
    other: Option<FileView>,
    machine: Machine,
    interventions: Interventions,
    happened: Happened,
}

/// What can be done to the client and its file; each says whether it was.
#[derive(Default)]
struct Interventions {
    changes_file: Option<Intervention>,
    kills: Option<Intervention>,
}

type Intervention = Box<dyn FnMut() -> bool + Send>;

impl fmt::Debug for Interventions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Interventions").finish_non_exhaustive()
    }
}

impl Situation {
    /// The service as the client finds it.
    pub fn new(setup: &Setup, job: &UploadJob) -> Self {
        Self::scaled(setup, job, DEFAULT_SLICE_SIZE)
    }

    /// The same where clients are usually told to ask for slices of another size.
    pub(super) fn scaled(setup: &Setup, job: &UploadJob, usual_slice_size: u64) -> Self {
        let secret_key = job.credentials.secret_key.clone();
        let mut server = Server::new(setup.behaviour.clone(), secret_key);
        let (path, file) = (job.path.clone(), job.file.clone());
        server.know(file.clone());
        let mut leave = |file: &FileView, indices: &[u64], held, with_sha| {
            let is_held = |index| indices.contains(&index) == held;
            server.hold_upload(path.clone(), file, job.slice_size, is_held, with_sha);
        };
        match &setup.behaviour.preexisting {
            Preexisting::Nothing => {}
            Preexisting::Unfinished(held) => leave(&file, held, true, false),
            Preexisting::UnfinishedWithSha(held) => leave(&file, held, true, true),
            Preexisting::UnfinishedHalved(held) => {
                leave(&file, held, true, false);
                server.halve_last(&path);
            }
            Preexisting::UnfinishedBut(missing) => leave(&file, missing, false, false),
            Preexisting::UnfinishedLonger(held) => {
                leave(&other_file(file.len().saturating_mul(2)), held, true, false);
                server.disown(&path);
            }
            Preexisting::UnfinishedShorter(held) => {
                leave(&other_file(file.len() / 2), held, true, false);
                server.disown(&path);
            }
            Preexisting::UnfinishedOther(held) => {
                // With a sha: only by that can the service tell that it is another file's [§3.1].
                leave(&other_file(file.len()), held, true, true);
                server.disown(&path);
            }
            Preexisting::OtherFile => server.hold_object(path.clone(), other_object()),
            Preexisting::SameFile => server.hold_object(path.clone(), file.clone()),
            Preexisting::Recognised => server.recognise(file.clone()),
        }
        let plan = PlannedDeviations::of(setup, &path, usual_slice_size);
        let other = (setup.behaviour.preexisting == Preexisting::OtherFile).then(other_object);
        let machine = setup.machine.clone();
        let (interventions, happened) = (Interventions::default(), Happened::default());
        Self { server, plan, path, file, other, machine, interventions, happened }
    }

    /// What is planned to be different from the plain setup, in the order in which answers refer to it.
    pub fn planned(&self) -> Vec<Deviation> {
        self.plan.deviations()
    }

    /// The same of a setup that nobody plays, for an object at this place.
    pub fn planned_for(setup: &Setup, path: Option<&ObjectPath>) -> Vec<Deviation> {
        let path = path.cloned().unwrap_or_else(|| ObjectPath {
            appid: String::new(),
            bucket: String::new(),
            key: String::new(),
        });
        PlannedDeviations::of(setup, &path, DEFAULT_SLICE_SIZE).deviations()
    }

    /// Answers one request; `clock` is in unix seconds.
    pub fn answer(&mut self, request: &Request, clock: u64) -> Answer {
        let mut answer = self.server.answer(request, clock);
        let happens = self.interfere(request, &answer);
        answer.deviations = self.plan.observe(request, &answer, happens);
        answer
    }

    /// The answer to a request of which the head is there, if the service does not wait for more.
    pub fn answer_early(&mut self, head: &Request, clock: u64) -> Option<Answer> {
        let mut answer = self.server.answer_early(head, clock)?;
        answer.deviations = self.plan.observe(head, &answer, Happened::default());
        Some(answer)
    }

    /// How the `100 Continue` is kept back that a request asks for, if it is.
    pub fn keeps_back(&self, head: &Request) -> Option<Delivery> {
        self.server.keeps_back(head)
    }

    /// What changes the local file where that is planned; it says whether it has.
    pub fn set_changes_file(&mut self, intervention: impl FnMut() -> bool + Send + 'static) {
        self.interventions.changes_file = Some(Box::new(intervention));
    }

    /// What kills the client where that is planned, so that it hears no reply any more; it says whether it
    /// has.
    pub fn set_kills(&mut self, intervention: impl FnMut() -> bool + Send + 'static) {
        self.interventions.kills = Some(Box::new(intervention));
    }

    /// Notes what the client met of what is special about its machine, or why it did not.
    pub fn meet(&mut self, met: Met) {
        self.plan.meet(met);
    }

    /// What has happened on the machine of the client so far.
    pub(super) fn happened(&self) -> Happened {
        self.happened
    }

    /// Does on the machine of the client what is due with this answer, once.
    fn interfere(&mut self, request: &Request, answer: &Answer) -> Happened {
        let has_content = matches!(request.op(), Some(Op::Data | Op::Upload));
        let changes = self.machine.source.changed(&self.file).is_some() && has_content;
        // At the first fault that it meets.
        let kills = self.machine.restarts && answer.played.is_some();
        let act = |intervention: &mut Option<Intervention>| {
            intervention.as_mut().is_some_and(|intervention| intervention())
        };
        let happens = Happened {
            changed: changes && !self.happened.changed && act(&mut self.interventions.changes_file),
            killed: kills && !self.happened.killed && act(&mut self.interventions.kills),
        };
        self.happened.changed |= happens.changed;
        self.happened.killed |= happens.killed;
        happens
    }

    /// What the service holds of the file, as it was at some time.
    ///
    /// Where the key has two slashes in a row, the object may be where there is one: no document says
    /// whether that is another place [§1.3].
    pub fn stored(&self) -> Stored {
        let stored = |file: &FileView| match self.server.stored(&self.path, file) {
            Stored::Absent => self.server.stored(&self.path.merged(), file),
            known => known,
        };
        let later = self.machine.source.changed(&self.file).filter(|_| self.happened.changed);
        // It may have been sent as it was before the change, or as it was after it.
        match (stored(&self.file), later) {
            (Stored::Different, Some(later)) => stored(&later),
            (known, _) => known,
        }
    }

    /// What became of the other object that was in its place, if one was.
    pub fn other_object(&self) -> Option<Kept> {
        self.other.as_ref().map(|other| self.server.kept(&self.path, other))
    }

    /// Says of each deviation that did not occur why it did not.
    pub fn explain(&self, transcript: &mut Transcript) {
        self.plan.explain(transcript);
    }
}

/// An object that is no scenario's file.
fn other_object() -> FileView {
    const LINE: &str = "another object, complete, that somebody relies on\n";
    Bytes::from(LINE.repeat(1000)).into()
}

/// A file of so many bytes that is no scenario's; at most as many as are held in memory.
fn other_file(length: u64) -> FileView {
    const LINE: &[u8] = b"another file, of which somebody has sent a part\n";
    let length = usize::try_from(length.min(FileView::MOST_BYTES)).unwrap_or(0);
    LINE.iter().copied().cycle().take(length).collect::<Bytes>().into()
}
