//! A driver that stays: JSON lines over its stdin and stdout, one scenario at a time.
//!
//! As many processes are started as scenarios run at a time, so that whatever a process does to
//! itself is done to the scenario that it holds, and to no other.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

use super::capture::Capture;
use super::claim::{self, Answer};
use super::lines::Lines;
use super::{Ended, GRACE, Group, HarnessError, Options, prepare, variables, without_proxy};
use crate::harness::limit::Limit;
use crate::harness::{Via, lock};
use crate::protocol::{Assignment, Claim};

/// An operation that nobody has: who does it all the same has not read it.
const CANARY: &str = "slicecheck_canary";

/// The processes of one run.
pub(in crate::harness) struct Pool {
    command: Vec<OsString>,
    idle: Mutex<Vec<Process>>,
}

struct Process {
    child: Child,
    group: Group,
    stdin: ChildStdin,
    lines: Lines<ChildStdout>,
    stderr: Arc<Mutex<Capture>>,
    /// Ends with the process.
    _listener: JoinHandle<()>,
    next_id: u64,
}

impl Pool {
    pub(in crate::harness) fn new(command: Vec<OsString>) -> Self {
        Self { command, idle: Mutex::default() }
    }

    /// Has one process do a scenario; it is used again if it answers.
    pub(in crate::harness) async fn drive(
        &self,
        assignment: &Assignment,
        tap: SocketAddr,
        options: &Options,
        limit: Limit,
    ) -> Result<Ended, HarnessError> {
        let (_place, file) = super::place(assignment)?;
        let variables = variables(assignment, &file, tap, options.via);
        let mut request: serde_json::Map<String, Value> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value.to_string_lossy())))
            .collect();
        request.insert("slice_size".to_owned(), json!(assignment.slice_size));
        if options.via == Via::Proxy {
            request.insert("proxy".to_owned(), json!(format!("http://{tap}")));
        }
        let mut process = match self.awake() {
            Some(process) => process,
            None => Process::start(&self.command, options.deadline).await?,
        };
        let begun = Instant::now();
        let answer = process.ask(request, limit).await;
        let elapsed = begun.elapsed();
        let (claim, words) = match answer {
            Ok(answer) => answer,
            Err(silence) => process.end(silence).await?,
        };
        let stdout = process.lines.take_kept();
        let stderr = std::mem::take(&mut *lock(&process.stderr)).into_bytes();
        if process.is_running() {
            lock(&self.idle).push(process);
        }
        Ok(Ended { claim, words, stdout, stderr, elapsed })
    }

    /// A process that waits for work and has not died of boredom.
    fn awake(&self) -> Option<Process> {
        let mut idle = lock(&self.idle);
        while let Some(mut process) = idle.pop() {
            if process.is_running() {
                return Some(process);
            }
        }
        None
    }

    /// Lets all processes end: their input does.
    pub(in crate::harness) async fn close(self) {
        for process in self.idle.into_inner().unwrap_or_default() {
            let Process { mut child, mut group, stdin, .. } = process;
            drop(stdin);
            // Who does not leave is thrown out.
            let _ = tokio::time::timeout(GRACE, child.wait()).await;
            group.kill();
            let _ = child.wait().await;
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Silence {
    /// It had its time: in words.
    Limit(String),
    /// Its output ended.
    Gone,
}

impl Process {
    /// Starts a process, asks who it is, and whether it knows what it does not know.
    async fn start(command: &[OsString], deadline: Duration) -> Result<Self, HarnessError> {
        let mut prepared = prepare(command, &[]);
        without_proxy(&mut prepared);
        prepared.stdin(Stdio::piped());
        let mut child = super::spawn(&mut prepared)?;
        let group = Group::of(&child);
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(HarnessError::Driver("it has no stdin or no stdout".to_owned()));
        };
        let stderr = Arc::<Mutex<Capture>>::default();
        let listener = tokio::spawn(Capture::share(Arc::clone(&stderr), child.stderr.take()));
        let lines = Lines::new(stdout);
        let mut process =
            Self { child, group, stdin, lines, stderr, _listener: listener, next_id: 1 };
        process.shake_hands(Limit::of_time(deadline)).await.map_err(|words| {
            let printed = std::mem::take(&mut *lock(&process.stderr)).into_bytes();
            let printed = String::from_utf8_lossy(&printed);
            let last = printed.trim_end().lines().last().unwrap_or_default();
            HarnessError::Driver(if last.is_empty() { words } else { format!("{words}: {last}") })
        })?;
        Ok(process)
    }

    async fn shake_hands(&mut self, limit: Limit) -> Result<(), String> {
        let silent = |silence| match silence {
            Silence::Limit(words) => format!("{{\"hello\":1}}: {words}"),
            Silence::Gone => "it ended before it answered {\"hello\":1}".to_owned(),
        };
        let hello = json!({ "hello": 1 });
        let is_name = |line: &Value| line.get("name").is_some_and(Value::is_string);
        self.exchange(&hello, limit.clone(), |line| is_name(&line).then_some(()))
            .await
            .map_err(silent)?;
        let canary = json!({ "op": CANARY }).as_object().cloned().unwrap_or_default();
        match self.ask(canary, limit).await {
            Ok((Claim::Unsupported, _)) => Ok(()),
            Ok((_, words)) => Err(format!(
                "it answered {words} to the operation {CANARY:?}, which nobody has: expected the \
                 outcome \"unsupported\""
            )),
            Err(Silence::Limit(words)) => Err(format!("{CANARY:?}: {words}")),
            Err(Silence::Gone) => Err(format!("it ended at the operation {CANARY:?}")),
        }
    }

    /// What it answers to a request that gets the next number.
    async fn ask(
        &mut self,
        mut request: serde_json::Map<String, Value>,
        limit: Limit,
    ) -> Result<(Claim, String), Silence> {
        let id = self.next_id;
        self.next_id += 1;
        request.insert("id".to_owned(), json!(id));
        self.exchange(&Value::Object(request), limit, |line| {
            (line.get("id") == Some(&json!(id))).then(|| claim::of_answer(Answer::of(line)))
        })
        .await
    }

    /// Writes a line and reads lines until one is `wanted`; the others are what it prints.
    async fn exchange<T>(
        &mut self,
        request: &Value,
        limit: Limit,
        wanted: impl Fn(Value) -> Option<T>,
    ) -> Result<T, Silence> {
        let line = format!("{request}\n");
        let (stdin, lines) = (&mut self.stdin, &mut self.lines);
        let answer = async {
            stdin.write_all(line.as_bytes()).await.ok()?;
            stdin.flush().await.ok()?;
            loop {
                let line = lines.next().await?;
                if let Ok(value) = serde_json::from_slice(&line)
                    && let Some(found) = wanted(value)
                {
                    return Some(found);
                }
                lines.keep(&line);
            }
        };
        limit.within(answer).await.map_err(Silence::Limit)?.ok_or(Silence::Gone)
    }

    /// Ends a process that does not answer any more, and says how it ended.
    async fn end(&mut self, silence: Silence) -> Result<(Claim, String), HarnessError> {
        if matches!(silence, Silence::Gone) {
            // Its output has ended; a moment later it has, unless it only closed it.
            let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        }
        let alive = self.is_running();
        self.group.kill();
        let waited = self.child.wait().await;
        let status = waited.map_err(|error| HarnessError::Wait(error.to_string()))?;
        Ok(match (silence, alive) {
            (Silence::Limit(words), _) => (Claim::Hung, words),
            (Silence::Gone, true) => (Claim::Crashed, "it closed its output".to_owned()),
            (Silence::Gone, false) => {
                (Claim::Crashed, format!("the driver ended: {}", claim::end_in_words(status)))
            }
        })
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}
