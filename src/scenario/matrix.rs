//! Operation × unclear reply × place × attempts × finish: scenarios that are generated, not written.
//!
//! The cells that are played are a covering array of strength 2: each pair of levels that means anything
//! is in one of them. What means nothing stands in `PRUNED`, with the reason. A cell that is a scenario
//! of another topic is not made again: it is in `WRITTEN`, with the scenario's id.

mod covering;
mod dimensions;
mod pruned;
mod replies;

pub(crate) use covering::pairs;
pub use dimensions::{Attempts, FinishNotices, Operation, Position, Unclear};
pub use pruned::{PRUNED, Pruned};

use super::{FileSetup, MIB, Scenario, Setup, lax, strict};
use crate::protocol::{DEFAULT_SLICE_SIZE, Machine, Wishes};
use crate::server::{Behaviour, Preexisting, SessionForm};

/// A combination of one level of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Cell {
    /// The operation.
    pub operation: Operation,
    /// What it is answered with.
    pub reply: Unclear,
    /// Which request of the operation.
    pub place: Position,
    /// Which attempts at it.
    pub attempts: Attempts,
    /// What finish notices.
    pub finish: FinishNotices,
}

const fn cell(
    operation: Operation,
    reply: Unclear,
    place: Position,
    attempts: Attempts,
    finish: FinishNotices,
) -> Cell {
    Cell { operation, reply, place, attempts, finish }
}

/// An operation that is sent once, answered like this each time.
const fn always(operation: Operation, reply: Unclear) -> Cell {
    cell(operation, reply, Position::First, Attempts::Always, FinishNotices::Gaps)
}

/// A slice, answered like this each time; finish does not notice.
const fn lost(reply: Unclear, place: Position) -> Cell {
    cell(Operation::Slice, reply, place, Attempts::Always, FinishNotices::Nothing)
}

/// The cells that are scenarios of other topics, which were there before.
pub const WRITTEN: [(Cell, &str); 10] = [
    (always(Operation::Init, Unclear::Xml), "reply/init-xml"),
    (always(Operation::Finish, Unclear::Empty), "reply/finish-empty"),
    (always(Operation::Finish, Unclear::Html), "reply/finish-html"),
    (always(Operation::Finish, Unclear::CutJson), "reply/finish-cut-json"),
    (lost(Unclear::Empty, Position::Middle), "reply/slice-empty"),
    (lost(Unclear::NoCode, Position::Middle), "reply/slice-without-code"),
    (lost(Unclear::Array, Position::Last), "reply/slice-no-object"),
    (lost(Unclear::Html, Position::Middle), "faults/slice-html-always"),
    (lost(Unclear::PositiveCode, Position::Middle), "status/slice-positive-code"),
    (
        cell(
            Operation::Slice,
            Unclear::FailedStatus,
            Position::Middle,
            Attempts::Once,
            FinishNotices::Gaps,
        ),
        "status/slice-500-with-code-0",
    ),
];

/// A cell that is to be played in any case: it is the example in README.
const CHOSEN: Cell = always(Operation::Finish, Unclear::Null);

/// The slice size that is asked for where there are to be many slices, in bytes: the smallest documented
/// one, so that they are cheap [DOC16 6067].
pub(super) const SMALL_SLICES: u64 = 512 << 10;
/// Twelve of them: a client with 5, 10 or 16 slices under way at a time has its usual number.
pub(super) const TWELVE_SLICES: usize = 11 * (512 << 10) + 12_345;
/// Two slices of the usual size.
const TWO_SLICES: usize = MIB + 12_345;

/// The cells that are played, by operation and reply.
pub fn cells() -> Vec<Cell> {
    // They are played in any case: pairs that they have need no other cell.
    let given: Vec<_> = WRITTEN.iter().map(|(cell, _)| cell).chain([&CHOSEN]).collect();
    let given: Vec<_> = given.into_iter().map(Cell::levels).collect();
    let rows = covering::covering(&valid(), &given);
    let mut cells: Vec<_> = rows.iter().filter_map(|row| Cell::of(row)).collect();
    cells.sort_unstable();
    cells
}

/// The scenarios of all cells that are none of another topic.
pub(super) fn scenarios() -> impl Iterator<Item = Scenario> {
    let is_new = |cell: &Cell| WRITTEN.iter().all(|(known, _)| known != cell);
    cells().into_iter().filter(is_new).map(|cell| cell.scenario())
}

