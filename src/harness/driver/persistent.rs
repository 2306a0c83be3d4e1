//! A driver that stays: JSON lines over its stdin and stdout, one scenario at a time.
//!
//! As many processes are started as scenarios run at a time, so that whatever a process does to
//! itself is done to the scenario that it holds, and to no other.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::task::JoinHandle;

use super::capture::Capture;
use super::claim::{self, DriverAnswer};
use super::lines::{LONGEST, Line, Lines};
use super::processes::{Busy, Mark, Processes};
use super::{Ended, GRACE, HarnessError, line, prepare};
use crate::harness::Introduction;
use crate::harness::limit::Limit;
use crate::harness::restart::Restart;
use crate::harness::subject::{Attached, RunContext};
use crate::harness::{Options, lock};
use crate::protocol::Claim;

/// When it is looked at how busy a process was before: that takes longer than many uploads, and of one that has
/// answered by then nobody asks.
const LOOK: Duration = Duration::from_millis(50);

/// An operation that nobody has: who does it all the same has not read it.
const CANARY: &str = "slicecheck_canary";

/// The processes of one run.
pub(in crate::harness) struct Pool {
    command: Vec<OsString>,
    introduction: Introduction,
    idle: Mutex<Vec<Process>>,
}

struct Process {
    child: Child,
    processes: Processes,
    stdin: ChildStdin,
    lines: Lines<ChildStdout>,
    stderr: Arc<Mutex<Capture>>,
    /// Ends with the process.
    _listener: JoinHandle<()>,
    next_id: u64,
    /// How busy it had been a moment after it was asked, if it did not answer at once.
    busy_before: Busy,
    /// Where it finds the host of the endpoint, if it was told so when it was started.
    address: Option<SocketAddr>,
}

impl Pool {
    pub(in crate::harness) fn new(command: Vec<OsString>, introduction: Introduction) -> Self {
        Self { command, introduction, idle: Mutex::default() }
    }

    /// Has one process do a scenario; it is used again if it answers.
    async fn have_one_do(
        &self,
        context: &RunContext<'_>,
        deadline: Duration,
        limit: Limit,
    ) -> Result<Ended, HarnessError> {
        let RunContext { job, restart, .. } = context;
        let environment = &job.machine.environment;
        let request = line(context, context.source.path()?);
        // What a process finds in its environment, it finds when it is started.
        let awake = if environment.is_empty() { self.awake(context) } else { None };
        let was_awake = awake.is_some();
        let mut process = match awake {
            Some(process) => process,
            None => self.start(context, deadline).await?,
        };
        let begun = Instant::now();
        let kill_target = restart.map(Restart::kill_target);
        if let Some(kill_target) = kill_target {
            kill_target.is(&process.child);
        }
        let mut answer = process.ask(request.clone(), limit.clone()).await;
        if let Some(kill_target) = kill_target {
            kill_target.has_ended();
            if kill_target.take_killed() {
                process.kill().await?;
                process = self.start(context, deadline).await?;
                answer = process.ask(request, limit).await;
            }
        } else if was_awake
            && matches!(answer, Err(Silence::Gone))
            // Once something was sent, a second start would hide what became of the first.
            && !(context.is_reached)()
            && process.has_finished().await
        {
            // It ended after its last answer, in success, and a moment too late for that to be seen.
            process.kill().await?;
            process = self.start(context, deadline).await?;
            answer = process.ask(request, limit).await;
        }
        let elapsed = begun.elapsed();
        let mut busy = None;
        let (claim, detail) = match answer {
            Ok(answer) => answer.into_claim(),
            Err(silence) => {
                if let Silence::Limit(_) = silence {
                    busy = process.processes.busy().map(|now| now.since(process.busy_before));
                }
                process.end(silence).await?
            }
        };
        let stdout = process.lines.take_kept();
        let stderr = std::mem::take(&mut *lock(&process.stderr)).into_bytes();
        // What was started with the environment of one scenario is of no use to the others.
        if environment.is_empty() && process.is_running() {
            lock(&self.idle).push(process);
        } else {
            process.kill().await?;
        }
        Ok(Ended { claim, detail, busy, stdout, stderr, elapsed })
    }

    async fn start(
        &self,
        context: &RunContext<'_>,
        deadline: Duration,
    ) -> Result<Process, HarnessError> {
        Process::start(&self.command, context, deadline, &self.introduction).await
    }

    /// A process that waits for work, has not died of boredom, and finds the service where it is.
    fn awake(&self, context: &RunContext<'_>) -> Option<Process> {
        let mut idle = lock(&self.idle);
        idle.retain_mut(Process::is_running);
        let place = idle.iter().rposition(|process| process.address == context.access.address)?;
        Some(idle.swap_remove(place))
    }
}

