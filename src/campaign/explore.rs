//! Where new setups come from.

use super::choices::Choices;
use super::covering::Covering;
use super::pool::{PLACES, POOL};
use super::sequences::Attempts;
use super::space::{self, Grid};
use super::{pool, replies};
use crate::protocol::Transcript;
use crate::scenario::{Random, Setup};
use crate::server::{Fault, Reply, SliceSelector};

/// How many bytes decide about one setup.
const BYTES: usize = 256;
/// The same, where each attempt has a reply of its own.
const BYTES_OF_SEQUENCES: usize = 2048;
/// How many setups are kept to be changed.
const MOST_KEPT: usize = 256;
/// How many literal bytes they have at most, so that all of them take little memory.
const MOST_LITERAL: usize = 8 << 10;
/// How many faults a setup has at most.
const MOST_FAULTS: usize = 4;

pub(super) struct Explorer {
    random: Random,
    covering: Covering,
    kept: Vec<Setup>,
    attempts: Attempts,
    has_feedback: bool,
    number: usize,
}

impl Explorer {
    pub(super) fn new(random: Random, has_feedback: bool) -> Self {
        let covering = Covering::new(space::levels());
        Self {
            random,
            covering,
            kept: Vec::new(),
            attempts: Attempts::default(),
            has_feedback,
            number: 0,
        }
    }

    /// A setup on one of these grids: in turns from the covering array, with literal replies, and as a change of
    /// one that was kept.
    pub(super) fn next(&mut self, grids: &[Grid]) -> Setup {
        self.number = self.number.wrapping_add(1);
        let has_sequences = self.has_feedback && self.attempts.are_several();
        let setup = match self.number % 6 {
            0 | 3 => space::setup(&self.covering.next(&mut self.random)),
            1 | 2 | 4 if has_sequences => {
                let bytes = self.random.bytes(BYTES_OF_SEQUENCES);
                let mut choices = Choices::new(&bytes);
                let setup = at_random(&mut choices);
                self.attempts.fill(setup, &mut choices)
            }
            number => {
                let bytes = self.random.bytes(BYTES);
                let mut choices = Choices::new(&bytes);
                match self.one_kept() {
                    _ if number % 3 == 1 => with_literal_reply(&mut choices),
                    Some(kept) => changed(kept, &mut choices),
                    None => at_random(&mut choices),
                }
            }
        };
        on_one_of(setup, grids)
    }

    /// One of those that were kept, if there is feedback: what is newer has been changed less often.
    fn one_kept(&mut self) -> Option<Setup> {
        if !self.has_feedback || self.kept.is_empty() {
            return None;
        }
        let one = self.random.below(self.kept.len());
        let other = self.random.below(self.kept.len());
        self.kept.get(one.max(other)).cloned()
    }

    /// Learns how often the client tries again.
    pub(super) fn learn(&mut self, transcript: &Transcript) {
        self.attempts.learn(transcript);
    }

    /// Keeps a setup in which the client did something new.
    pub(super) fn keep(&mut self, setup: &Setup) {
        if literal_bytes(setup) > MOST_LITERAL {
            return;
        }
        if self.kept.len() >= MOST_KEPT {
            let at = self.random.below(self.kept.len());
            self.kept.remove(at);
        }
        self.kept.push(setup.clone());
    }
}

fn literal_bytes(setup: &Setup) -> usize {
    let reactions = setup.behaviour.faults.iter().flat_map(|fault| &fault.reactions);
    let lengths = reactions.map(|reaction| match &reaction.replied {
        Reply::LiteralBody(bytes) | Reply::LiteralResponse(bytes) => {
            bytes.bytes().map_or(0, |bytes| bytes.len())
        }
        _ => 0,
    });
    lengths.sum()
}

/// The setup that these bytes decide about: always the same.
pub fn from_bytes(bytes: &[u8]) -> Setup {
    let mut choices = Choices::new(bytes);
    let mut setup = at_random(&mut choices);
    if choices.once_in(2) {
        setup.behaviour.faults.insert(0, replies::fault(&mut choices));
    }
    space::tidied(setup)
}

