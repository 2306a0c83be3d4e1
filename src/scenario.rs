//! Situations: a file, a place for it, and a service that behaves in a certain way.
//!
//! To add a scenario, add it to the `SCENARIOS` in the file of its topic; its snapshot is the
//! conversation that the reference client has in it.
//!
//! Where a fault makes several outcomes acceptable all of them are. That is why none ends in silence,
//! which only a timeout could tell from a slow service, and why finish is strict wherever something
//! is stored that is not what came: a client that takes the service at its word cannot know better.

use bytes::Bytes;

use crate::client::ClientPolicy;
use crate::protocol::{Credentials, DEFAULT_SLICE_SIZE, ObjectPath, Transcript, UploadJob};
use crate::server::{Behaviour, Fault, Finish, Preexisting, Server, SessionForm, SliceSize};

mod content;
mod echo;
mod existing;
mod faults;
mod happy;
mod key;
mod reply;
mod resume;
mod server_choice;
mod session;
mod simulation;
mod status;
mod storage;
mod transport;

pub use content::Content;
pub use simulation::Simulation;

/// One situation.
#[derive(Debug)]
pub struct Scenario {
    /// `topic/situation`: permanent, and the name of its snapshot.
    pub id: &'static str,
    /// The situation in a sentence.
    pub summary: &'static str,
    /// The length of the file in bytes.
    pub size: usize,
    /// What the file holds.
    pub content: Content,
    /// The slice size that the client is told to ask for, in bytes.
    pub slice_size: u64,
    /// The object's key, with its leading slash.
    pub key: &'static str,
    /// How the service behaves.
    pub behaviour: Behaviour,
    /// The scenario that is the same but for what this one is about; a fault counts only if the
    /// client passes its control.
    pub control: Option<&'static str>,
}

/// The scenario that the others are written against: nothing special, nothing wrong.
const PLAIN: Scenario = Scenario {
    id: "",
    summary: "",
    size: 2 * MIB + 345_678,
    content: Content::Random,
    slice_size: DEFAULT_SLICE_SIZE,
    key: "/slicecheck/plain.bin",
    behaviour: Behaviour {
        slice_size: SliceSize::Asked,
        finish: Finish::Strict,
        session: SessionForm::Hex,
        serial_upload: None,
        preexisting: Preexisting::Nothing,
        faults: &[],
    },
    control: None,
};

const MIB: usize = 1 << 20;

/// These faults, and a finish that refuses gaps.
const fn strict(faults: &'static [Fault]) -> Behaviour {
    Behaviour { faults, ..PLAIN.behaviour }
}

/// These faults, and a finish that does not notice: only the client's own care prevents the loss.
const fn lax(faults: &'static [Fault]) -> Behaviour {
    Behaviour { finish: Finish::Lax, ..strict(faults) }
}

/// All scenarios, topic by topic.
pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
    [
        happy::SCENARIOS,
        content::SCENARIOS,
        key::SCENARIOS,
        server_choice::SCENARIOS,
        session::SCENARIOS,
        resume::SCENARIOS,
        existing::SCENARIOS,
        echo::SCENARIOS,
        status::SCENARIOS,
        reply::SCENARIOS,
        transport::SCENARIOS,
        storage::SCENARIOS,
        faults::SCENARIOS,
    ]
    .into_iter()
    .flatten()
}

/// Who can do something about a scenario that could not be played to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The author of the client or its driver: it was not started, or cannot be understood.
    Client,
    /// Who has the machine in hand: it is short of something.
    Machine,
    /// We.
    Harness,
}

impl Scenario {
    /// What the client is told to do; content and credentials follow from the seed.
    pub fn job(&self, seed: u64) -> UploadJob {
        self.job_of(self.size, self.slice_size, seed)
    }

    fn job_of(&self, size: usize, slice_size: u64, seed: u64) -> UploadJob {
        let mut random = Random::new(seed, self.id);
        let secret_id = format!("AKID{}", random.word(32));
        let credentials = Credentials { secret_id, secret_key: random.word(32) };
        UploadJob {
            scenario: self.id.to_owned(),
            path: ObjectPath {
                appid: "1251668577".to_owned(),
                bucket: "examplebucket".to_owned(),
                key: self.key.to_owned(),
            },
            file: self.content.generate(size, &mut random).into(),
            credentials,
            slice_size,
            must_succeed: self.must_succeed(),
        }
    }

    /// Whether a conforming client has no excuse to fail: nothing is in the place of the object, nothing
    /// goes wrong, and all that the service decides, documents leave to it. Some documents do without
    /// certain characters in names, and a client may refuse those [DOC17 6053].
    pub fn must_succeed(&self) -> bool {
        const RESERVED: [char; 8] = ['?', '*', ':', '|', '\\', '<', '>', '"'];
        let Behaviour { preexisting, faults, .. } = self.behaviour;
        faults.is_empty() && preexisting == Preexisting::Nothing && !self.key.contains(RESERVED)
    }

    /// Its control, the control of that, and so on.
    pub fn controls(&self) -> impl Iterator<Item = &'static Self> {
        let control = |of: &Self| scenarios().find(|other| Some(other.id) == of.control);
        std::iter::successors(control(self), move |of| control(of)).take(scenarios().count())
    }

    /// The service as the client finds it.
    pub fn server(&self, job: &UploadJob) -> Server {
        Server::new(self.behaviour, job)
    }

    /// Plays the reference client against the reference server, in memory.
    pub fn simulate(&self, seed: u64) -> Transcript {
        Simulation::new(self, seed).play(&ClientPolicy::REFERENCE)
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
    fn new(seed: u64, id: &str) -> Self {
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

    /// A word of letters and digits.
    fn word(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyzABCDEF23";
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]);
        self.bytes(length).iter().map(letter).collect()
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Bytes {
        let detail = length.div_ceil(8);
        let mut bytes: Vec<u8> = (0..detail).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(length);
        bytes.into()
    }
}
