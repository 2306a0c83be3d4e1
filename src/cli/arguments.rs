//! From words to options.

use std::ffi::OsString;
use std::io::Write;

use anstream::AutoStream;
use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, Error, Parser};
use slicecheck::report::screen::{Screen, escaped};

use super::{Cli, Command, config};
use crate::exit::Exit;

/// The options, or how the program ends without any; everything is told by then.
pub(crate) fn parse(words: &[OsString]) -> Result<Cli, Exit> {
    read(words).map_err(|error| {
        // Help and version have nothing foreign in them. A stream that is gone is no reason to fail.
        if !error.use_stderr() {
            let _ = error.print();
            return Exit::Shown;
        }
        let mut err = AutoStream::auto(std::io::stderr());
        // Errors quote words: those of the same mistake in escaped words are harmless.
        let harmless: Vec<OsString> =
            words.iter().map(|word| escaped(&word.to_string_lossy()).into()).collect();
        let _ = match read(&harmless) {
            // Escaped words may be wrong in another way.
            Err(same) if same.kind() == error.kind() => write!(err, "{}", same.render().ansi()),
            _ => writeln!(Screen::new(&mut err), "{}", error.to_string().trim_end()),
        };
        Exit::Usage
    })
}

fn read(words: &[OsString]) -> Result<Cli, Error> {
    // What is wrong with them is told by whoever reads all of them.
    let given = Cli::command().ignore_errors(true).try_get_matches_from(words)?;
    let words = &with_config(words, &given)?;
    let mut cli = Cli::try_parse_from(words)?;
    if let Command::Run(run) = &mut cli.command {
        run.options.required_where_selected = !config::is_given(&given, "required");
    }
    if let Some(message) = without_effect(&given, &cli.command) {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
    }
    let client = match &cli.command {
        Command::Run(run) => Some(&run.client),
        Command::Fuzz(fuzz) => Some(&fuzz.client),
        Command::Fingerprint(options) => Some(&options.client),
        Command::Witness(options) => Some(&options.client),
        _ => None,
    };
    // Otherwise the built-in client would be judged instead of the user's, and would conform.
    if client.is_some_and(|client| is_command_empty(client, words)) {
        let message = "the command after -- is empty: is a variable unset? \
                       Without --, the built-in reference client is judged";
        return Err(Cli::command().error(ErrorKind::MissingRequiredArgument, message));
    }
    Ok(cli)
}

/// The words, and those of the file of options if they run something.
fn with_config(words: &[OsString], given: &ArgMatches) -> Result<Vec<OsString>, Error> {
    if given.subcommand_name() != Some("run") {
        return Ok(words.to_vec());
    }
    config::complete(words, given)
        .map_err(|message| Cli::command().error(ErrorKind::ValueValidation, message))
}

/// What is said of an option of the command line that no report heeds. In the file of options it may wait for a
/// report that is not asked for each time.
fn without_effect(given: &ArgMatches, command: &Command) -> Option<String> {
    const HEEDED: [(&str, &str, &[&str]); 2] = [
        ("baseline", "--baseline", &["html"]),
        ("sarif_anchor", "--sarif-anchor", &["sarif", "github"]),
    ];
    let options = match command {
        Command::Run(run) => &run.options,
        Command::Check(check) => &check.options,
        _ => return None,
    };
    HEEDED.into_iter().find_map(|(id, name, formats)| {
        let is_heeded = options.reports.iter().any(|report| formats.contains(&report.format.name));
        let reports = formats.iter().map(|format| format!("--report {format}=PATH"));
        let reports = reports.collect::<Vec<_>>().join(" or ");
        (config::is_given(given, id) && !is_heeded)
            .then(|| format!("{name} has no effect without {reports}"))
    })
}

/// Whether a command was begun and has no program.
///
/// No option of these commands takes `--` as its value, so that it always begins the command.
fn is_command_empty(client: &[OsString], words: &[OsString]) -> bool {
    match client.first() {
        Some(program) => program.to_string_lossy().trim().is_empty(),
        None => words.iter().any(|word| word == "--"),
    }
}