/// The names of the levels of each dimension.
pub fn levels() -> [Vec<&'static str>; 5] {
    [
        Operation::ALL.iter().map(|it| it.word()).collect(),
        Unclear::ALL.iter().map(|it| it.word()).collect(),
        Position::ALL.iter().map(|it| it.word()).collect(),
        Attempts::ALL.iter().map(|it| it.word()).collect(),
        FinishNotices::ALL.iter().map(|it| it.word().unwrap_or("strict")).collect(),
    ]
}

/// All combinations, be they valid or not.
pub fn all() -> Vec<Cell> {
    let rows = covering::combinations(&levels().map(|names| names.len()));
    rows.iter().filter_map(|row| Cell::of(row)).collect()
}

/// The combinations that are not pruned, as numbers of levels.
pub fn valid() -> Vec<Vec<usize>> {
    let is_valid = |cell: &Cell| PRUNED.iter().all(|pruned| !(pruned.is)(cell));
    all().iter().filter(|cell| is_valid(cell)).map(Cell::levels).collect()
}

impl Cell {
    fn of(row: &[usize]) -> Option<Self> {
        let [operation, reply, place, attempts, finish] = row else { return None };
        Some(Self {
            operation: *Operation::ALL.get(*operation)?,
            reply: *Unclear::ALL.get(*reply)?,
            place: *Position::ALL.get(*place)?,
            attempts: *Attempts::ALL.get(*attempts)?,
            finish: *FinishNotices::ALL.get(*finish)?,
        })
    }

    /// The number of its level in each dimension.
    pub fn levels(&self) -> Vec<usize> {
        fn number<T: PartialEq>(all: &[T], level: &T) -> usize {
            all.iter().position(|one| one == level).unwrap_or(all.len())
        }
        vec![
            number(&Operation::ALL, &self.operation),
            number(&Unclear::ALL, &self.reply),
            number(&Position::ALL, &self.place),
            number(&Attempts::ALL, &self.attempts),
            number(&FinishNotices::ALL, &self.finish),
        ]
    }

    /// What it is called, by its levels alone: `finish/null-always`, `slice/html-middle-once`.
    pub fn id(&self) -> String {
        let place = (self.operation == Operation::Slice).then(|| self.place.word());
        let words =
            [Some(self.reply.word()), place, Some(self.attempts.word()), self.finish.word()];
        let words: Vec<_> = words.into_iter().flatten().collect();
        format!("{}/{}", self.operation.word(), words.join("-"))
    }

    /// The id of the scenario in which it is played.
    pub fn scenario_id(&self) -> String {
        let written = WRITTEN.iter().find(|(cell, _)| cell == self);
        written.map_or_else(|| self.id(), |(_, id)| (*id).to_owned())
    }

    /// Whether the service does what was asked for, whatever it says.
    pub fn is_done(&self) -> bool {
        replies::is_done(*self)
    }

    /// The request that it is about, in words.
    pub fn describe_request(&self) -> &'static str {
        replies::request(*self)
    }

    /// What that is answered with, in words.
    pub fn describe_reply(&self) -> &'static str {
        replies::words(*self)
    }

    /// The scenario that it makes.
    pub fn scenario(&self) -> Scenario {
        let id = self.id();
        let is_list = self.operation == Operation::List;
        let control = if is_list { "resume/init-in-progress" } else { "happy/last-slice-short" };
        let key = format!("/slicecheck/{}.bin", id.replace('/', "-"));
        let control = Some(control.to_owned());
        Scenario { id, summary: replies::summary(*self), control, setup: self.setup(key) }
    }

    /// The setup that it makes, with this key.
    fn setup(self, key: String) -> Setup {
        let (size, slice_size) = match self.place {
            Position::Middle => (TWELVE_SLICES, SMALL_SLICES),
            Position::First | Position::Last => (TWO_SLICES, DEFAULT_SLICE_SIZE),
        };
        let faults = [replies::fault(self)];
        let behaviour = match self.finish {
            FinishNotices::Gaps => strict(faults),
            FinishNotices::Nothing => lax(faults),
        };
        let preexisting = match self.operation {
            // So that init answers -4019, and a client has a reason to ask for the list.
            Operation::List => Preexisting::Unfinished(vec![0]),
            _ => Preexisting::Nothing,
        };
        let session = match self.reply {
            Unclear::NumberSession => SessionForm::Number,
            _ => SessionForm::Hex,
        };
        Setup {
            key,
            slice_size,
            file: FileSetup { size, ..FileSetup::default() },
            wishes: Wishes::default(),
            machine: Machine::default(),
            behaviour: Behaviour { session, preexisting, ..behaviour },
        }
    }
}
