//! The threads of a client in the same process: what they compute is told apart from what others here do.

use std::sync::{Arc, Mutex};

use super::driver::Busy;
use super::lock;

/// The threads of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Threads(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    alive: Vec<i32>,
    /// What those have computed that are gone.
    ended: Option<Busy>,
}

impl Threads {
    /// The thread that calls this is one of them from now on.
    pub(super) fn begin(&self) {
        lock(&self.0).alive.push(system::current());
    }

    /// The thread that calls this is about to end.
    pub(super) fn end(&self) {
        let thread = system::current();
        // Locked until it is among the ended: whoever asks meanwhile counts it once.
        let mut known = lock(&self.0);
        known.alive.retain(|other| *other != thread);
        known.ended = sum([known.ended, system::busy(thread)]);
    }

    /// What they have computed so far, or would have; `None` where the system does not tell. A thread that the
    /// client has started on its own, and not through its runtime, is not among them.
    pub(super) fn busy(&self) -> Option<Busy> {
        let known = lock(&self.0);
        let alive = known.alive.iter().map(|thread| system::busy(*thread));
        sum(alive.chain([known.ended]))
    }
}

fn sum(parts: impl IntoIterator<Item = Option<Busy>>) -> Option<Busy> {
    parts.into_iter().flatten().reduce(Busy::and)
}

#[cfg(target_os = "linux")]
mod system {
    use std::time::Duration;

    use procfs::process::Process;

    use super::Busy;

    pub(super) fn current() -> i32 {
        rustix::thread::gettid().as_raw_nonzero().get()
    }

    pub(super) fn busy(thread: i32) -> Option<Busy> {
        let times = Process::myself().ok()?.task_from_tid(thread).ok()?.schedstat().ok()?;
        let used = Duration::from_nanos(times.sum_exec_runtime);
        Some(Busy { used, delayed: Duration::from_nanos(times.run_delay) })
    }
}

/// Other systems have no /proc.
#[cfg(not(target_os = "linux"))]
mod system {
    use super::Busy;

    pub(super) fn current() -> i32 {
        0
    }

    pub(super) fn busy(_: i32) -> Option<Busy> {
        None
    }
}
