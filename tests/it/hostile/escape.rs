//! Clients whose processes try to outlive them. Nothing of them may be left after the run.

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, Stdio, exit};
use std::thread::sleep;
use std::time::Duration;

use super::Behaviour;
use super::wire::{greet, number, wait_for_ever, word};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    ("child", "leaves a child in its process group, and succeeds", |_| {
        leave(&mut again("sleeper", &[])?)
    }),
    ("own-group", "leaves a child in a process group of its own, and succeeds", |_| {
        leave(again("sleeper", &[])?.process_group(0))
    }),
    ("own-session", "leaves a child in a session of its own, with its output open", |_| {
        leave(&mut in_session(&again("sleeper", &[])?))
    }),
    ("daemon", "leaves a daemon: another session, no parent, no output", |_| {
        let quiet = &mut in_session(&again("leaves-sleeper", &[])?);
        leave(quiet.stdout(Stdio::null()).stderr(Stdio::null()))
    }),
    ("writer", "leaves a child in its own session that writes beside the file for ever", |_| {
        leave(&mut in_session(&again("writing", &[])?))
    }),
    ("deserter", "moves into the process group of its parent, and never ends", deserter),
    ("forks", "COUNT: starts so many children, and never ends", |arguments| {
        for _ in 0..number(arguments, 0)? {
            again("sleeper", &[])?.spawn()?;
        }
        greet()?;
        wait_for_ever()
    }),
    ("sleeper", "never ends", |_| wait_for_ever()),
    ("leaves-sleeper", "leaves a child, without a request", |_| {
        again("sleeper", &[])?.spawn().map(drop)
    }),
    ("writing", "writes files beside the file to upload, for ever", writing),
];

/// Another process of this program.
fn again(behaviour: &str, arguments: &[String]) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(behaviour).args(arguments).stdin(Stdio::null());
    Ok(command)
}

/// The same in a session of its own.
fn in_session(command: &Command) -> Command {
    let mut session = Command::new("setsid");
    session.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    session
}

/// Starts it, sends a request, and claims success.
fn leave(command: &mut Command) -> io::Result<()> {
    command.spawn()?;
    greet()?;
    exit(0)
}

fn deserter(arguments: &[String]) -> io::Result<()> {
    if arguments.is_empty() {
        let group = group_of(parent_id())?;
        return Err(again("deserter", &["there".to_owned()])?.process_group(group).exec());
    }
    greet()?;
    wait_for_ever()
}

/// The process group of a process: the third field after the name [man `proc_pid_stat`].
fn group_of(process: u32) -> io::Result<i32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let group = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2));
    group.unwrap_or_default().parse().map_err(io::Error::other)
}

fn writing(_: &[String]) -> io::Result<()> {
    let file = word("FILE")?;
    for number in 0.. {
        let path = format!("{file}.{number}");
        if let Some(folder) = std::path::Path::new(&path).parent() {
            // A folder that is gone comes back.
            let _ = fs::create_dir_all(folder);
        }
        let _ = fs::write(path, "still here");
        sleep(Duration::from_millis(10));
    }
    Ok(())
}