/// The setup, on another grid if the client does not master its own.
fn on_one_of(mut setup: Setup, grids: &[Grid]) -> Setup {
    let first = grids.first().filter(|_| !grids.contains(&Grid::of(&setup)));
    if let Some(grid) = first {
        let plain = grid.plain();
        setup.slice_size = plain.slice_size;
        setup.file.size = plain.file.size;
        setup.behaviour.slice_size = plain.behaviour.slice_size;
    }
    setup
}

fn with_literal_reply(choices: &mut Choices) -> Setup {
    let mut setup = if choices.once_in(4) { Grid::Short.plain() } else { Grid::One.plain() };
    let fault = replies::fault(choices);
    // Most clients ask for a list only where init says that an upload is there [§9.2].
    if fault.trigger == crate::server::Trigger::List {
        setup.behaviour.preexisting = crate::server::Preexisting::Unfinished(vec![0]);
    }
    setup.behaviour.faults.push(fault);
    if choices.once_in(4) {
        setup.behaviour.finish = crate::server::FinishCheck::Lax;
    }
    space::tidied(setup)
}

fn at_random(choices: &mut Choices) -> Setup {
    let row: Vec<_> = space::levels().into_iter().map(|levels| choices.below(levels)).collect();
    let mut setup = space::setup(&row);
    while setup.behaviour.faults.len() < MOST_FAULTS && choices.once_in(3) {
        add_fault(&mut setup, choices);
    }
    space::tidied(setup)
}

fn add_fault(setup: &mut Setup, choices: &mut Choices) {
    let place = choices.one_of(&PLACES).copied().unwrap_or(SliceSelector::Any);
    let attempts = choices.below(3);
    if let Some(entry) = choices.one_of(&POOL) {
        space::add_fault(setup, entry, place, attempts);
    }
}

/// A setup with one or two things in it that are different.
fn changed(mut setup: Setup, choices: &mut Choices) -> Setup {
    let other = at_random(choices);
    for _ in 0..=choices.below(2) {
        let faults = setup.behaviour.faults.len();
        let at = choices.below(faults);
        match choices.below(11) {
            0..=2 if faults < MOST_FAULTS => add_fault(&mut setup, choices),
            3 if faults < MOST_FAULTS => {
                let at = choices.below(faults.saturating_add(1));
                setup.behaviour.faults.insert(at, replies::fault(choices));
            }
            4 if faults > 0 => drop(setup.behaviour.faults.remove(at)),
            5 | 6 => {
                if let Some(fault) = setup.behaviour.faults.get_mut(at) {
                    change_fault(fault, choices);
                }
            }
            7 => setup.behaviour.preexisting = other.behaviour.preexisting.clone(),
            8 => setup.behaviour.session = other.behaviour.session,
            9 => {
                setup.slice_size = other.slice_size;
                setup.file = other.file.clone();
                setup.behaviour.slice_size = other.behaviour.slice_size;
            }
            _ => {
                setup.behaviour.finish = other.behaviour.finish;
                setup.behaviour.serial_upload = other.behaviour.serial_upload;
                setup.key.clone_from(&other.key);
            }
        }
    }
    space::tidied(setup)
}

/// A fault at another place, at other attempts, or with other bytes.
fn change_fault(fault: &mut Fault, choices: &mut Choices) {
    let is_literal = fault.reactions.first().is_some_and(crate::server::Reaction::is_literal);
    match choices.below(3) {
        0 => fault.repeats = !fault.repeats,
        1 => {
            if let Some(op) = pool::operation(fault.trigger) {
                let place = choices.one_of(&PLACES).copied().unwrap_or(SliceSelector::Any);
                fault.trigger = pool::trigger(&op, place);
            }
        }
        _ if is_literal => {
            for reaction in &mut fault.reactions {
                if let Reply::LiteralBody(bytes) = &reaction.replied {
                    let bytes = bytes.bytes().unwrap_or_default();
                    *reaction = replies::reaction(replies::mutated(&bytes, choices));
                }
            }
        }
        _ => {}
    }
}
