//! One process of the client under test per scenario: started, watched, ended, never outlived.

mod capture;
mod claim;
mod lines;
mod persistent;

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::limit::Limit;
use super::{HarnessError, Options, Via};
use crate::protocol::{Assignment, Claim};
use capture::Capture;
pub(super) use persistent::Pool;

/// What clients that know no other endpoint call the service [SEED L3].
const DOCUMENTED_ENDPOINT: &str = "http://gz.file.myqcloud.com";

/// How long output may still come after the process group was killed: somebody who left the group
/// may keep the pipes open for ever.
const GRACE: Duration = Duration::from_millis(500);

/// How a client ended.
pub(super) struct Ended {
    pub(super) claim: Claim,
    pub(super) words: String,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) elapsed: Duration,
}

/// Starts the program, waits for its end or the limit, and leaves no process of it behind.
pub(super) async fn drive(
    command: &[OsString],
    assignment: &Assignment,
    tap: SocketAddr,
    via: Via,
    limit: Limit,
) -> Result<Ended, HarnessError> {
    let (_place, file) = place(assignment)?;
    let mut command = prepare(command, &variables(assignment, &file, tap, via));
    without_proxy(&mut command);
    if via == Via::Proxy {
        let proxy = format!("http://{tap}");
        command.env("http_proxy", &proxy).env("HTTP_PROXY", &proxy);
    }
    watch(command, limit).await
}

/// The file to upload, in a folder that goes with the first of the two.
fn place(assignment: &Assignment) -> Result<(tempfile::TempDir, PathBuf), HarnessError> {
    let cannot = |error: std::io::Error| HarnessError::File(error.to_string());
    let place = tempfile::Builder::new().prefix("slicecheck-").tempdir().map_err(cannot)?;
    let file = std::path::absolute(place.path().join("slicecheck-upload.bin")).map_err(cannot)?;
    std::fs::write(&file, &assignment.file).map_err(cannot)?;
    Ok((place, file))
}

/// A proxy of the machine is none of the client's business.
fn without_proxy(command: &mut Command) {
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
}

fn spawn(command: &mut Command) -> Result<Child, HarnessError> {
    command.spawn().map_err(|error| HarnessError::NotStarted {
        program: command.as_std().get_program().to_string_lossy().into_owned(),
        cause: error.to_string(),
    })
}

/// The words of the driver contract and their values.
fn variables(
    assignment: &Assignment,
    file: &Path,
    tap: SocketAddr,
    via: Via,
) -> Vec<(&'static str, OsString)> {
    let endpoint = match via {
        Via::Endpoint => format!("http://{tap}"),
        Via::Proxy => DOCUMENTED_ENDPOINT.to_owned(),
    };
    let Assignment { path, credentials, slice_size, .. } = assignment;
    vec![
        ("endpoint", endpoint.into()),
        ("op", "upload".into()),
        ("file", file.into()),
        ("key", path.key.clone().into()),
        ("appid", path.appid.clone().into()),
        ("bucket", path.bucket.clone().into()),
        ("region", "gz".into()),
        ("secret_id", credentials.secret_id.clone().into()),
        ("secret_key", credentials.secret_key.clone().into()),
        ("slice_size", slice_size.to_string().into()),
    ]
}

/// The command with the words in its environment and in its arguments.
fn prepare(command: &[OsString], variables: &[(&'static str, OsString)]) -> Command {
    let mut words = command.iter();
    let mut prepared = Command::new(words.next().map(OsString::as_os_str).unwrap_or_default());
    prepared
        .args(words.map(|word| fill_in(word, variables)))
        .envs(variables.iter().map(|(name, value)| {
            (format!("SLICECHECK_{}", name.to_uppercase()), value.as_os_str())
        }))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    prepared
}

/// Replaces known words in braces, once; what is filled in is not looked at again.
fn fill_in(argument: &OsStr, variables: &[(&'static str, OsString)]) -> OsString {
    let mut rest = argument.as_bytes();
    let mut filled = Vec::with_capacity(rest.len());
    while let Some(brace) = memchr::memchr(b'{', rest) {
        filled.extend_from_slice(&rest[..brace]);
        rest = &rest[brace..];
        let known = variables.iter().find_map(|(name, value)| {
            let behind = rest[1..].strip_prefix(name.as_bytes())?.strip_prefix(b"}")?;
            Some((value, behind))
        });
        let (text, behind) =
            known.map_or(rest.split_at(1), |(value, behind)| (value.as_bytes(), behind));
        filled.extend_from_slice(text);
        rest = behind;
    }
    filled.extend_from_slice(rest);
    OsString::from_vec(filled)
}

async fn watch(mut command: Command, limit: Limit) -> Result<Ended, HarnessError> {
    let begun = Instant::now();
    let mut child = spawn(&mut command)?;
    let mut group = Group::of(&child);
    let (mut stdout, mut stderr) = (Capture::default(), Capture::default());
    let (hung, elapsed) = {
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let mut output = pin!(async { tokio::join!(stdout.fill(out), stderr.fill(err)) });
        let mut drained = false;
        let end = async {
            loop {
                tokio::select! {
                    _ = child.wait() => break,
                    _ = &mut output, if !drained => drained = true,
                }
            }
        };
        let hung = limit.within(end).await.err();
        let elapsed = begun.elapsed();
        group.kill();
        if !drained {
            // What is missing then is in nobody's hands any more.
            let _ = tokio::time::timeout(GRACE, output).await;
        }
        (hung, elapsed)
    };
    // Known already, unless the program had to be killed.
    let status = child.wait().await.map_err(|error| HarnessError::Wait(error.to_string()))?;
    let (stdout, stderr) = (stdout.into_bytes(), stderr.into_bytes());
    let (claim, words) =
        hung.map_or_else(|| claim::read(status, &stdout), |words| (Claim::Hung, words));
    Ok(Ended { claim, words, stdout, stderr, elapsed })
}

/// A process group that is killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        Self(leader.and_then(Pid::from_raw))
    }

    /// Kills whoever is left in the group, once: later the number may be another's.
    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // Fails if nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
