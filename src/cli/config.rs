//! `slicecheck.toml` in the working directory: options of `run`, where the command line has none.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use clap::error::ErrorKind as Refusal;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, Error};
use slicecheck::report::near::hint;
use slicecheck::scenario::TomlError;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::files::place;
use super::{Cli, input};

/// The name of the file.
pub(super) const FILE: &str = "slicecheck.toml";
/// It may have this many bytes.
const MOST_BYTES: u64 = 1 << 20;
/// The key of what stands after `--`.
const COMMAND: &str = "command";
/// What clap calls it.
const CLIENT: &str = "client";
/// What is no option of a run that could be the same in all of them.
const NOT_HERE: [&str; 2] = ["help", "version"];

/// The words of the command line with those of the file, if there is one.
///
/// An option of the command line is not read from the file, nor is one that it rules out. An error names the
/// file and the place in it.
pub(super) fn complete(words: &[OsString], given: &ArgMatches) -> Result<Vec<OsString>, String> {
    let path = Path::new(FILE);
    // A link that leads nowhere is a mistake to be told; a file that is not there is none.
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(words.to_vec()),
        _ => {}
    }
    let text = input::read_text(path, MOST_BYTES)?;
    merge(&text, words, given).map_err(|error| place(path, &error))
}

fn merge(text: &str, words: &[OsString], given: &ArgMatches) -> Result<Vec<OsString>, TomlError> {
    let at = |place: std::ops::Range<usize>, message: String| TomlError::new(text, &place, message);
    let table = DeTable::parse(text)
        .map_err(|error| at(error.span().unwrap_or_default(), error.message().to_owned()))?;
    let mut cli = Cli::command();
    cli.build();
    let run = cli.find_subcommand("run").cloned().unwrap_or_default();
    let is_given = |arg: &Arg| is_given(given, arg.get_id().as_str());
    // Which of two options says so does not matter.
    let rules_out = |one: &Arg, other: &Arg| {
        let mut conflicts = run.get_arg_conflicts_with(one).into_iter();
        conflicts.any(|of| of.get_id() == other.get_id())
    };
    let is_ruled_out = |arg: &Arg| {
        let mut given = options_of(&run).filter(|other| is_given(other));
        given.any(|other| rules_out(arg, other) || rules_out(other, arg))
    };
    let (mut options, mut command) = (Vec::new(), Vec::new());
    for (key, value) in table.get_ref() {
        let (name, span) = (key.get_ref().as_ref(), value.span());
        let wrong = |message: String| at(span.clone(), message);
        if name == COMMAND {
            command = list(value).map_err(wrong)?;
            if command.is_empty() {
                return Err(wrong("a command has a program".to_owned()));
            }
            continue;
        }
        let arg = options_of(&run).find(|arg| arg.get_long() == Some(name)).ok_or_else(|| {
            let names = options_of(&run).filter_map(Arg::get_long).chain([COMMAND]);
            at(key.span(), format!("there is no option {name:?}{}", hint(name, names)))
        })?;
        let own = words_of(arg, value).map_err(wrong)?;
        check(&own).map_err(wrong)?;
        if !is_given(arg) && !is_ruled_out(arg) {
            options.extend(own);
        }
    }
    // Who asks for a plan on the command line starts no client.
    if run.get_arguments().find(|arg| arg.get_id() == CLIENT).is_some_and(is_ruled_out) {
        command.clear();
    }
    Ok(together(words, options, command))
}

/// Whether an option of a command stands on the command line. The command has to have this option.
pub(super) fn is_given(given: &ArgMatches, id: &str) -> bool {
    given.subcommand().and_then(|(_, command)| command.value_source(id))
        == Some(ValueSource::CommandLine)
}

/// The options of `run` stand before those of the command line, its command takes the place of none.
fn together(words: &[OsString], options: Vec<String>, command: Vec<String>) -> Vec<OsString> {
    let at = words.iter().position(|word| word == "run").map_or(words.len(), |at| at + 1);
    let (before, after) = words.split_at(at);
    let mut all: Vec<OsString> = before.to_vec();
    all.extend(options.into_iter().map(OsString::from));
    all.extend(after.iter().cloned());
    if !command.is_empty() && !after.iter().any(|word| word == "--") {
        all.push("--".into());
        all.extend(command.into_iter().map(OsString::from));
    }
    all
}

fn options_of(run: &Command) -> impl Iterator<Item = &Arg> {
    run.get_arguments().filter(|arg| arg.get_long().is_some_and(|name| !NOT_HERE.contains(&name)))
}

