//! A client in the same process: an async function, called once per scenario.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::driver::own_delay;
use super::job::Job;
use super::limit::Limit;
use super::subject::{Attached, Claimed, Ended, RunContext};
use super::threads::Threads;
use super::{HarnessError, Options};
use crate::protocol::Claim;

/// How long tasks and threads that a client has started may take to end, once it has.
const GRACE: Duration = Duration::from_millis(500);

/// How long a client that is to stop may take to come back to an `await`, and to end what it started.
const ABORT_TIMEOUT: Duration = Duration::from_secs(2);

/// An async function that uploads.
#[derive(Clone)]
pub struct Function(Arc<dyn Fn(Job) -> LocalBoxFuture<'static, Claimed> + Send + Sync>);

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Function")
    }
}

impl Attached for Function {
    fn drive<'a>(
        &'a self,
        context: &'a RunContext<'_>,
        options: &'a Options,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Ended, HarnessError>> {
        let RunContext { job, source, access, .. } = context;
        let job = Job::new(job, (*source).clone(), access.clone(), options.seed);
        self.watch(job, limit).boxed()
    }

    fn sets_environment(&self) -> Result<(), &'static str> {
        Err("a client in the same process has the environment of this program")
    }
}

/// What came of a call, and how long it took; `None` if it was stopped.
type Outcome = Option<(thread::Result<Claimed>, Duration)>;

impl Function {
    pub(super) fn new<F, R>(client: F) -> Self
    where
        F: Fn(Job) -> R + Send + Sync + 'static,
        R: Future<Output: Into<Claimed>> + 'static,
    {
        Self(Arc::new(move |job| client(job).map(Into::into).boxed_local()))
    }

    /// Calls it and waits for its end or the limit.
    ///
    /// It has a thread and a runtime of its own: what it spawned ends with it, and if it never returns to
    /// an `await`, nobody else waits.
    async fn watch(&self, job: Job, limit: Limit) -> Result<Ended, HarnessError> {
        let begun = Instant::now();
        let threads = Threads::default();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .on_thread_start({
                let threads = threads.clone();
                move || threads.begin()
            })
            .on_thread_stop({
                let threads = threads.clone();
                move || threads.end()
            })
            .build();
        let runtime = runtime.map_err(|error| HarnessError::no_thread(&error))?;
        // Dropped with this future, too: the client stops then.
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (client, own) = (self.clone(), threads.clone());
        // thread::spawn would panic where the system has no thread left.
        thread::Builder::new()
            .name("client".to_owned())
            .spawn(move || {
                own.begin();
                let outcome = client.call(job, runtime, stopped);
                // Fails if nobody waits for it any more.
                let _ = end.send(outcome);
            })
            .map_err(|error| HarnessError::no_thread(&error))?;
        let mut ended = pin!(ended);
        let mut busy = None;
        // Its threads are among those of this program, and wait for a processor with them.
        let (own, all) = (threads.clone(), own_delay());
        let delayed = || own.busy().unwrap_or_default().delayed_by_others(all(), begun.elapsed());
        let (claim, detail, elapsed) = match limit.within(&mut ended, delayed).await {
            Ok(Ok(Some((Ok(Claimed { claim, detail }), elapsed)))) => (claim, detail, elapsed),
            Ok(Ok(Some((Err(panic), elapsed)))) => (Claim::Crashed, describe(&*panic), elapsed),
            // The thread is gone without a word: a destructor panicked.
            Ok(Ok(None) | Err(_)) => {
                (Claim::Crashed, "it panicked as it was dropped".to_owned(), begun.elapsed())
            }
            Err(mut detail) => {
                let elapsed = begun.elapsed();
                // Asked before it is told to stop, which ends threads.
                busy = threads.busy();
                drop(stop);
                match tokio::time::timeout(ABORT_TIMEOUT, ended).await {
                    // It had answered in time: only what it left running took longer to end.
                    Ok(Ok(Some((Ok(Claimed { claim, detail }), elapsed)))) => {
                        (claim, detail, elapsed)
                    }
                    Ok(_) => (Claim::Hung, detail, elapsed),
                    Err(_) => {
                        detail.push_str("; it blocks its thread, which cannot be ended");
                        (Claim::Hung, detail, elapsed)
                    }
                }
            }
        };
        let (stdout, stderr) = (Vec::new(), Vec::new());
        Ok(Ended { claim, detail, busy, stdout, stderr, elapsed })
    }

    fn call(&self, job: Job, runtime: Runtime, stopped: oneshot::Receiver<()>) -> Outcome {
        let begun = Instant::now();
        let outcome = runtime.block_on(async {
            // Within a block: a function may panic before it returns its future.
            let call = AssertUnwindSafe(async { (self.0)(job).await }).catch_unwind();
            tokio::select! {
                biased;
                ended = call => Some((ended, begun.elapsed())),
                _ = stopped => None,
            }
        });
        // The connections are closed when the tasks are gone, not when they are told to go.
        runtime.shutdown_timeout(GRACE);
        outcome
    }
}

fn describe(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
