//! The processes of a client: those of its group, and those that have left it.
//!
//! A process can leave its group, its session and its parents, but what is in its environment stays as
//! it was when the program was started, unless somebody takes pains. So each client gets a variable with
//! a value of its own, and who has it is one of its processes.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};
use tokio::process::Child;

/// The variable that all processes of a client have in their environment.
pub(super) const VARIABLE: &str = "SLICECHECK_PROCESS";

/// How long processes that were killed may take to be gone: some are in the midst of a system call.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before looking again whether they are.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// The value of the variable, different for each client of each run on this machine.
#[derive(Clone, Debug)]
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Only to be different from all others: no order between threads depends on it.
        Self(format!("{}{}", prefix(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// With what the marks of this program begin.
fn prefix() -> String {
    format!("{}-", std::process::id())
}

/// What processes have computed, or would have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::harness) struct Busy {
    /// The CPU time that they used.
    pub(in crate::harness) used: Duration,
    /// For how long they had something to do while others had the processors. What ended threads were kept from
    /// is forgotten, so that this may become less.
    pub(in crate::harness) delayed: Duration,
}

impl Busy {
    /// The part of it since then.
    pub(super) fn since(self, before: Self) -> Self {
        let used = self.used.saturating_sub(before.used);
        Self { used, delayed: self.delayed.saturating_sub(before.delayed) }
    }

    /// How long they had something to do.
    pub(in crate::harness) fn total(self) -> Duration {
        self.used.saturating_add(self.delayed)
    }

    /// How much of the time for which its threads waited, one after the other, others can have caused.
    ///
    /// Threads that wait for each other's processor make up a multiple of the time that passes. What they used
    /// others did not have: had they used all processors all the time, nobody would have kept them from one.
    pub(in crate::harness) fn delayed_by_others(
        self,
        waited: Duration,
        elapsed: Duration,
    ) -> Duration {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        let processors = u32::try_from(processors).unwrap_or(u32::MAX);
        let own = self.used.checked_div(processors).unwrap_or_default();
        waited.min(elapsed.saturating_sub(own))
    }

    /// What both have computed.
    pub(in crate::harness) fn and(self, other: Self) -> Self {
        let used = self.used.saturating_add(other.used);
        Self { used, delayed: self.delayed.saturating_add(other.delayed) }
    }
}

/// The processes of one client; those of its group are killed when this is dropped.
pub(super) struct Processes {
    leader: Option<Pid>,
    group_is_alive: bool,
    mark: Mark,
}

impl Processes {
    pub(super) fn of(child: &Child, mark: Mark) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self { leader, group_is_alive: leader.is_some(), mark }
    }

    /// What those which are alive, and those that they have waited for, have computed so far; `None` where the
    /// system does not tell.
    pub(super) fn busy(&self) -> Option<Busy> {
        system::busy(self.leader, &self.mark.0)
    }

    /// How long they have been kept from a processor since then; and, from now on, this program, for which they wait.
    pub(super) fn delay_since(&self, before: Busy) -> impl Fn() -> Duration {
        let (own, begun) = (own_delay(), Instant::now());
        move || {
            let busy = self.busy().unwrap_or_default().since(before);
            busy.delayed_by_others(own().saturating_add(busy.delayed), begun.elapsed())
        }
    }

    /// Kills whoever is left in the group, once: later the number may be another's.
    pub(super) fn kill_group(&mut self) {
        if let Some(group) = self.leader.filter(|_| self.group_is_alive) {
            self.group_is_alive = false;
            // Fails if nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Kills whoever has left the group, and waits until they are gone.
    pub(super) async fn end_strays(&self) {
        let mark = self.mark.0.clone();
        // Reads a file per process of the machine, and waits.
        let _ = tokio::task::spawn_blocking(move || end(|value| value == mark)).await;
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// Whether no program is to be started any more.
static CLOSED: RwLock<bool> = RwLock::new(false);

/// Starts a program, unless everything has been ended already.
pub(super) fn while_open<T>(start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // Held until the program has started: end_all() waits for that, and then finds it.
    let closed = CLOSED.read().unwrap_or_else(PoisonError::into_inner);
    if *closed {
        return Err(io::Error::other("the run is over"));
    }
    start()
}

/// Kills all processes of all clients that this program has started, and whoever they have left to it;
/// from then on none is started.
pub(in crate::harness) fn end_all() {
    // First of all: from here on nobody is added to those that are looked for.
    *CLOSED.write().unwrap_or_else(PoisonError::into_inner) = true;
    let prefix = prefix();
    end(|value| value.starts_with(&prefix));
    if let Some(others) = OTHERS.get() {
        settle(|| system::children(others));
    }
}

fn end(is_meant: impl Fn(&str) -> bool) {
    settle(|| system::marked(VARIABLE, &is_meant));
}

/// Kills processes until none is found any more: those that are killed may just have started others.
fn settle(find: impl Fn() -> Vec<Pid>) {
    let begun = Instant::now();
    loop {
        let found = find();
        if found.is_empty() || begun.elapsed() > PATIENCE {
            return;
        }
        for process in &found {
            // Fails if it is gone, or another user's.
            let _ = kill_process(*process, Signal::KILL);
        }
        std::thread::sleep(BETWEEN_LOOKS);
        for process in found {
            // Those that have lost their parents are ours to wait for; of others this is an error.
            let _ = waitpid(Some(process), WaitOptions::NOHANG);
        }
    }
}

/// How long the threads of this program have been kept from a processor from now on.
pub(in crate::harness) fn own_delay() -> impl Fn() -> Duration {
    let before = system::own_delay();
    move || system::own_delay().saturating_sub(before)
}

/// The children that this program had before it ran any client, as a shell has that starts a service and
/// then becomes this program: they are none of ours. Unset where no strays have been adopted.
static OTHERS: OnceLock<Vec<Pid>> = OnceLock::new();

/// Makes processes that lose their parents children of this program, so that [`end_all`] finds them,
/// whatever they have done to their environment. Only Linux can.
pub(in crate::harness) fn adopt_strays() {
    OTHERS.get_or_init(|| system::children(&[]));
    #[cfg(target_os = "linux")]
    // An old kernel cannot; then they are found by their environment alone.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashMap;
    use std::ffi::OsStr;
    use std::time::Duration;

    use procfs::process::{Process, Stat, all_processes};
    use rustix::process::{Pid, getpid};

    /// Processes that still run and have this variable with a value that is meant.
    pub(super) fn marked(variable: &str, is_meant: impl Fn(&str) -> bool) -> Vec<Pid> {
        let has_mark = |process: &Process| {
            // Those of other users cannot be read; they are none of ours.
            let environment = process.environ().unwrap_or_default();
            let value = environment.get(OsStr::new(variable));
            value.and_then(|value| value.to_str()).is_some_and(&is_meant)
        };
        processes().filter(has_mark).filter_map(|process| Pid::from_raw(process.pid())).collect()
    }

    /// The children of this program but for these `others`, their children, and so on; the dead are left
    /// out, unless they are its own children and wait to be asked for.
    pub(super) fn children(others: &[Pid]) -> Vec<Pid> {
        let own = getpid().as_raw_nonzero().get();
        let parents: HashMap<i32, i32> =
            processes().filter_map(|process| stat(&process)).map(|it| (it.pid, it.ppid)).collect();
        let is_meant = |pid: i32| {
            let mut at = pid;
            // A chain is no longer than there are processes; the table may be of several moments.
            for _ in 0..parents.len() {
                if others.iter().any(|other| other.as_raw_nonzero().get() == at) {
                    return false;
                }
                match parents.get(&at) {
                    Some(parent) if *parent == own => return true,
                    Some(parent) => at = *parent,
                    None => return false,
                }
            }
            false
        };
        let meant = parents.keys().filter(|pid| is_meant(**pid));
        meant.filter_map(|pid| Pid::from_raw(*pid)).collect()
    }

    pub(super) fn busy(group: Option<Pid>, mark: &str) -> Option<super::Busy> {
        let group = group?.as_raw_nonzero().get();
        // What has left the group still has the mark.
        let strays = marked(super::VARIABLE, |value| value == mark);
        let is_one = |stat: &Stat| {
            stat.pgrp == group
                || strays.iter().any(|stray| stray.as_raw_nonzero().get() == stat.pid)
        };
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        let meant = processes().filter_map(|process| Some((stat(&process)?, process)));
        let times = meant.filter(|(stat, _)| is_one(stat)).map(|(stat, process)| {
            let waited_for =
                [stat.cutime, stat.cstime].map(|ticks| u64::try_from(ticks).unwrap_or(0));
            let ticks = [stat.utime, stat.stime]
                .iter()
                .chain(&waited_for)
                .fold(0, |sum: u64, ticks| sum.saturating_add(*ticks));
            let used = Duration::from_millis(ticks.saturating_mul(1000) / per_second);
            super::Busy { used, delayed: kept_from_running(&process) }
        });
        Some(times.fold(super::Busy::default(), super::Busy::and))
    }

    pub(super) fn own_delay() -> Duration {
        Process::myself().map_or(Duration::ZERO, |process| kept_from_running(&process))
    }

    /// For how long its threads had something to do while others had the processors: on a machine that is
    /// overloaded, a client that computes has used little time, and is not idle.
    pub(super) fn kept_from_running(process: &Process) -> Duration {
        let threads = process.tasks().into_iter().flatten().filter_map(Result::ok);
        let delays = threads.filter_map(|thread| Some(thread.schedstat().ok()?.run_delay));
        Duration::from_nanos(delays.fold(0, u64::saturating_add))
    }

    /// Those that end while they are looked at are left out.
    fn processes() -> impl Iterator<Item = Process> {
        all_processes().into_iter().flatten().filter_map(Result::ok)
    }

    fn stat(process: &Process) -> Option<Stat> {
        process.stat().ok()
    }
}

/// Other systems have no /proc: there, who leaves the group of a client is not found again.
#[cfg(not(target_os = "linux"))]
mod system {
    use rustix::process::Pid;

    pub(super) fn marked(_: &str, _: impl Fn(&str) -> bool) -> Vec<Pid> {
        Vec::new()
    }

    pub(super) fn own_delay() -> std::time::Duration {
        std::time::Duration::ZERO
    }

    pub(super) fn children(_: &[Pid]) -> Vec<Pid> {
        Vec::new()
    }

    pub(super) fn busy(_: Option<Pid>, _: &str) -> Option<super::Busy> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_processor_is_busy_and_ended_threads_take_nothing_away() {
        let busy = |used, delayed| Busy {
            used: Duration::from_secs(used),
            delayed: Duration::from_secs(delayed),
        };
        let since = |now: Busy| now.since(busy(1, 7)).total().as_secs();
        assert_eq!([busy(1, 8), busy(7, 0), busy(3, 9)].map(since), [1, 6, 4]);
        assert_eq!(busy(1, 7).total(), Duration::from_secs(8));
    }

    #[test]
    fn who_has_all_processors_is_kept_from_them_by_nobody_else() {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        let processors = u32::try_from(processors).expect("a few");
        let (elapsed, half) = (Duration::from_secs(10), Duration::from_secs(5));
        let delayed = |used: Duration, waited: Duration| {
            let busy = Busy { used, delayed: waited };
            busy.delayed_by_others(waited, elapsed)
        };
        // Many threads waited in turn for processors that their own client used.
        assert_eq!(delayed(elapsed * processors, elapsed * 8), Duration::ZERO);
        assert_eq!(delayed(half * processors, elapsed * 8), half);
        // Others had them all the time, or did not matter.
        assert_eq!(delayed(Duration::ZERO, elapsed * 8), elapsed);
        assert_eq!(delayed(half, Duration::from_secs(1)), Duration::from_secs(1));
    }

    /// By its own clock, which its programs read: how fast the machine is does not matter.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_group_has_computed_is_what_its_programs_say() {
        use std::io::{BufRead, BufReader};
        use std::os::unix::process::CommandExt;
        use std::process::{Command, Stdio};

        // Half a second of computing, in hundredths of which the system counts; then it waits to be looked at.
        let script = "while [ $(($(cut -d' ' -f14 /proc/$$/stat) + 0)) -lt 50 ]; do \
            i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done; \
            echo; read line; cut -d' ' -f14-17 /proc/$$/stat";
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("sh");
        let mut told = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        told.read_line(&mut line).expect("it has computed");
        let group = Pid::from_raw(i32::try_from(child.id()).expect("a number of a process"));
        let busy = system::busy(group, "a mark that nobody has").expect("the group is there").used;
        drop(child.stdin.take());
        line.clear();
        told.read_line(&mut line).expect("it says what it took");
        assert!(child.wait().is_ok());
        let per_second = rustix::param::clock_ticks_per_second();
        let ticks: u64 = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok()).sum();
        let said = Duration::from_millis(ticks * 1000 / per_second);
        let least = Duration::from_millis(50 * 1000 / per_second);
        assert!((least..=said).contains(&busy), "{busy:?} of {said:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_threads_are_kept_from_is_what_the_kernel_counts() {
        use procfs::process::Process;

        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep");
        let counted = || {
            let path = format!("/proc/{}/schedstat", child.id());
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let delay = text.split(' ').nth(1).and_then(|word| word.parse().ok());
            Duration::from_nanos(delay.unwrap_or(0))
        };
        let id = i32::try_from(child.id()).expect("a number of a process");
        let before = counted();
        let read = system::kept_from_running(&Process::new(id).expect("it is there"));
        let after = counted();
        let ended = child.kill().and_then(|()| child.wait());
        assert!(ended.is_ok());
        assert!((before..=after).contains(&read), "{before:?} {read:?} {after:?}");
    }
}
