//! The `slicecheck` program: parse, run, return an exit code.

mod cli;
mod exit;

use std::io;

use anstream::{AutoStream, ColorChoice};
use slicecheck::harness::HarnessError;
use slicecheck::report::lists;
use slicecheck::report::screen::Screen;

use cli::signals::Signals;
use cli::{Color, Command, List, ListFormat};
use exit::Exit;

fn main() -> Exit {
    // First of all: whoever ends this program ends all that it has started.
    let signals = Signals::listen();
    let words: Vec<_> = std::env::args_os().collect();
    let cli = match cli::arguments::parse(&words) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let color = match cli.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let mut out = AutoStream::new(io::stdout(), color);
    let mut err = AutoStream::new(io::stderr(), color);
    let (mut out, mut err) = (Screen::new(&mut out), Screen::new(&mut err));
    let done = match signals {
        Ok(signals) => perform(&cli.command, &signals, &mut out, &mut err),
        Err(error) => {
            // Nothing is left to tell it to, should this fail, too.
            let _ = writeln!(err, "error: {}", HarnessError::no_thread(&error));
            return Exit::Usage;
        }
    };
    // What a verdict is told in has been written by now, or missed.
    let flushed = out.document().flush();
    match done {
        Ok(exit) if !is_list(&cli.command) => exit,
        Ok(exit) => flushed.map_or_else(|error| unwritten(&error, &mut err), |()| exit),
        Err(error) => unwritten(&error, &mut err),
    }
}

/// How a list ends that could not be shown. A reader that has seen enough, as with `| head`, is no error.
fn unwritten(error: &io::Error, err: &mut Screen) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Shown;
    }
    let _ = writeln!(err, "error: stdout: {error}");
    Exit::Usage
}

/// Whether a command only shows something, and judges nobody.
fn is_list(command: &Command) -> bool {
    !matches!(
        command,
        Command::Run(_)
            | Command::Fuzz(_)
            | Command::Fingerprint(_)
            | Command::Check(_)
            | Command::Merge(_)
            | Command::Witness(_)
    )
}

fn perform(
    command: &Command,
    signals: &Signals,
    out: &mut Screen,
    err: &mut Screen,
) -> io::Result<Exit> {
    let json = |list: &List| list.format == ListFormat::Json;
    match command {
        Command::Run(run) => return Ok(cli::run::run(run, signals, out, err)),
        Command::Fuzz(fuzz) => return Ok(cli::fuzz::fuzz(fuzz, signals, out, err)),
        Command::Fingerprint(options) => {
            return Ok(cli::fingerprint::fingerprint(options, signals, out, err));
        }
        Command::Witness(options) => return Ok(cli::witness::witness(options, signals, out, err)),
        Command::Check(check) => return Ok(cli::check::check(check, out, err)),
        Command::Rules(list) => lists::rules(json(list), out.document())?,
        Command::Scenarios(list) => lists::all_scenarios(json(list), out.document())?,
        Command::Matrix(matrix) => return cli::matrix::matrix(matrix, out, err),
        Command::Merge(merge) => return Ok(cli::merge::merge(merge, out, err)),
        Command::Mutants(options) => return cli::mutants::mutants(*options, out),
        Command::Spec(list) => lists::spec(json(list), out.document())?,
        Command::Explain(explain) => return cli::explain::explain(explain, out, err),
        Command::Completions { shell } => cli::manual::completions(*shell, out.document())?,
        Command::Man { command } => {
            if let Err(message) = cli::manual::page(command.as_deref(), out.document())? {
                writeln!(err, "error: {message}")?;
                return Ok(Exit::Usage);
            }
        }
    }
    Ok(Exit::Shown)
}
