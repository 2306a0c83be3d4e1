//! One process of the client under test per scenario: started, watched, ended, never outlived.

mod capture;
mod claim;
mod lines;
mod persistent;
mod processes;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};

use super::limit::Limit;
use super::restart::Restart;
use super::subject::{Attached, Ended, RunContext};
use super::{HarnessError, Options};
use crate::protocol::{Claim, UploadJob};
use capture::Capture;
pub(super) use claim::DriverAnswer;
pub(super) use persistent::Pool;
pub(super) use processes::{Busy, adopt_strays, end_all, own_delay};
use processes::{Mark, Processes};

/// How long output may still come after all processes were killed: somebody who got hold of the pipes
/// may keep them open for ever.
const GRACE: Duration = Duration::from_millis(500);

/// How long a process that was killed may take to be gone: it may be in the midst of a system call.
const REAP_TIMEOUT: Duration = Duration::from_secs(5);

/// A program and its arguments, started once per scenario.
pub(super) struct Program(pub(super) Vec<OsString>);

impl Attached for Program {
    fn drive<'a>(
        &'a self,
        context: &'a RunContext<'_>,
        _: &'a Options,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Ended, HarnessError>> {
        drive(&self.0, context, limit).boxed()
    }
}

/// Starts the program, waits for its end or the limit, and leaves none of its processes running.
async fn drive(
    command: &[OsString],
    context: &RunContext<'_>,
    limit: Limit,
) -> Result<Ended, HarnessError> {
    let first = start(command, context, limit.clone()).await?;
    // Not killed: the upload never came to the fault at which it would have been. That makes the scenario
    // not exercised; another start would change nothing.
    if !context.restart.is_some_and(|restart| restart.kill_target().take_killed()) {
        return Ok(first);
    }
    let second = start(command, context, limit).await?;
    // The claim is that of the second start. The first one was killed by us.
    Ok(Ended {
        stdout: [first.stdout, second.stdout].concat(),
        stderr: [first.stderr, second.stderr].concat(),
        elapsed: first.elapsed.saturating_add(second.elapsed),
        ..second
    })
}

async fn start(
    command: &[OsString],
    context: &RunContext<'_>,
    limit: Limit,
) -> Result<Ended, HarnessError> {
    let mark = Mark::new();
    let variables = variables(context, context.source.path()?);
    let mut command = prepare(command, context, &variables, &mark);
    // What the scenario is about comes last, and replaces what the run or the machine has set.
    command.envs(context.access.environment()).envs(&context.job.machine.environment);
    watch(command, mark, context.restart, limit).await
}

/// A proxy of the machine is none of the client's business.
fn without_proxy(command: &mut Command) {
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
}

fn spawn(command: &mut Command) -> Result<Child, HarnessError> {
    processes::while_open(|| command.spawn())
        .map_err(|error| HarnessError::not_started(command.as_std().get_program(), &error))
}

/// The words of the driver contract in a line of JSON; `file` is where the client finds the file.
pub(super) fn line(context: &RunContext<'_>, file: impl Into<OsString>) -> Map<String, Value> {
    let job = context.job;
    // JSON has no bytes that are not Unicode. Only the folder for temporary files can have such a name.
    let text = |(name, value): (&str, OsString)| (name.to_owned(), json!(value.to_string_lossy()));
    let mut line: Map<_, _> = variables(context, file).into_iter().map(text).collect();
    line.insert("slice_size".to_owned(), json!(job.slice_size));
    line.extend(job.wishes.words().map(|(name, value)| (name.to_owned(), json!(value))));
    line
}

/// The words of the driver contract and their values.
fn variables(context: &RunContext<'_>, file: impl Into<OsString>) -> Vec<(&'static str, OsString)> {
    let RunContext { job, restart, access, .. } = context;
    let UploadJob { path, credentials, slice_size, wishes, .. } = job;
    let mut variables = vec![
        ("op", "upload".into()),
        ("file", file.into()),
        ("key", path.key.clone().into()),
        ("appid", path.appid.clone().into()),
        ("bucket", path.bucket.clone().into()),
        // The one of the documented host, so that clients which build the host from it come to the same.
        ("region", "gz".into()),
        ("secret_id", credentials.secret_id.clone().into()),
        ("secret_key", credentials.secret_key.clone().into()),
        ("slice_size", slice_size.to_string().into()),
    ];
    variables.extend(restart.map(|restart| ("state", restart.state())));
    variables.extend(wishes.words().map(|(name, value)| (name, value.to_string().into())));
    variables.extend(access.words());
    variables
}

/// The words that are set in scenarios or runs about them only; in arguments they are empty elsewhere.
const OPTIONAL: [&str; 6] = ["sha", "insert_only", "state", "proxy", "ca", "ca_p12"];

