//! In what a setup differs from the plain one, in words.

use super::Planned;
use crate::protocol::{Machine, SlicePlan, Source, Wishes};
use crate::scenario::{Content, FileSetup, Setup};
use crate::server::{
    Behaviour, Fault, Preexisting, SessionForm, SliceSelector, SliceSize, Storing, Trigger,
};

/// What is different from the plain setup, but for the file; a finish that does not notice what is
/// missing is no situation that a careful client meets.
pub(super) fn differences(setup: &Setup, usual_slice_size: u64) -> Vec<(Planned, String)> {
    let mut differences = Vec::new();
    if is_special(&setup.key) {
        differences.push((Planned::Key, format!("the key {:?}", setup.key)));
    }
    // Where something goes wrong the size is only a means: faults follow the plan of the client.
    if setup.slice_size != usual_slice_size && setup.behaviour.faults.is_empty() {
        let what = format!("the client is told to ask for slices of {} bytes", setup.slice_size);
        differences.push((Planned::AskedSliceSize(setup.slice_size), what));
    }
    differences.extend(machine(&setup.machine));
    differences.extend(wishes(setup.wishes));
    differences.extend(granted(&setup.behaviour).map(|what| (Planned::Granted, what)));
    differences.extend(preexisting(&setup.behaviour));
    for (fault, planned) in setup.behaviour.faults.iter().enumerate() {
        let Fault { trigger, reactions, repeats } = planned;
        let last = reactions.len().saturating_sub(1);
        let place = place(setup, *trigger);
        for (reaction, what) in reactions.iter().enumerate() {
            let attempts = match reaction {
                0 if *repeats && reaction == last => "each time".to_owned(),
                0 => "the first time".to_owned(),
                _ if *repeats && reaction == last => {
                    format!("from attempt {} on", reaction.saturating_add(1))
                }
                _ => format!("at attempt {}", reaction.saturating_add(1)),
            };
            let planned =
                Planned::Reaction { fault, reaction, trigger: *trigger, delivered: what.delivered };
            differences.push((planned, format!("{place}, {attempts}: {what}")));
        }
    }
    if setup.machine.restarts {
        let what = "the client is killed then, and started again";
        differences.push((Planned::Killed, what.to_owned()));
    }
    differences
}

/// Which request a fault hits: where the file has fewer slices than its trigger counts, that is the last one.
fn place(setup: &Setup, trigger: Trigger) -> Trigger {
    let Trigger::Slice(SliceSelector::Nth(nth)) = trigger else { return trigger };
    let slice_size = setup.behaviour.slice_size.granted(setup.slice_size);
    let size = u64::try_from(setup.file.size).unwrap_or(u64::MAX);
    let count = SlicePlan::new(size, slice_size).map_or(0, SlicePlan::count);
    if nth < count { trigger } else { Trigger::Slice(SliceSelector::Last) }
}

/// What is special about the machine of the client, but for its end.
fn machine(machine: &Machine) -> Vec<(Planned, String)> {
    let mut found = Vec::new();
    if let Some(name) = &machine.file_name {
        found.push((Planned::LocalFile, format!("the local file is called {name:?}")));
    }
    let changed = |how: String| {
        (Planned::Changed, format!("the local file {how} when the first slice comes"))
    };
    match machine.source {
        Source::Regular => {}
        Source::Symlink => {
            found.push((Planned::LocalFile, "the local file is a symbolic link".to_owned()));
        }
        Source::Absent => {
            found.push((Planned::LocalFile, "the local file is not there".to_owned()));
        }
        Source::Unreadable => {
            let what = "nobody has the right to read the local file";
            found.push((Planned::LocalFile, what.to_owned()));
        }
        Source::Shrinks(length) => found.push(changed(format!("is cut to {length} bytes"))),
        Source::Grows(more) => found.push(changed(format!("becomes longer by {more} bytes"))),
    }
    if let Some(fault) = machine.certificate.fault() {
        found.push((Planned::Certificate, format!("the certificate of the service {fault}")));
    }
    if !machine.environment.is_empty() {
        let variables = machine.environment.iter().map(|(name, value)| format!("{name}={value}"));
        let what = format!("the client runs with {}", variables.collect::<Vec<_>>().join(" "));
        found.push((Planned::Environment, what));
    }
    found
}

