//! Situations: a file, a place for it, and a service that behaves in a certain way.
//!
//! To add a scenario, add it to the `SCENARIOS` in the file of its topic; its snapshot is the
//! conversation that the reference client has in it.
//!
//! Where a fault makes several outcomes acceptable all of them are. That is why finish is strict wherever
//! something is stored that is not what came: a client that takes the service at its word cannot know
//! better.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::client::ClientPolicy;
use crate::protocol::{
    Credentials, DEFAULT_SLICE_SIZE, FileView, Machine, ObjectPath, Transcript, UploadJob, Wishes,
};
use crate::server::{Behaviour, Fault, FinishCheck, Reaction};

mod case;
mod combined;
mod content;
mod deviations;
mod echo;
mod excuses;
mod existing;
mod faults;
mod happy;
mod key;
mod large;
mod lawful;
mod machine;
/// Unclear replies to each operation.
pub mod matrix;
mod patience;
mod purpose;
mod reply;
mod restart;
mod resume;
mod server_choice;
mod session;
mod sha;
mod simulation;
mod situation;
mod status;
mod storage;
mod tls;
mod transport;

pub use case::TomlError;
pub use content::Content;
pub use deviations::Met;
pub use purpose::Purpose;
pub use simulation::Simulation;
pub use situation::Situation;

/// A catalogued setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// `topic/situation`: permanent, and the name of its snapshot.
    pub id: String,
    /// The situation in a sentence.
    pub summary: String,
    /// The scenario that is the same but for what this one is about: what the client does wrong there,
    /// too, is not this scenario's finding.
    pub control: Option<String>,
    /// What the situation is made of.
    pub setup: Setup,
}

/// Everything that a situation is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The object's key, with its leading slash.
    pub key: String,
    /// The slice size that the client is told to ask for, in bytes.
    #[serde(default = "default_slice_size")]
    pub slice_size: u64,
    /// Which optional fields the client is asked to send.
    #[serde(default, skip_serializing_if = "Wishes::is_none")]
    pub wishes: Wishes,
    /// What the client finds on the machine that it runs on.
    #[serde(default, skip_serializing_if = "Machine::is_plain")]
    pub machine: Machine,
    /// The file to upload.
    pub file: FileSetup,
    /// How the service behaves.
    #[serde(default)]
    pub behaviour: Behaviour,
}

/// A file, as it is described.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(deny_unknown_fields)]
pub struct FileSetup {
    /// Its length in bytes.
    pub size: usize,
    /// What it holds.
    #[serde(default)]
    pub content: Content,
}

/// A scenario as a topic writes it down: what it does not name is as in [`plain`].
struct Entry {
    id: &'static str,
    summary: &'static str,
    size: usize,
    content: Content,
    slice_size: u64,
    key: &'static str,
    wishes: Wishes,
    machine: Machine,
    behaviour: Behaviour,
    control: Option<&'static str>,
}

/// The scenario that the others are written against: nothing special, nothing wrong.
fn plain() -> Entry {
    Entry {
        id: "",
        summary: "",
        // A first slice, one in the middle, and a last one that is shorter.
        size: 2 * MIB + 345_678,
        content: Content::Random,
        slice_size: DEFAULT_SLICE_SIZE,
        key: "/slicecheck/plain.bin",
        wishes: Wishes::default(),
        machine: Machine::default(),
        behaviour: Behaviour::default(),
        control: None,
    }
}

impl From<Entry> for Scenario {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id.to_owned(),
            summary: entry.summary.to_owned(),
            control: entry.control.map(str::to_owned),
            setup: Setup {
                key: entry.key.to_owned(),
                slice_size: entry.slice_size,
                wishes: entry.wishes,
                machine: entry.machine,
                file: FileSetup { size: entry.size, content: entry.content },
                behaviour: entry.behaviour,
            },
        }
    }
}

/// The client is asked for `sha` and `uploadparts`.
const WITH_SHA: Wishes = Wishes { sha: true, insert_only: None };

const MIB: usize = 1 << 20;

fn default_slice_size() -> u64 {
    DEFAULT_SLICE_SIZE
}

/// These faults, and a finish that refuses gaps.
fn strict(faults: impl Into<Vec<Fault>>) -> Behaviour {
    Behaviour { faults: faults.into(), ..Behaviour::default() }
}