/// The words that say the same on the command line.
fn words_of(arg: &Arg, value: &Spanned<DeValue>) -> Result<Vec<String>, String> {
    let name = format!("--{}", arg.get_long().unwrap_or_default());
    match (arg.get_action(), value.get_ref()) {
        (ArgAction::SetTrue, DeValue::Boolean(true)) => Ok(vec![name]),
        (ArgAction::SetTrue, DeValue::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => Err("expected true or false".to_owned()),
        (ArgAction::Append, DeValue::Array(_)) => {
            // With the sign between them, a value may begin with a dash.
            Ok(list(value)?.into_iter().map(|word| format!("{name}={word}")).collect())
        }
        _ => Ok(vec![format!("{name}={}", word(value)?)]),
    }
}

fn list(value: &Spanned<DeValue>) -> Result<Vec<String>, String> {
    match value.get_ref() {
        DeValue::Array(values) => values.iter().map(word).collect(),
        _ => Err("expected a list of strings".to_owned()),
    }
}

fn word(value: &Spanned<DeValue>) -> Result<String, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.clone().into_owned()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        _ => Err("expected a string or a number".to_owned()),
    }
}

/// Tries the words alone, so that what is wrong with them is told with their place.
fn check(words: &[String]) -> Result<(), String> {
    let line = ["slicecheck", "run"].map(str::to_owned).into_iter().chain(words.iter().cloned());
    // Some options are refused without a command.
    let line = line.chain(["--", "client"].map(str::to_owned));
    let told = |error: Error| match error.kind() {
        // Whether options agree is told of all together.
        Refusal::ArgumentConflict | Refusal::MissingRequiredArgument => Ok(()),
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Err(first.trim_start_matches("error: ").to_owned())
        }
    };
    Cli::command().try_get_matches_from(line).map(drop).or_else(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(text: &str, words: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let given = Cli::command().try_get_matches_from(&words).unwrap();
        let words = merge(text, &words, &given).map_err(|error| error.to_string())?;
        Ok(words.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn options_of_the_file_are_those_of_the_command_line() {
        let text = "scenario = [\"happy/*\", \"!echo/*\"]\nstrict = true\njobs = 3\ncommand = [\"./a\", \"b\"]\n";
        let words = merged(text, &["slicecheck", "run"]).unwrap();
        let expected = [
            "slicecheck",
            "run",
            "--jobs=3",
            "--scenario=happy/*",
            "--scenario=!echo/*",
            "--strict",
            "--",
            "./a",
            "b",
        ];
        assert_eq!(sorted(words), sorted(expected.map(str::to_owned).to_vec()));
    }

    fn sorted(mut words: Vec<String>) -> Vec<String> {
        words.sort();
        words
    }

    #[test]
    fn the_command_line_wins() {
        let text = "seed = 7\njobs = 3\nscenario = [\"happy/*\"]\ncommand = [\"./a\"]\n";
        let words =
            ["slicecheck", "run", "--jobs", "1", "--replay", "1:happy/one-byte", "--", "./b"];
        // A token has a scenario and a seed of its own.
        assert_eq!(merged(text, &words).unwrap(), words);
    }

    #[test]
    fn a_plan_of_the_command_line_takes_the_place_of_a_command() {
        let words = ["slicecheck", "run", "--plan"];
        assert_eq!(merged("command = [\"./a\"]\n", &words).unwrap(), words);
    }

    #[test]
    fn options_that_need_or_exclude_others_are_judged_together() {
        let text = "plan = true\nlisten = \"127.0.0.1:0\"\n";
        assert!(merged(text, &["slicecheck", "run"]).is_ok());
        let text = "report = [\"html=a\"]\nbaseline = \"b\"\n";
        assert!(merged(text, &["slicecheck", "run"]).is_ok());
    }

    #[test]
    fn an_error_has_its_place_and_the_nearest_name() {
        for (text, expected) in [
            (
                "strict = true\nsceanrio = []\n",
                "line 2: there is no option \"sceanrio\" (near: scenario) (column 1)",
            ),
            ("strict = 1", "line 1: expected true or false (column 10)"),
            ("jobs = 0", "line 1: invalid value '0' for '--jobs"),
            ("report = [\"jsn=a\"]", "line 1: invalid value 'jsn=a'"),
            ("command = []", "line 1: a command has a program (column 11)"),
            ("jobs = ", "line 1"),
        ] {
            let error = merged(text, &["slicecheck", "run"]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