/// What the client is asked to ask the service for.
fn wishes(Wishes { sha, insert_only }: Wishes) -> impl Iterator<Item = (Planned, String)> {
    let what = "the client is asked for sha and uploadparts";
    let sha = sha.then(|| (Planned::Wish("sha", None), what.to_owned()));
    let insert_only = insert_only.map(|keeps| {
        let value = if keeps { "1" } else { "0" };
        let what = format!("the client is asked for insertOnly={value}");
        (Planned::Wish("insertOnly", Some(value)), what)
    });
    sha.into_iter().chain(insert_only)
}

/// What replies with a session grant that is not what was asked for.
fn granted(behaviour: &Behaviour) -> impl Iterator<Item = String> {
    let size = match behaviour.slice_size {
        SliceSize::Asked => None,
        SliceSize::Fixed(size) => Some(format!("slices of {size} bytes are granted")),
        SliceSize::Changes { first, later } => Some(format!(
            "slices of {first} bytes are granted, and of {later} bytes to an upload that is begun anew"
        )),
    };
    let session = (behaviour.session != SessionForm::Hex).then(|| behaviour.session.to_string());
    let serial =
        behaviour.serial_upload.map(|serial| format!("serial_upload is {}", u8::from(serial)));
    size.into_iter().chain(session).chain(serial)
}

fn preexisting(behaviour: &Behaviour) -> Vec<(Planned, String)> {
    let (what, held) = match &behaviour.preexisting {
        Preexisting::Nothing => return Vec::new(),
        Preexisting::SameFile => ("the same file is there already", None),
        Preexisting::OtherFile => {
            return vec![(Planned::OtherFile, "another object is there already".to_owned())];
        }
        Preexisting::Recognised => {
            let what = "the service has the file elsewhere, and recognises its sha at init";
            return vec![(Planned::Recognised, what.to_owned())];
        }
        Preexisting::Unfinished(held)
        | Preexisting::UnfinishedWithSha(held)
        | Preexisting::UnfinishedHalved(held) => {
            ("an interrupted upload is there already", Some((held.len(), "")))
        }
        Preexisting::UnfinishedLonger(held) => {
            ("an interrupted upload of a longer file is there already", Some((held.len(), "")))
        }
        Preexisting::UnfinishedShorter(held) => {
            ("an interrupted upload of a shorter file is there already", Some((held.len(), "")))
        }
        // Who stops at -4020 has no reason to ask for the list.
        Preexisting::UnfinishedOther(_) => {
            let what = "an interrupted upload of another file is there already";
            return vec![(Planned::OtherUpload, what.to_owned())];
        }
        Preexisting::UnfinishedBut(missing) => {
            ("an interrupted upload is there already", Some((missing.len(), "all but ")))
        }
    };
    // There is no list of it where lists are refused, but for who asks again, or where the upload is closed
    // meanwhile.
    let refused = behaviour.faults.iter().any(|fault| {
        let stored = |what| fault.reactions.first().is_some_and(|first| first.stored == what);
        (fault.trigger == Trigger::List && stored(Storing::Nothing)) || stored(Storing::Completed)
    });
    let listed = held.filter(|_| !refused).map(|(number, all_but)| {
        let slices = if number == 1 { "slice" } else { "slices" };
        let what = format!("the list names {all_but}{number} {slices}");
        (Planned::Listed, what)
    });
    [(Planned::Preexisting, what.to_owned())].into_iter().chain(listed).collect()
}

/// Whether a key has characters that have to be escaped or are easily changed, or is a long one.
pub(in crate::scenario) fn is_special(key: &str) -> bool {
    const LONG: usize = 100;
    const DEEP: usize = 5;
    let usual =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/-.".contains(&byte);
    let deep = key.split('/').count() > DEEP;
    let unusual = ["/.", "..", "//"].iter().any(|pair| key.contains(pair));
    key.len() > LONG || deep || unusual || !key.bytes().all(usual)
}

pub(super) fn describe_file(file: &FileSetup) -> String {
    let FileSetup { size, content } = file;
    let content = match content {
        Content::Random => String::new(),
        Content::Sparse(_) => " of zeros with noise in some slices".to_owned(),
        Content::EveryPair => " in which each byte follows each other byte".to_owned(),
        Content::Repeated(pattern) => {
            let short: String = pattern.chars().take(16).collect();
            format!(" that repeats {short:?}{}", if short == *pattern { "" } else { "…" })
        }
    };
    format!("a file of {size} bytes{content}, in slices")
}
