//! Which scenarios a run plays.

use std::path::Path;
use std::sync::Arc;

use globset::Glob;
use slicecheck::report::near;
use slicecheck::results::{Case, Requirement, Shard, ShardNumber};
use slicecheck::rules::catalogue;
use slicecheck::scenario::{
    Costly, Scenario, TomlError, only_controls, playable, scenarios, topic_of, with_controls,
    with_large_uploads,
};

use super::files::place;
use super::pattern::{Names, Pattern};
use super::{Refused, Run, input};
use crate::exit::Exit;

/// A file of a scenario may have this many bytes.
const MOST_BYTES: u64 = 4 << 20;

/// What a run plays.
pub(super) struct Asked {
    /// What is asked for, and the controls of that, in the order of the catalogue.
    pub(super) scenarios: Vec<Arc<Scenario>>,
    /// The ids of those that are there as controls alone.
    pub(super) controls: Vec<String>,
    /// The file of a scenario, if one was named.
    pub(super) case: Option<Case>,
}

/// The scenarios that are asked for, and the controls of those.
pub(super) fn chosen(run: &Run) -> Result<Asked, Refused> {
    let asked = asked(run)?;
    match asked.scenarios.iter().find(|scenario| scenario.needs_tls() && !run.tls) {
        Some(scenario) => Err(format!("{} is only played with --tls", scenario.id).into()),
        None => Ok(asked),
    }
}

/// Of these scenarios, those of a part and the controls of those.
pub(super) fn part(
    all: Vec<Arc<Scenario>>,
    part: Option<ShardNumber>,
) -> Result<(Vec<Arc<Scenario>>, Option<Shard>), Refused> {
    let Some(part) = part else { return Ok((all, None)) };
    let own = |place: usize| part.has(place);
    let mine: Vec<_> =
        all.iter().enumerate().filter(|(place, _)| own(*place)).map(|(_, it)| it).collect();
    if mine.is_empty() {
        let message =
            format!("--shard {}/{}: there are only {} scenarios", part.number, part.of, all.len());
        return Err(Refused { exit: Exit::NotExercised, message });
    }
    let is_control = |id: &str| mine.iter().any(|it| it.controls().any(|control| control.id == id));
    let (mut chosen, mut borrowed) = (Vec::new(), Vec::new());
    for (place, scenario) in all.iter().enumerate() {
        if own(place) {
            chosen.push(Arc::clone(scenario));
        } else if is_control(&scenario.id) {
            borrowed.push(scenario.id.clone());
            chosen.push(Arc::clone(scenario));
        }
    }
    Ok((chosen, Some(Shard { part, borrowed })))
}

fn asked(run: &Run) -> Result<Asked, Refused> {
    if let Some(replay) = &run.replay {
        let only = with_large_uploads().filter(|scenario| scenario.id == replay.scenario);
        let scenarios = only.cloned().collect();
        return Ok(Asked { scenarios, controls: Vec::new(), case: None });
    }
    if let Some(path) = &run.case {
        let own = Arc::new(case(path)?);
        let (scenario, path) = (own.id.clone(), path.display().to_string());
        let scenarios = beside_controls(&own);
        let controls = only_controls(&scenarios, |scenario| scenario.id == own.id);
        return Ok(Asked { scenarios, controls, case: Some(Case { scenario, path }) });
    }
    let costly = Costly { large: run.large, silent: run.patience.is_some() };
    let offers = |scenario: &Scenario| run.tls || !scenario.needs_tls();
    // Told here: among what is offered it matches nothing, and would be taken for misspelt.
    let mut patterns = Vec::new();
    for pattern in &run.scenarios {
        let mut matching =
            playable(costly).filter(|scenario| pattern.matches(&scenario.id)).peekable();
        if matching.peek().is_none() || matching.any(|scenario| offers(scenario)) {
            patterns.push(pattern.clone());
        } else if !pattern.excludes() {
            return Err(
                format!("what {:?} matches is only played with --tls", pattern.text()).into()
            );
        }
    }
    let offered = playable(costly).filter(|scenario| offers(scenario));
    let ids = offered.map(|scenario| scenario.id.as_str()).collect();
    let chosen = Names { kind: "scenario", ids, option_for }.choose(&patterns)?;
    let is_asked = |scenario: &Scenario| chosen.contains(&scenario.id.as_str());
    let scenarios = with_controls(is_asked, costly);
    let controls = only_controls(&scenarios, is_asked);
    Ok(Asked { scenarios, controls, case: None })
}

/// The ids of the rules that are asked for; `None` if no rule is named.
pub(super) fn rules(patterns: &[Pattern]) -> Result<Option<Vec<&'static str>>, Refused> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let ids = catalogue().map(|rule| rule.id).collect();
    Names { kind: "rule", ids, option_for: |_| None }.choose(patterns).map(Some)
}

/// The scenario of a file.
fn case(path: &Path) -> Result<Scenario, String> {
    let text = input::read_text(path, MOST_BYTES)?;
    let scenario = Scenario::from_toml(&text).map_err(|error| place(path, &error))?;
    match &scenario.control {
        Some(control) if !scenarios().any(|known| known.id == *control) => {
            let near = near::hint(control, scenarios().map(|known| known.id.as_str()));
            let message =
                format!("there is no scenario {control:?} that could be its control{near}");
            Err(place(path, &TomlError::of_control(&text, message)))
        }
        _ => Ok(scenario),
    }
}

/// The controls of a scenario and itself: in the order of the catalogue, or last if it does not stand there.
fn beside_controls(own: &Arc<Scenario>) -> Vec<Arc<Scenario>> {
    let controls: Vec<_> = own.controls().map(|control| &control.id).collect();
    let wanted = |known: &Arc<Scenario>| {
        // A case may have the id of a scenario: it takes its place.
        if known.id == own.id {
            Some(Arc::clone(own))
        } else {
            controls.contains(&&known.id).then(|| Arc::clone(known))
        }
    };
    let mut chosen: Vec<_> = scenarios().filter_map(wanted).collect();
    if !chosen.iter().any(|of| of.id == own.id) {
        chosen.push(Arc::clone(own));
    }
    chosen
}

/// How much is required of these scenarios of a run.
///
/// What stands in slicecheck.toml is meant for all runs: it counts for the topics of which something was chosen,
/// and not where a single scenario was named.
pub(super) fn required(run: &Run, ids: &[&str]) -> Result<Vec<Requirement>, Refused> {
    let mut required = run.options.required.clone();
    if run.options.required_where_selected {
        let is_single = run.replay.is_some() || run.case.is_some();
        required.retain(|it| !is_single && covers(std::slice::from_ref(it), ids).is_ok());
    }
    covers(&required, ids)?;
    Ok(required)
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

/// The option without which what a glob matches is not played.
fn option_for(glob: &Glob) -> Option<&'static str> {
    let matcher = glob.compile_matcher();
    let costly = with_large_uploads().find(|scenario| matcher.is_match(&scenario.id))?;
    Some(if costly.is_silent() { "--patience" } else { "--large" })
}
