//! What a campaign has found, for people.

use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use slicecheck::campaign::{Campaign, Earlier, Find, Progress};
use slicecheck::report::screen::Screen;
use slicecheck::report::{View, terminal};
use slicecheck::results::{Case, Results, Run, RunEnd, Terms};
use slicecheck::scenario::Scenario;

use super::{Fuzz, path_of};
use crate::cli::run::in_one_word;
use crate::cli::width;

pub(super) fn tell(
    fuzz: &Fuzz,
    campaign: &Campaign,
    elapsed: Duration,
    out: &mut Screen,
) -> io::Result<()> {
    for Earlier { scenario, is_mended, .. } in campaign.earlier() {
        let state = match is_mended {
            Some(true) => "mended",
            Some(false) => "still there",
            None => "not played",
        };
        writeln!(out, "{state}: {}: {}", scenario.id, scenario.summary)?;
    }
    for find in campaign.finds() {
        tell_find(fuzz, find, out)?;
    }
    let Progress { runs, explored, behaviours, finds, .. } = campaign.progress();
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 {
        f64::from(u32::try_from(runs).unwrap_or(u32::MAX)) / seconds
    } else {
        0.0
    };
    writeln!(
        out,
        "{finds} found in {runs} runs of {explored} setups, {behaviours} kinds of behaviour, {seconds:.0} s, \
         {rate:.0} runs/s"
    )
}

/// A find as `run` reports it, and how far it is from a setup that the client masters.
fn tell_find(fuzz: &Fuzz, find: &Find, out: &mut Screen) -> io::Result<()> {
    let scenario = find.scenario.id.clone();
    let run = Run {
        command: fuzz.client.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        seed: fuzz.seed,
        replay_options: replay_options(fuzz),
        case: Some(Case { scenario, path: path_of(fuzz, find) }),
        ..Run::default()
    };
    let judged = vec![find.judged.clone()];
    let results =
        Results::resolve(run, Terms::default(), RunEnd::Complete, judged, NonZeroUsize::MIN);
    let view =
        View { show_secrets: fuzz.show_secrets, width: width::of(io::stdout()), ..View::default() };
    terminal::write_rule_alone(&results, &find.cause.rule, view, out.document())?;
    writeln!(out, "  differs from a situation that it masters in")?;
    for deviation in find.judged.judged.iter().flat_map(|judged| &judged.deviations) {
        writeln!(out, "    {}", deviation.what)?;
    }
    if !find.is_steady {
        writeln!(
            out,
            "  unsteady  it was not found each time that it was tried: no verdict rests on it"
        )?;
    }
    if let Some(id) = &find.shown_by {
        writeln!(out, "  shown by  run -s {id}")?;
    }
    if find.others > 0 {
        writeln!(out, "  others    {} more setups came down to the same", find.others)?;
    }
    if fuzz.export_scenario {
        let Scenario { id, summary, setup, .. } = find.scenario.as_ref();
        writeln!(out, "  entry     {id:?}, {summary:?}")?;
        for line in format!("{setup:#?}").lines() {
            writeln!(out, "    {line}")?;
        }
    }
    writeln!(out)
}

fn replay_options(fuzz: &Fuzz) -> Vec<String> {
    let mut options = Vec::new();
    if fuzz.driver {
        options.push("--driver".to_owned());
    }
    options.extend(fuzz.via.replay_options());
    options.extend(["--deadline".to_owned(), in_one_word(fuzz.deadline)]);
    options
}
