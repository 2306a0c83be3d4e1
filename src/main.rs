//! The `slicecheck` program: parse, run, return an exit code.

mod cli;
mod exit;

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use clap::Parser;
use slicecheck::report::{explain, lists};

use cli::{Cli, Color, Command, List, ListFormat};
use exit::Exit;

fn main() -> Exit {
    let cli = Cli::parse();
    let color = match cli.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let mut out = AutoStream::new(io::stdout(), color);
    let mut err = AutoStream::new(io::stderr(), color);
    let done = perform(&cli.command, &mut out, &mut err);
    // What could be written is; a closed pipe changes nothing any more.
    let _ = out.flush();
    match done {
        Ok(exit) => exit,
        // The reader has seen enough, as with `| head`.
        Err(error) if is_list(&cli.command) && error.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Shown
        }
        Err(error) => {
            // Nothing is left to tell it to, should this fail, too.
            let _ = writeln!(err, "error: {error}");
            Exit::Internal
        }
    }
}

/// Whether a command only shows something, and judges nobody.
fn is_list(command: &Command) -> bool {
    !matches!(command, Command::Run(_) | Command::Check(_))
}

fn perform(command: &Command, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let json = |list: &List| list.format == ListFormat::Json;
    match command {
        Command::Run(run) => return cli::run::run(run, out, err),
        Command::Check(check) => return cli::check::check(check, out, err),
        Command::Rules(list) => lists::rules(json(list), out)?,
        Command::Scenarios(list) => lists::all_scenarios(json(list), out)?,
        Command::Spec(list) => lists::spec(json(list), out)?,
        Command::Explain { id } => {
            let Some(page) = explain::page(id) else {
                writeln!(err, "error: there is no rule, scenario, clause or error code {id:?}")?;
                for known in explain::ids_like(id) {
                    writeln!(err, "  there is {known}")?;
                }
                return Ok(Exit::Usage);
            };
            write!(out, "{page}")?;
        }
    }
    Ok(Exit::Shown)
}
