//! The space of setups: dimensions with levels, each row of which is a setup.

use super::pool::{Entry, PLACES, POOL, trigger};
use crate::protocol::{DEFAULT_SLICE_SIZE, Machine, Op, Wishes};
use crate::scenario::{Content, FileSetup, Setup};
use crate::server::{
    Behaviour, Fault, FinishCheck, Preexisting, Reaction, Reply, SessionForm, SliceSelector,
    SliceSize,
};

/// A size that documents have for slices, and that keeps requests short.
const SHORT_SLICE: u64 = 64 << 10;

/// What sizes are about: the size that the client is told to ask for, and the one that is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grid {
    /// The service grants short slices.
    Short,
    /// The file fits into one slice.
    One,
    /// The client is told to ask for slices of another size than usual.
    Asked,
}

impl Grid {
    pub(super) const ALL: [Self; 3] = [Self::Short, Self::One, Self::Asked];

    /// The setup of this grid in which nothing goes wrong.
    pub(super) fn plain(self) -> Setup {
        let (slice_size, granted, size) = match self {
            Self::Short => (DEFAULT_SLICE_SIZE, SliceSize::Fixed(SHORT_SLICE), 150_000),
            Self::One => (DEFAULT_SLICE_SIZE, SliceSize::Asked, 5000),
            Self::Asked => (DEFAULT_SLICE_SIZE / 2, SliceSize::Asked, 600_000),
        };
        Setup {
            key: "/slicecheck/fuzz.bin".to_owned(),
            slice_size,
            wishes: Wishes::default(),
            machine: Machine::default(),
            file: FileSetup { size, content: Content::Random },
            behaviour: Behaviour { slice_size: granted, ..Behaviour::default() },
        }
    }

    /// Lengths of files at the edges of slices.
    fn sizes(self) -> [usize; 5] {
        match self {
            Self::Short => [150_000, 1, 65_536, 65_537, 393_215],
            Self::One => [5000, 1, 65_537, 100, 26_585],
            Self::Asked => [600_000, 524_288, 524_289, 36_864, 1_048_577],
        }
    }

    /// The grid of a setup.
    pub(super) fn of(setup: &Setup) -> Self {
        match setup.behaviour.slice_size {
            SliceSize::Fixed(_) | SliceSize::Changes { .. } => Self::Short,
            SliceSize::Asked if setup.slice_size == DEFAULT_SLICE_SIZE => Self::One,
            SliceSize::Asked => Self::Asked,
        }
    }
}

/// The grids, so that short requests are more often.
const GRIDS: [Grid; 8] = [
    Grid::Short,
    Grid::One,
    Grid::Short,
    Grid::One,
    Grid::Short,
    Grid::One,
    Grid::Short,
    Grid::Asked,
];

/// Keys with what is easily changed on the way.
const KEYS: [&str; 6] = [
    "/slicecheck/fuzz.bin",
    "/slicecheck/ünï cödé ☂ 𝄞.bin",
    "/slicecheck/a&b=c;d@e,f$g!h'(i)#j~[k]^`{l}.bin",
    "/slicecheck/1+1=2 100%25.bin",
    "/slicecheck/.hidden/v1..2/end..",
    "/slicecheck/1/2/3/4/5/6/7/8/Nested.BIN",
];

const WISHES: [Wishes; 4] = [
    Wishes { sha: false, insert_only: None },
    Wishes { sha: true, insert_only: None },
    Wishes { sha: false, insert_only: Some(false) },
    Wishes { sha: false, insert_only: Some(true) },
];

fn contents() -> [Content; 4] {
    let repeated = |text: &str| Content::Repeated(text.to_owned());
    [Content::Random, Content::EveryPair, repeated("\0"), repeated("\r\n--boundary--\r\n")]
}

fn preexisting() -> [Preexisting; 9] {
    [
        Preexisting::Nothing,
        Preexisting::Unfinished(Vec::new()),
        Preexisting::Unfinished(vec![0]),
        Preexisting::Unfinished(vec![1]),
        Preexisting::UnfinishedBut(vec![1]),
        Preexisting::UnfinishedHalved(vec![0]),
        Preexisting::UnfinishedWithSha(vec![0]),
        Preexisting::SameFile,
        Preexisting::OtherFile,
    ]
}

/// What attempts at a request meet.
const ATTEMPTS: usize = 3;
/// The levels without a fault, among those with one, for each of the later faults.
const NO_FAULT: usize = 1;

/// How many levels each dimension has; the order is that of [`setup`].
pub(super) fn levels() -> Vec<usize> {
    let faults = POOL.len().saturating_add(NO_FAULT);
    vec![
        faults,
        PLACES.len(),
        ATTEMPTS,
        SECOND,
        GRIDS.len(),
        5,
        contents().len(),
        KEYS.len(),
        SessionForm::ALL.len(),
        3,
        2,
        preexisting().len(),
        WISHES.len(),
    ]
}

