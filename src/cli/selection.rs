//! Which scenarios a run plays.

use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use slicecheck::report::explain;
use slicecheck::results::{Requirement, topic_of};
use slicecheck::scenario::{Scenario, scenarios};

use super::{Refused, Run};
use crate::exit::Exit;

/// The scenarios that are asked for, and the controls of those, in the order of the catalogue.
///
/// Each glob has to match one: a run that leaves out what was meant is not told from one that passes.
pub(super) fn chosen(run: &Run) -> Result<Vec<Arc<Scenario>>, Refused> {
    if let Some(replay) = &run.replay {
        return Ok(scenarios()
            .filter(|scenario| scenario.id == replay.scenario)
            .cloned()
            .collect());
    }
    let globs = compiled(&run.scenarios)?;
    let mut dead: Vec<&Glob> = Vec::new();
    for (number, glob) in run.scenarios.iter().enumerate() {
        if !scenarios().any(|scenario| globs.matches(&scenario.id).contains(&number)) {
            dead.push(glob);
        }
    }
    if !dead.is_empty() {
        return Err(Refused { exit: Exit::NotExercised, message: in_words(&dead) });
    }
    let asked = |id: &str| run.scenarios.is_empty() || globs.is_match(id);
    // What a fault scenario finds counts only beside its control.
    let controls: Vec<_> =
        scenarios().filter(|of| asked(&of.id)).flat_map(|of| of.controls()).collect();
    let wanted = |scenario: &&Arc<Scenario>| {
        asked(&scenario.id) || controls.iter().any(|control| control.id == scenario.id)
    };
    Ok(scenarios().filter(wanted).cloned().collect())
}

/// Whether a scenario of each topic is among these of which some is required.
pub(super) fn covers(required: &[Requirement], ids: &[&str]) -> Result<(), Refused> {
    let is_run = |topic: &str| ids.iter().any(|id| topic_of(id) == topic);
    match required.iter().find(|required| !is_run(&required.topic)) {
        None => Ok(()),
        Some(Requirement { topic, percent }) => {
            let message = format!(
                "--require-exercised {topic}={percent}: no scenario of the topic {topic} is selected"
            );
            Err(Refused { exit: Exit::NotExercised, message })
        }
    }
}

fn compiled(globs: &[Glob]) -> Result<GlobSet, Refused> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(glob.clone());
    }
    set.build().map_err(|error| error.to_string().into())
}

fn in_words(dead: &[&Glob]) -> String {
    let in_quotes = |glob: &&Glob| {
        let near: Vec<_> = explain::scenarios_near(glob.glob()).collect();
        let hint =
            if near.is_empty() { String::new() } else { format!(" (near: {})", near.join(", ")) };
        format!("{:?}{hint}", glob.glob())
    };
    let names: Vec<_> = dead.iter().map(in_quotes).collect();
    format!("no scenario matches {}; see slicecheck scenarios", names.join(", nor "))
}