/// These faults, and a finish that does not notice: only the client's own care prevents the loss.
fn lax(faults: impl Into<Vec<Fault>>) -> Behaviour {
    Behaviour { finish: FinishCheck::Lax, ..strict(faults) }
}

/// The part of a scenario's id that it shares with its siblings.
pub fn topic_of(id: &str) -> &str {
    id.split_once('/').map_or(id, |(topic, _)| topic)
}

/// All scenarios, topic by topic.
pub fn scenarios() -> impl Iterator<Item = &'static Arc<Scenario>> {
    CATALOGUE.iter()
}

/// Those, and the ones that send gigabytes.
pub fn with_large_uploads() -> impl Iterator<Item = &'static Arc<Scenario>> {
    scenarios().chain(LARGE_UPLOADS.iter())
}

static LARGE_UPLOADS: LazyLock<Vec<Arc<Scenario>>> =
    LazyLock::new(|| large::uploads().into_iter().map(|entry| Arc::new(entry.into())).collect());

static CATALOGUE: LazyLock<Vec<Arc<Scenario>>> = LazyLock::new(|| {
    let topics = [
        happy::scenarios(),
        content::scenarios(),
        key::scenarios(),
        server_choice::scenarios(),
        session::scenarios(),
        sha::scenarios(),
        resume::scenarios(),
        existing::scenarios(),
        echo::scenarios(),
        status::scenarios(),
        reply::scenarios(),
        transport::scenarios(),
        lawful::scenarios(),
        storage::scenarios(),
        faults::scenarios(),
        patience::scenarios(),
        large::scenarios(),
        machine::scenarios(),
        restart::scenarios(),
        tls::scenarios(),
    ];
    let written = topics.into_iter().flatten().map(Scenario::from);
    written.chain(combined::scenarios()).chain(matrix::scenarios()).map(Arc::new).collect()
});

/// Which scenarios are played that cost more than others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costly {
    /// Those that send gigabytes.
    pub large: bool,
    /// Those in which a reply never comes, and a client waits for it.
    pub silent: bool,
}

/// The scenarios that can be asked for: those that cost more than others only if they are wanted.
pub fn playable(costly: Costly) -> impl Iterator<Item = &'static Arc<Scenario>> {
    // Those that send gigabytes come last.
    let all = with_large_uploads().take(if costly.large { usize::MAX } else { CATALOGUE.len() });
    all.filter(move |scenario| costly.silent || !scenario.is_silent())
}

/// The scenarios that are asked for, and their controls, in the order of the catalogue: what a scenario finds
/// counts only beside its control.
pub fn with_controls(is_asked: impl Fn(&Scenario) -> bool, costly: Costly) -> Vec<Arc<Scenario>> {
    let scenarios = || playable(costly);
    let asked = || scenarios().filter(|scenario| is_asked(scenario));
    // Controls have controls, too.
    let controls: Vec<_> = asked().flat_map(|scenario| scenario.controls()).collect();
    let is_control = |scenario: &Scenario| controls.iter().any(|other| other.id == scenario.id);
    scenarios().filter(|of| is_asked(of) || is_control(of)).cloned().collect()
}

/// The ids of those of them that nobody asks for but as controls.
pub fn only_controls(
    chosen: &[Arc<Scenario>],
    is_asked: impl Fn(&Scenario) -> bool,
) -> Vec<String> {
    chosen
        .iter()
        .filter(|scenario| !is_asked(scenario))
        .map(|scenario| scenario.id.clone())
        .collect()
}

/// Who can do something about a scenario that could not be played to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The author of the client or its driver: it was not started, or cannot be understood.
    Client,
    /// Who has the machine in hand: it is short of something.
    Machine,
    /// We.
    Harness,
}

impl Scenario {
    /// The first half of the id.
    pub fn topic(&self) -> &str {
        topic_of(&self.id)
    }

    /// What the client is told to do; content and credentials follow from the seed.
    pub fn job(&self, seed: u64) -> UploadJob {
        self.setup.job(&self.id, seed)
    }

