//! What is asked, and the scenario that answers it.

use super::faults::{FAULTS, FaultKind, FaultedOperation, RUNS_OF_503, RUNS_WHERE_RANDOM};
use crate::fingerprint::needs::{Probe, probes};
use crate::fingerprint::target::KEYS;
use crate::protocol::{DEFAULT_SLICE_SIZE, Delivery, Machine, Op, Wishes};
use crate::scenario::{Content, FileSetup, Scenario, Setup};
use crate::server::{Behaviour, Fault, Preexisting, Reaction, SliceSize, Trigger};

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// How an upload goes in which nothing is special.
    Plain(Size),
    /// How a file of 1,000 bytes is uploaded.
    SmallFile,
    /// What is sent if `sha` and `uploadparts` are asked for.
    WithSha(Size),
    /// What is done about a smaller slice size than was asked for.
    SmallerSlices(Size),
    /// What is done about an interrupted upload.
    Resumed(Size),
    /// How many slices are sent while no reply comes.
    InFlight(Size),
    /// How a key is escaped.
    Key(&'static str),
    /// What is done about a fault that does not end.
    Fault { kind: &'static FaultKind, upload: Upload, run: usize },
    /// Whether a field of a reply is needed.
    Probe { probe: Probe, upload: Upload, number: usize },
}

/// How large the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// Four slices.
    Usual,
    /// More than may be sent in one request [DOC17 6066].
    Large,
}

/// An upload of a client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upload {
    size: Size,
    in_slices: bool,
}

/// What the local file is called.
pub(super) const FILE_NAME: &str = "fingerprint-source.dat";
/// Where the object is to be.
pub(super) const KEY: &str = "/fingerprint/object.bin";
/// Slices of an interrupted upload that are there.
pub(super) const HELD: [u64; 2] = [0, 2];

impl Size {
    pub(super) fn slices(self) -> u64 {
        match self {
            Self::Usual => 4,
            Self::Large => 22,
        }
    }

    fn setup(self) -> Setup {
        Setup {
            file: FileSetup { size: self.bytes(DEFAULT_SLICE_SIZE), content: Content::Random },
            ..setup()
        }
    }

    /// The same with smaller slices, where the size of a request is not what matters.
    fn small_setup(self) -> Setup {
        let slice_size = if self == Self::Usual { SMALL_SLICES } else { DEFAULT_SLICE_SIZE };
        let file = FileSetup { size: self.bytes(slice_size), content: Content::Random };
        Setup { slice_size, file, ..setup() }
    }

    /// All slices but the last are whole.
    fn bytes(self, slice_size: u64) -> usize {
        let whole = self.slices().saturating_sub(1).saturating_mul(slice_size);
        usize::try_from(whole).unwrap_or_default().saturating_add(12_345)
    }
}

const SMALL_SLICES: u64 = 512 << 10;

fn setup() -> Setup {
    Setup {
        key: KEY.to_owned(),
        slice_size: DEFAULT_SLICE_SIZE,
        wishes: Wishes::default(),
        machine: Machine::default(),
        file: FileSetup::default(),
        behaviour: Behaviour::default(),
    }
}

impl Question {
    /// Everything but the plain upload, which was one of this size.
    pub(super) fn others(size: Size, in_slices: bool) -> Vec<Self> {
        // Who sends no slices of a large file, either, need not be asked with large ones.
        let size = if in_slices { size } else { Size::Usual };
        let upload = Upload { size, in_slices };
        let mut all = vec![Self::SmallFile, Self::WithSha(size)];
        if in_slices {
            all.extend([Self::SmallerSlices(size), Self::Resumed(size), Self::InFlight(size)]);
        }
        all.extend(KEYS.map(Self::Key));
        let struck =
            FAULTS.iter().filter(|kind| in_slices || kind.place == FaultedOperation::Slice);
        let runs = struck.flat_map(|kind| (0..kind.runs).map(move |run| (kind, run)));
        all.extend(runs.map(|(kind, run)| Self::Fault { kind, upload, run }));
        let probes = probes(in_slices).into_iter().enumerate();
        all.extend(probes.map(|(number, probe)| Self::Probe { probe, upload, number }));
        all
    }

