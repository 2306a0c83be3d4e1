//! What is made from the definition of the command line: completions, and pages for man.

use std::io;

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use slicecheck::report::near::hint;

use super::Cli;

/// Writes a script that completes words in a shell.
pub(crate) fn completions(shell: Shell, out: &mut dyn io::Write) -> io::Result<()> {
    // clap_complete panics where it cannot write, as into a pipe that nobody reads any more.
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "slicecheck", &mut script);
    out.write_all(&script)
}

/// Writes the page of the program or of one of its commands, as roff; an error names the command.
pub(crate) fn page(
    command: Option<&str>,
    out: &mut dyn io::Write,
) -> io::Result<Result<(), String>> {
    let mut all = Cli::command();
    all.build();
    let page = match command {
        None => all,
        Some(name) => {
            let Some(found) = all.find_subcommand(name) else {
                let names = all.get_subcommands().map(clap::Command::get_name);
                return Ok(Err(format!("there is no command {name:?}{}", hint(name, names))));
            };
            found.clone()
        }
    };
    Man::new(page).render(&mut *out).map(Ok)
}
