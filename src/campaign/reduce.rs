//! Setups that are a little smaller than another.

use super::bytes::smaller;
use super::space::{Grid, tidied};
use super::{pool, replies};
use crate::scenario::Setup;
use crate::server::{Fault, Literal, Reply, SliceSelector};

/// All setups that have one thing less than this one, the largest steps first.
pub(super) fn reductions(setup: &Setup) -> Vec<Setup> {
    let mut all = Vec::new();
    let faults = &setup.behaviour.faults;
    for number in (0..faults.len()).filter(|_| faults.len() > 1) {
        all.push(with_faults(setup, vec![faults.get(number).cloned()]));
    }
    for number in 0..faults.len() {
        let others = faults.iter().enumerate().filter(|(other, _)| *other != number);
        all.push(with_faults(setup, others.map(|(_, fault)| Some(fault.clone())).collect()));
    }
    plainer(setup, &mut all);
    for (number, fault) in faults.iter().enumerate() {
        for simpler in simpler(fault) {
            let mut faults = faults.clone();
            if let Some(place) = faults.get_mut(number) {
                *place = simpler;
            }
            all.push(with_faults(setup, faults.into_iter().map(Some).collect()));
        }
    }
    all.retain(|smaller| smaller != setup);
    all
}

fn with_faults(setup: &Setup, faults: Vec<Option<Fault>>) -> Setup {
    let mut setup = setup.clone();
    setup.behaviour.faults = faults.into_iter().flatten().collect();
    tidied(setup)
}

/// The setup with one dimension as in the plain one.
fn plainer(setup: &Setup, all: &mut Vec<Setup>) {
    let mut add = |change: &dyn Fn(&mut Setup, &Setup)| {
        // The grid with one slice is the smallest, but may not show the same.
        for plain in [Grid::One.plain(), Grid::of(setup).plain()] {
            let mut smaller = setup.clone();
            change(&mut smaller, &plain);
            all.push(tidied(smaller));
        }
    };
    add(&|setup, plain| {
        setup.slice_size = plain.slice_size;
        setup.file.size = plain.file.size;
        setup.behaviour.slice_size = plain.behaviour.slice_size;
    });
    add(&|setup, plain| setup.key.clone_from(&plain.key));
    add(&|setup, plain| setup.wishes = plain.wishes);
    add(&|setup, plain| setup.file.content = plain.file.content.clone());
    add(&|setup, plain| setup.file.size = plain.file.size.min(setup.file.size));
    add(&|setup, plain| setup.behaviour.session = plain.behaviour.session);
    add(&|setup, plain| setup.behaviour.serial_upload = plain.behaviour.serial_upload);
    add(&|setup, plain| setup.behaviour.preexisting = plain.behaviour.preexisting.clone());
    add(&|setup, plain| setup.behaviour.finish = plain.behaviour.finish);
}

/// A fault with one thing less.
fn simpler(fault: &Fault) -> Vec<Fault> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Fault)| {
        let mut simpler = fault.clone();
        change(&mut simpler);
        all.push(simpler);
    };
    if fault.reactions.len() > 1 {
        for number in 0..fault.reactions.len() {
            add(&|fault| drop(fault.reactions.remove(number)));
        }
    }
    add(&|fault| fault.repeats = false);
    if let Some(op) = pool::operation(fault.trigger) {
        add(&|fault| fault.trigger = pool::trigger(&op, SliceSelector::Nth(0)));
    }
    for (number, reaction) in fault.reactions.iter().enumerate() {
        for replied in smaller_replies(&reaction.replied) {
            let reaction = replies::reaction(replied);
            add(&|fault| {
                if let Some(place) = fault.reactions.get_mut(number) {
                    place.clone_from(&reaction);
                }
            });
        }
    }
    all
}

/// Literal replies with fewer bytes.
fn smaller_replies(reply: &Reply) -> Vec<Reply> {
    let literal = |bytes: &Vec<u8>| Literal::from(bytes.as_slice());
    match reply {
        Reply::LiteralBody(bytes) => {
            let smaller = smaller(&bytes.bytes().unwrap_or_default());
            smaller.iter().map(|bytes| Reply::LiteralBody(literal(bytes))).collect()
        }
        Reply::LiteralResponse(bytes) => {
            let bytes = bytes.bytes().unwrap_or_default();
            let end = memchr::memmem::find(&bytes, b"\r\n\r\n").map(|end| end.saturating_add(4));
            let body = end.and_then(|end| bytes.get(end..)).unwrap_or_default();
            // Without a head of its own, the body is all there is to read.
            let as_body = Reply::LiteralBody(Literal::from(body));
            let smaller = smaller(&bytes);
            let others = smaller.iter().map(|bytes| Reply::LiteralResponse(literal(bytes)));
            [as_body].into_iter().chain(others).collect()
        }
        _ => Vec::new(),
    }
}