    /// More runs against a fault.
    pub(super) fn more_of_503(question: &Self) -> Vec<Self> {
        let Self::Fault { kind, upload, .. } = *question else { return Vec::new() };
        (RUNS_OF_503..RUNS_WHERE_RANDOM).map(|run| Self::Fault { kind, upload, run }).collect()
    }

    pub(super) fn scenario(&self) -> Scenario {
        Scenario {
            id: format!("fingerprint/{}", self.name()),
            summary: "a question about habits".to_owned(),
            control: None,
            setup: self.setup(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Plain(Size::Usual) => "plain".to_owned(),
            Self::Plain(Size::Large) => "large".to_owned(),
            Self::SmallFile => "small-file".to_owned(),
            Self::WithSha(_) => "with-sha".to_owned(),
            Self::SmallerSlices(_) => "smaller-slices".to_owned(),
            Self::Resumed(_) => "resumed".to_owned(),
            Self::InFlight(_) => "in-flight".to_owned(),
            Self::Key(key) => {
                let number = KEYS.iter().position(|known| known == key).unwrap_or_default();
                format!("key-{number}")
            }
            Self::Fault { kind, run, .. } => format!("{}-{run}", kind.name),
            Self::Probe { number, .. } => format!("without-{number}"),
        }
    }

    fn setup(&self) -> Setup {
        let with_fault = |setup: Setup, fault: Fault| {
            let faults = vec![fault];
            Setup { behaviour: Behaviour { faults, ..Behaviour::default() }, ..setup }
        };
        match self {
            Self::Plain(size) => named(size.setup()),
            Self::SmallFile => {
                let file = FileSetup { size: 1000, content: Content::Random };
                named(Setup { file, ..setup() })
            }
            Self::WithSha(size) => {
                Setup { wishes: Wishes { sha: true, insert_only: None }, ..size.setup() }
            }
            Self::SmallerSlices(size) => {
                let mut setup = size.small_setup();
                if *size == Size::Usual {
                    // Five slices, and two seconds and a half.
                    setup.file.size = setup.file.size / 4 * 3;
                }
                let slice_size = SliceSize::Fixed(setup.slice_size / 2);
                // Seconds pass meanwhile: that shows how long a signature is used.
                let held = Fault::always(Trigger::ANY_SLICE, Reaction::delivered(Delivery::Held));
                let faults = vec![held];
                let behaviour = Behaviour { slice_size, faults, ..Behaviour::default() };
                Setup { behaviour, ..setup }
            }
            Self::Resumed(size) => {
                let preexisting = Preexisting::Unfinished(HELD.to_vec());
                let behaviour = Behaviour { preexisting, ..Behaviour::default() };
                named(Setup { behaviour, ..size.setup() })
            }
            Self::InFlight(size) => {
                let slice_size = SMALL_SLICES;
                // There are clients that send 16 slices at a time, or all that there are [§9.2].
                let size = Size::Large.bytes(slice_size).max(size.small_setup().file.size);
                let file = FileSetup { size, content: Content::Random };
                let silence = Reaction::delivered(Delivery::Unanswered);
                let setup = Setup { slice_size, file, ..setup() };
                with_fault(setup, Fault::always(Trigger::ANY_SLICE, silence))
            }
            Self::Key(key) => {
                let file = FileSetup { size: 1000, content: Content::Random };
                Setup { key: (*key).to_owned(), file, ..setup() }
            }
            Self::Fault { kind, upload, .. } => {
                with_fault(upload.size.small_setup(), kind.fault(upload.in_slices))
            }
            Self::Probe { probe, upload, .. } => {
                let mut setup = with_fault(upload.size.small_setup(), probe.fault());
                if probe.op == Op::List {
                    setup.behaviour.preexisting = Preexisting::Unfinished(HELD.to_vec());
                }
                setup
            }
        }
    }
}

impl Question {
    /// The slice size that the service grants in this scenario.
    pub(super) fn granted(&self) -> u64 {
        let setup = self.setup();
        setup.behaviour.slice_size.granted(setup.slice_size)
    }
}

/// With a name for the local file by which it is known where the client sends it.
fn named(setup: Setup) -> Setup {
    let file_name = Some(FILE_NAME.to_owned());
    Setup { machine: Machine { file_name, ..Machine::default() }, ..setup }
}