/// How many reactions of the pool are tried beside each other one at first, none among them.
const SECOND: usize = 24;

/// The setup of a row. A level that means nothing beside others is that of the plain setup.
pub(super) fn setup(row: &[usize]) -> Setup {
    let at = |dimension: usize| row.get(dimension).copied().unwrap_or(0);
    let grid = GRIDS.get(at(4)).copied().unwrap_or(Grid::Short);
    let mut setup = grid.plain();
    setup.file.size = grid.sizes().get(at(5)).copied().unwrap_or(1);
    setup.file.content = contents().get(at(6)).cloned().unwrap_or_default();
    if let Some(key) = KEYS.get(at(7)) {
        (*key).clone_into(&mut setup.key);
    }
    setup.wishes = WISHES.get(at(12)).copied().unwrap_or_default();
    let behaviour = &mut setup.behaviour;
    behaviour.session = SessionForm::ALL.get(at(8)).copied().unwrap_or(SessionForm::Hex);
    behaviour.serial_upload = [None, Some(false), Some(true)].get(at(9)).copied().flatten();
    behaviour.preexisting = preexisting().get(at(11)).cloned().unwrap_or(Preexisting::Nothing);
    let place = PLACES.get(at(1)).copied().unwrap_or(SliceSelector::Any);
    // Some from everywhere in the pool: each with each other one would be too many rows.
    let step = POOL.len().checked_div(SECOND).unwrap_or(1).max(1);
    let second = at(3).checked_sub(1).map(|number| number.saturating_mul(step));
    let first = at(0).checked_sub(NO_FAULT);
    let entries = [first.map(|number| (number, at(2))), second.map(|number| (number, 0))];
    for (number, attempts) in entries.into_iter().flatten() {
        if let Some(entry) = POOL.get(number) {
            add_fault(&mut setup, entry, place, attempts);
        }
    }
    if at(10) == 1 {
        setup.behaviour.finish = FinishCheck::Lax;
    }
    tidied(setup)
}

/// Adds something that goes wrong: the first time, each time, or before a refusal.
pub(super) fn add_fault(setup: &mut Setup, entry: &Entry, place: SliceSelector, attempts: usize) {
    let trigger = trigger(&entry.op, place);
    let reaction = entry.reaction.clone();
    let fault = match attempts {
        0 => Fault::once(trigger, reaction),
        1 => Fault::always(trigger, reaction),
        _ => Fault { trigger, reactions: vec![reaction, busy()], repeats: false },
    };
    setup.behaviour.faults.push(fault);
    // A list is asked for where an upload is there already.
    if entry.op == Op::List && setup.behaviour.preexisting == Preexisting::Nothing {
        setup.behaviour.preexisting = Preexisting::Unfinished(vec![0]);
    }
}

/// The refusal that comes second, where two come.
fn busy() -> Reaction {
    Reaction::refusal(503, -71)
}

/// Whether the service says that an upload of the same file is there: where another file is, nobody can know that it
/// is not the client's own.
fn says_unfinished(fault: &Fault) -> bool {
    const CODES: [i64; 3] = [-177, -4019, -4020];
    let says = |reply: &Reply| match reply {
        Reply::Refusal { code, .. } | Reply::CodeWithData(code) | Reply::CodeWithSuccess(code) => {
            CODES.contains(code)
        }
        _ => false,
    };
    fault.reactions.iter().any(|reaction| says(&reaction.replied))
}

/// The setup without what is unfair: a finish that notices nothing, where a client could not know, and an upload that
/// is not there.
pub(super) fn tidied(mut setup: Setup) -> Setup {
    let behaviour = &setup.behaviour;
    let is_fair = behaviour.faults.iter().all(|fault| {
        let op = super::pool::operation(fault.trigger);
        fault.reactions.iter().all(|reaction| {
            reaction.is_literal()
                || *reaction == busy()
                || POOL.iter().any(|entry| {
                    entry.allows_lax
                        && Some(&entry.op) == op.as_ref()
                        && entry.reaction == *reaction
                })
        })
    });
    if behaviour.preexisting == Preexisting::OtherFile
        && behaviour.faults.iter().any(says_unfinished)
    {
        setup.behaviour.preexisting = Preexisting::Nothing;
    }
    let behaviour = &setup.behaviour;
    let is_plain = behaviour.faults.is_empty() || behaviour.preexisting != Preexisting::Nothing;
    if is_plain || !is_fair {
        setup.behaviour.finish = FinishCheck::Strict;
    }
    setup
}