impl Attached for Pool {
    fn drive<'a>(
        &'a self,
        context: &'a RunContext<'_>,
        options: &'a Options,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Ended, HarnessError>> {
        self.have_one_do(context, options.deadline, limit).boxed()
    }

    /// Lets all processes end: their input does. Those that stay are killed, all at the same time.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        let idle = self.idle.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ended = join_all(idle.into_iter().map(|process| async {
            let Process { mut child, mut processes, stdin, .. } = process;
            // The contract has a driver finish and exit at the end of its input.
            drop(stdin);
            let _ = tokio::time::timeout(GRACE, child.wait()).await;
            // One that cannot be killed is not waited for, and changes no verdict any more.
            let _ = super::end(&mut child, &mut processes).await;
        }));
        ended.map(drop).boxed()
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Silence {
    /// It had its time: in words.
    Limit(String),
    /// Its output ended.
    Gone,
    /// It said something that is no answer to what it was asked.
    Unreadable(HarnessError),
}

impl Process {
    /// Starts a process, asks who it is, and whether it knows what it does not know.
    async fn start(
        command: &[OsString],
        context: &RunContext<'_>,
        deadline: Duration,
        introduction: &Introduction,
    ) -> Result<Self, HarnessError> {
        let mark = Mark::new();
        // It gets the words with each request: its environment stays while scenarios come and go.
        let mut prepared = prepare(command, context, &[], &mark);
        prepared.stdin(Stdio::piped()).envs(&context.job.machine.environment);
        let mut child = super::spawn(&mut prepared)?;
        let processes = Processes::of(&child, mark);
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(HarnessError::Driver("it has no stdin or no stdout".to_owned()));
        };
        let stderr = Arc::<Mutex<Capture>>::default();
        // Read all the time: a driver that fills the pipe would wait for us in the middle of an upload.
        let listener = tokio::spawn(Capture::share(Arc::clone(&stderr), child.stderr.take()));
        let lines = Lines::new(stdout);
        let address = context.access.address;
        let mut process = Self {
            child,
            processes,
            stdin,
            lines,
            stderr,
            _listener: listener,
            next_id: 1,
            busy_before: Busy::default(),
            address,
        };
        if let Err(detail) = process.shake_hands(Limit::of_time(deadline), introduction).await {
            process.kill().await?;
            let printed = std::mem::take(&mut *lock(&process.stderr)).into_bytes();
            let printed = String::from_utf8_lossy(&printed);
            // Interpreters say there what was wrong, as in the last line of a traceback.
            let last = printed.trim_end().lines().last().unwrap_or_default();
            let detail = if last.is_empty() { detail } else { format!("{detail}: {last}") };
            return Err(HarnessError::Driver(detail));
        }
        Ok(process)
    }

    async fn shake_hands(
        &mut self,
        limit: Limit,
        introduction: &Introduction,
    ) -> Result<(), String> {
        let hello = json!({ "hello": 1 });
        self.exchange(&hello, limit.clone(), |line| introduction.hear(line).map(Ok))
            .await
            .map_err(|silence| match silence {
                Silence::Limit(detail) => format!("{{\"hello\":1}}: {detail}"),
                Silence::Gone => "it ended before it answered {\"hello\":1}".to_owned(),
                Silence::Unreadable(error) => format!("{{\"hello\":1}}: {error}"),
            })?;
        let canary = json!({ "op": CANARY }).as_object().cloned().unwrap_or_default();
        match self.ask(canary, limit).await.map(DriverAnswer::into_claim) {
            Ok((Claim::Unsupported, _)) => Ok(()),
            Ok((_, detail)) => Err(format!(
                "it answered {detail} to the operation {CANARY:?}, which nobody has: expected the \
                 outcome \"unsupported\""
            )),
            Err(Silence::Limit(detail)) => Err(format!("{CANARY:?}: {detail}")),
            Err(Silence::Gone) => Err(format!("it ended at the operation {CANARY:?}")),
            Err(Silence::Unreadable(error)) => Err(format!("{CANARY:?}: {error}")),
        }
    }

    /// What it answers to a request that gets the next number.
    async fn ask(
        &mut self,
        mut request: Map<String, Value>,
        limit: Limit,
    ) -> Result<DriverAnswer, Silence> {
        let id = self.next_id;
        self.next_id += 1;
        request.insert("id".to_owned(), json!(id));
        self.exchange(&Value::Object(request), limit, |line| answer_to(id, line)).await
    }

    /// Writes a line and reads lines until one is `wanted`; the others are what it prints.
    async fn exchange<T>(
        &mut self,
        request: &Value,
        limit: Limit,
        wanted: impl Fn(&Map<String, Value>) -> Option<Result<T, HarnessError>>,
    ) -> Result<T, Silence> {
        let line = format!("{request}\n");
        let (stdin, lines) = (&mut self.stdin, &mut self.lines);
        let mut broken = None;
        let answer = async {
            stdin.write_all(line.as_bytes()).await.ok()?;
            stdin.flush().await.ok()?;
            loop {
                let Line { bytes, cut } = lines.next().await?;
                match serde_json::from_slice(&bytes) {
                    Ok(Value::Object(object)) => {
                        if let Some(found) = wanted(&object) {
                            return Some(found);
                        }
                    }
                    Err(_) if cut && bytes.trim_ascii_start().starts_with(b"{") => {
                        let detail = format!("a line of more than {} KiB", LONGEST >> 10);
                        return Some(Err(HarnessError::Answer(detail)));
                    }
                    Err(error) if memchr::memmem::find(&bytes, b"outcome").is_some() => {
                        broken.get_or_insert_with(|| claim::no_json(&bytes, &error));
                    }
                    // Whatever else is printed is no answer.
                    Ok(_) | Err(_) => {}
                }
                lines.keep(&bytes);
            }
        };
        let answered = {
            let mut answer = pin!(answer);
            // The limit begins after this: an eighth, so that short deadlines stay what they are.
            let look = LOOK.min(limit.deadline() / 8);
            let soon = tokio::time::timeout(look, &mut answer).await;
            if let Ok(answered) = soon {
                Ok(answered)
            } else {
                self.busy_before = self.processes.busy().unwrap_or_default();
                limit.within(answer, self.processes.delay_since(self.busy_before)).await
            }
        };
        match (answered, broken) {
            (Ok(Some(Ok(answer))), _) => Ok(answer),
            // Nothing came that could be read, but something that was perhaps meant as an answer.
            (Ok(Some(Err(error))), _) | (Err(_), Some(error)) => Err(Silence::Unreadable(error)),
            (Ok(None), _) => Err(Silence::Gone),
            (Err(detail), None) => Err(Silence::Limit(detail)),
        }
    }

    /// Ends a process that does not answer any more, and says how it ended.
    async fn end(&mut self, silence: Silence) -> Result<(Claim, String), HarnessError> {
        if matches!(silence, Silence::Gone) {
            // Its output has ended; a moment later it has, unless it only closed it.
            let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        }
        // Asked before the kill, after which nobody is.
        let alive = self.is_running();
        let status = self.kill().await?;
        match (silence, alive) {
            (Silence::Limit(detail), _) => Ok((Claim::Hung, detail)),
            (Silence::Gone, true) => Ok((Claim::Crashed, "it closed its output".to_owned())),
            (Silence::Gone, false) => {
                let end = claim::describe_end(status);
                Ok((Claim::Crashed, format!("the driver ended: {end}")))
            }
            (Silence::Unreadable(error), _) => Err(error),
        }
    }

    /// Whether it has ended by itself, and says that all is well.
    async fn has_finished(&mut self) -> bool {
        let ended = tokio::time::timeout(GRACE, self.child.wait()).await;
        matches!(ended, Ok(Ok(status)) if status.success())
    }

    /// Kills it with all that it has started.
    async fn kill(&mut self) -> Result<ExitStatus, HarnessError> {
        super::end(&mut self.child, &mut self.processes).await
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// What a line says to the request with this number; `None` if it is no answer.
fn answer_to(id: u64, line: &Map<String, Value>) -> Option<Result<DriverAnswer, HarnessError>> {
    let error = |detail: String| Some(Err(HarnessError::Answer(detail)));
    match line.get("id") {
        Some(found) if *found == json!(id) => Some(DriverAnswer::read(line)),
        // Logs in JSON may have ids of their own.
        _ if !line.contains_key("outcome") => None,
        Some(other) => error(format!("it has the id {other}, and the request has the id {id}")),
        None => error(format!("it has no id, and the request has the id {id}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_an_outcome_and_the_id_of_its_request() {
        let answer = |line: Value| answer_to(7, line.as_object().unwrap());
        assert!(matches!(answer(json!({ "id": 7, "outcome": "ok" })), Some(Ok(_))));
        assert!(answer(json!({ "id": 8, "level": "info" })).is_none(), "a log");
        assert!(answer(json!({ "level": "info" })).is_none(), "a log");
        for wrong in [json!({ "id": 8, "outcome": "ok" }), json!({ "outcome": "ok" })] {
            assert!(matches!(answer(wrong), Some(Err(HarnessError::Answer(_)))));
        }
    }
}