    /// Whether its file is larger than many clients can hold or compute digests of in time: it is only
    /// played with a client that has resumed its control, and so needs few of its bytes.
    pub fn needs_resuming(&self) -> bool {
        let size = u64::try_from(self.setup.file.size).unwrap_or(u64::MAX);
        size > FileView::MOST_BYTES && self.setup.behaviour.most_content.is_some()
    }

    /// Whether a request is not answered at all, so that a client has to wait until it gives up.
    pub fn is_silent(&self) -> bool {
        let mut faults = self.setup.behaviour.faults.iter();
        faults.any(|fault| fault.reactions.iter().any(Reaction::is_unanswered))
    }

    /// Whether it can only be played over TLS.
    pub fn needs_tls(&self) -> bool {
        !self.setup.machine.certificate.is_valid()
    }

    /// The transcript of a scenario that was not played: all that was planned did not occur, and why.
    pub fn unplayed(&self, seed: u64, reason: &str) -> Transcript {
        let job = self.job(seed);
        let mut deviations = Situation::new(&self.setup, &job).planned();
        for deviation in &mut deviations {
            deviation.reason = Some(reason.to_owned());
        }
        let (exchanges, overflowed, outcome) = (Vec::new(), false, None);
        Transcript { job: job.into(), exchanges, overflowed, deviations, outcome }
    }

    /// Its control, the control of that, and so on.
    pub fn controls(&self) -> impl Iterator<Item = &'static Arc<Self>> {
        let control = |of: &Self| scenarios().find(|other| Some(&other.id) == of.control.as_ref());
        // However the controls are linked, there are no more than scenarios.
        std::iter::successors(control(self), move |of| control(of)).take(CATALOGUE.len())
    }

    /// So much noise as a file of it would have, and the state of the generator before it.
    pub(crate) fn noise(&self, seed: u64, length: usize) -> (u64, Bytes) {
        let mut random = Random::new(seed, &self.id);
        // As for a job, where they are drawn first: what is drawn next depends on it.
        random.credentials();
        (random.0, random.bytes(length))
    }

    /// Plays the reference client against the reference server, in memory.
    pub fn simulate(&self, seed: u64) -> Transcript {
        Simulation::new(self, seed).play(&ClientPolicy::REFERENCE)
    }
}

impl Setup {
    fn job(&self, id: &str, seed: u64) -> UploadJob {
        let mut random = Random::new(seed, id);
        // Drawn before the content, as noise() reckons with.
        let credentials = random.credentials();
        let granted = self.behaviour.slice_size.granted(self.slice_size);
        UploadJob {
            scenario: id.to_owned(),
            path: ObjectPath {
                // That of the samples of 2017.
                appid: "1251668577".to_owned(),
                bucket: "examplebucket".to_owned(),
                key: self.key.clone(),
            },
            file: self.file.content.generate(self.file.size, granted, &mut random),
            credentials,
            slice_size: self.slice_size,
            wishes: self.wishes,
            machine: self.machine.clone(),
            must_succeed: self.must_succeed(),
        }
    }
}

/// The moment of the seed page's example: 2017-09-12 07:36:59 UTC [SEED L127].
pub const SIMULATION_CLOCK: u64 = 1_505_201_819;

/// A small generator of reproducible noise; nothing here is secret.
///
/// `SplitMix64`: our own ten lines, because a dependency may change its stream between versions and
/// a replay token has to mean the same bytes for ever.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, id: &str) -> Self {
        // FNV-1a, with the seed in the offset basis.
        let start = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
        Self(
            id.bytes().fold(start, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            }),
        )
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one; 0 if that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        usize::try_from(self.next().checked_rem(end).unwrap_or(0)).unwrap_or(0)
    }

    fn credentials(&mut self) -> Credentials {
        let secret_id = format!("AKID{}", self.word(32));
        Credentials { secret_id, secret_key: self.word(32) }
    }

    /// A word of letters and digits.
    fn word(&mut self, length: usize) -> String {
        // A power of two, so that each letter stands for as many bytes.
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyzABCDEF23";
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]);
        self.bytes(length).iter().map(letter).collect()
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Bytes {
        let mut bytes = vec![0; length];
        for word in bytes.chunks_mut(8) {
            let next = self.next().to_le_bytes();
            word.copy_from_slice(next.get(..word.len()).unwrap_or_default());
        }
        bytes.into()
    }
}