/// The command with the words in its environment and in its arguments, and with its mark, where it finds
/// the service.
fn prepare(
    command: &[OsString],
    context: &RunContext<'_>,
    variables: &[(&'static str, OsString)],
    mark: &Mark,
) -> Command {
    let filled = command.iter().enumerate().map(|(number, word)| match number {
        0 => word.clone(),
        _ => fill_in(word, variables),
    });
    let mut words = context.access.wrapper.iter().cloned().chain(filled);
    let mut prepared = Command::new(words.next().unwrap_or_default());
    // Where slicecheck itself runs with one of them set, clients would take it for a wish of the
    // scenario.
    for name in OPTIONAL {
        prepared.env_remove(environment_name(name));
    }
    prepared
        .args(words)
        .envs(variables.iter().map(|(name, value)| (environment_name(name), value.as_os_str())))
        // A process that leaves the group keeps its environment, and is found by this.
        .env(processes::VARIABLE, mark.as_str())
        // The group is in the background: whoever in it reads a terminal is stopped (SIGTTIN).
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // The kill at the deadline takes all of the group, and Ctrl-C reaches slicecheck alone.
        .process_group(0)
        // Whoever gives up a run drops its future.
        .kill_on_drop(true);
    without_proxy(&mut prepared);
    prepared.envs(context.access.lasting_environment());
    prepared
}

fn environment_name(word: &str) -> String {
    format!("SLICECHECK_{}", word.to_uppercase())
}

/// Replaces known words in braces, once; what is filled in is not looked at again.
fn fill_in(argument: &OsStr, variables: &[(&'static str, OsString)]) -> OsString {
    let mut rest = argument.as_bytes();
    let mut filled = Vec::with_capacity(rest.len());
    while let Some(brace) = memchr::memchr(b'{', rest) {
        filled.extend_from_slice(&rest[..brace]);
        rest = &rest[brace..];
        let known = variables.iter().map(|(name, value)| (*name, value.as_bytes()));
        let unset = OPTIONAL.iter().map(|name| (*name, b"".as_slice()));
        // The first one counts: a word is empty only where it has no value.
        let known = known.chain(unset).find_map(|(name, value)| {
            let after = rest[1..].strip_prefix(name.as_bytes())?.strip_prefix(b"}")?;
            Some((value, after))
        });
        // Braces are common in arguments (JSON, awk, shells): what is none of our words stays as it is.
        let (text, after) = known.unwrap_or(rest.split_at(1));
        filled.extend_from_slice(text);
        rest = after;
    }
    filled.extend_from_slice(rest);
    OsString::from_vec(filled)
}

async fn watch(
    mut command: Command,
    mark: Mark,
    restart: Option<&Restart>,
    limit: Limit,
) -> Result<Ended, HarnessError> {
    let begun = Instant::now();
    let mut child = spawn(&mut command)?;
    if let Some(restart) = restart {
        restart.kill_target().is(&child);
    }
    let mut processes = Processes::of(&child, mark);
    let (mut stdout, mut stderr) = (Capture::default(), Capture::default());
    let (hung, busy, elapsed, status) = {
        let (out, err) = (child.stdout.take(), child.stderr.take());
        // Read while the client runs: one that fills a pipe would wait for us until its deadline.
        let mut output = pin!(async { tokio::join!(stdout.fill(out), stderr.fill(err)) });
        let mut drained = false;
        let ended = async {
            // Neither end waits for the other: a client may close its output early, and a process that it
            // has started may hold the pipe open after it has ended.
            loop {
                tokio::select! {
                    _ = child.wait() => break,
                    _ = &mut output, if !drained => drained = true,
                }
            }
        };
        let hung = limit.within(ended, processes.delay_since(Busy::default())).await.err();
        if let Some(restart) = restart {
            restart.kill_target().has_ended();
        }
        // Taken before the kill: how long a process takes to die is no time of the client's.
        let elapsed = begun.elapsed();
        // To be asked before the kill, and only then: it reads two files for each process of the machine.
        let busy = if hung.is_some() { processes.busy() } else { None };
        let status = end(&mut child, &mut processes).await;
        if !drained {
            // What is missing then is in nobody's hands any more.
            let _ = tokio::time::timeout(GRACE, output).await;
        }
        (hung, busy, elapsed, status?)
    };
    let (claim, detail) = match hung {
        // Whatever it has printed was no last word.
        Some(detail) => (Claim::Hung, detail),
        None => claim::read(status, stdout.last_line().as_deref())?,
    };
    let (stdout, stderr) = (stdout.into_bytes(), stderr.into_bytes());
    Ok(Ended { claim, detail, busy, stdout, stderr, elapsed })
}

/// Ends a program with all that it has started, and says how it ended.
///
/// It is waited for first: who ends the strays waits for whatever has the mark, and its status would be
/// lost there.
async fn end(child: &mut Child, processes: &mut Processes) -> Result<ExitStatus, HarnessError> {
    processes.kill_group();
    let status = bury(child).await;
    processes.end_strays().await;
    status
}

/// Kills a process that may have left its group, and says how it ended; known already, unless the
/// program had to be killed.
async fn bury(child: &mut Child) -> Result<ExitStatus, HarnessError> {
    // Fails if it has ended.
    let _ = child.start_kill();
    let ended = tokio::time::timeout(REAP_TIMEOUT, child.wait()).await;
    let ended = ended.map_err(|_| {
        HarnessError::Machine(format!(
            "a process that was killed is still there after {REAP_TIMEOUT:?}"
        ))
    })?;
    ended.map_err(|error| HarnessError::Wait(error.to_string()))
}
