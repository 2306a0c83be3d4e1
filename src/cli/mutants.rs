//! `slicecheck mutants`: what the rules catch.

use std::io;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use slicecheck::mutant::{MutantOutcome, Set, Until, try_all};
use slicecheck::report;
use slicecheck::report::screen::Screen;
use slicecheck::scenario::scenarios;

use super::{ListFormat, MutantSet, Mutants};
use crate::exit::Exit;

/// Plays a set of mutants in all scenarios; one that is missed is a fault of ours.
pub(crate) fn mutants(options: Mutants, out: &mut Screen) -> io::Result<Exit> {
    let set = match options.set {
        MutantSet::Catalogue => Set::Catalogue,
        MutantSet::Spec => Set::Spec,
        MutantSet::Public => Set::Public,
    };
    let until = if options.without_each_rule { Until::TheEnd } else { Until::Named };
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let scenarios: Vec<_> = scenarios().map(AsRef::as_ref).collect();
    let outcomes = try_all(&set.mutants(), &scenarios, until, threads);
    let mut are_needed = true;
    if options.without_each_rule {
        report::mutants::without_each_rule(&outcomes, out.document())?;
    } else if options.list.format == ListFormat::Json {
        report::mutants::json(&outcomes, out.document())?;
    } else {
        report::mutants::text(&outcomes, out.document())?;
        if set == Set::Catalogue {
            report::mutants::rules(&outcomes, out.document())?;
            are_needed = report::mutants::needs(&outcomes, out.document())?;
        }
    }
    // One that may be missed and is not is as wrong as one that may not and does.
    let may_be_missed = |id| set.unnamed().iter().any(|(known, _)| *known == id);
    let is_right = |of: &MutantOutcome| of.is_killed() != may_be_missed(of.mutant.id);
    Ok(if outcomes.iter().all(is_right) && are_needed { Exit::Shown } else { Exit::Missed })
}
