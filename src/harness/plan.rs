//! A plan: clients that cannot be started from here ask for scenarios over HTTP, and say what came of them.

mod folder;
mod http;
mod queue;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::time::Instant;

use super::driver::own_delay;
use super::limit::Limit;
use super::subject::{Attached, Ended, RunContext};
use super::{HarnessError, Options, driver};
use crate::protocol::Claim;
use folder::Folder;
use queue::{Task, TaskQueue};

/// How long those who upload at the end may take to ask for a scenario that there is not.
const LINGER: Duration = Duration::from_secs(2);

/// A service from which clients fetch scenarios; clones share it, and it ends with the last one.
///
/// `GET /__slicecheck/next` hands out the words of one scenario as JSON, and waits until there is one; 204
/// says that there are no more. `POST /__slicecheck/claim` takes `{"id":…,"outcome":…}`. A page for browsers
/// is at `/__slicecheck/?driver=URL`.
#[derive(Clone)]
pub struct Plan(Arc<Shared>);

struct Shared {
    address: SocketAddr,
    queue: Arc<TaskQueue>,
    /// Has the thread that serves it end, if it is dropped, too.
    closing: watch::Sender<bool>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Plan").field(&self.0.address).finish()
    }
}

impl Plan {
    /// Listens on an address. Files of `folder`, if there is one, are found below `/__slicecheck/files/`.
    pub fn listen(address: SocketAddr, folder: Option<&Path>) -> io::Result<Self> {
        let folder = folder.map(Folder::open).transpose()?;
        let listener = TcpListener::bind(address)?;
        // tokio demands it of a listener that it is given; otherwise accept() would block its only
        // thread.
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let queue = Arc::new(TaskQueue::default());
        let (closing, closed) = watch::channel(false);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let service = http::PlanService { queue: Arc::clone(&queue), folder };
        thread::Builder::new().name("plan".to_owned()).spawn(move || {
            runtime.block_on(http::serve(listener, service, closed));
            // A file that is being read is read in vain.
            runtime.shutdown_background();
        })?;
        Ok(Self(Arc::new(Shared { address, queue, closing })))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Tells all who ask that there are no more scenarios, waits a moment for those who have not asked yet,
    /// and stops listening.
    pub fn finish(&self) {
        // This is called when the run is over, and its runtime with it.
        let Ok(runtime) = Builder::new_current_thread().enable_time().build() else { return };
        let Shared { queue, closing, .. } = &*self.0;
        runtime.block_on(async {
            // Who does not ask again has nothing to be told.
            let _ = tokio::time::timeout(LINGER, queue.dismiss()).await;
            closing.send_replace(true);
            // All receivers are gone when the thread that serves has ended.
            let _ = tokio::time::timeout(LINGER, closing.closed()).await;
        });
    }

    async fn have_one_done(
        &self,
        context: &RunContext<'_>,
        deadline: Duration,
        limit: Limit,
    ) -> Result<Ended, HarnessError> {
        // Where the file is depends on the number that the task gets.
        let mut words = driver::line(context, "");
        let deadline_ms = u64::try_from(limit.deadline().as_millis()).unwrap_or(u64::MAX);
        words.insert("deadline_ms".to_owned(), json!(deadline_ms));
        let task = Task::new(words, context.access.clone(), context.job.file.clone());
        let mut offered = self.0.queue.offer(task);
        tokio::select! {
            // Both happen at the same time if the task is handed out in the last moment.
            biased;
            () = offered.handed_out() => {}
            () = self.0.queue.nobody_asks(deadline) => {
                return Err(HarnessError::NobodyAsked { address: self.0.address, deadline });
            }
        }
        let begun = Instant::now();
        // Whoever plays it may be another machine: of that nothing is known.
        let (claim, detail) = match limit.within(offered.answer(), own_delay()).await {
            Ok(answer) => answer?.into_claim(),
            Err(detail) => (Claim::Hung, detail),
        };
        let (stdout, stderr, elapsed) = (Vec::new(), Vec::new(), begun.elapsed());
        Ok(Ended { claim, detail, busy: None, stdout, stderr, elapsed })
    }
}

impl Attached for Plan {
    fn drive<'a>(
        &'a self,
        context: &'a RunContext<'_>,
        options: &'a Options,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Ended, HarnessError>> {
        self.have_one_done(context, options.deadline, limit).boxed()
    }

    fn sets_environment(&self) -> Result<(), &'static str> {
        Err("a client that asks for scenarios has an environment of its own")
    }

    /// Who can reach the plan can reach the services.
    fn address(&self) -> SocketAddr {
        SocketAddr::new(self.0.address.ip(), 0)
    }
}
