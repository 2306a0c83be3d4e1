//! A client that is killed in the midst of its upload, and started again.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

use super::leftovers::Leftover;
use super::{HarnessError, lock};

/// What is needed for one scenario in which that happens.
pub(super) struct Restart {
    /// A folder that stays between the two starts.
    state: Leftover,
    kill_target: KillTarget,
}

/// Who is to be killed.
#[derive(Clone, Default)]
pub(super) struct KillTarget(Arc<Mutex<TargetState>>);

#[derive(Default)]
struct TargetState {
    group: Option<Pid>,
    was_killed: bool,
}

impl Restart {
    pub(super) fn new() -> Result<Self, HarnessError> {
        let cannot = |error| HarnessError::Machine(format!("cannot make a folder: {error}"));
        Ok(Self { state: Leftover::folder().map_err(cannot)?, kill_target: KillTarget::default() })
    }

    /// The path of the folder, for the client.
    pub(super) fn state(&self) -> OsString {
        self.state.path().into()
    }

    pub(super) fn kill_target(&self) -> &KillTarget {
        &self.kill_target
    }
}

impl KillTarget {
    /// This process leads the group that is to be killed.
    pub(super) fn is(&self, child: &Child) {
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        lock(&self.0).group = leader;
    }

    /// The process has ended: its number may be another's.
    pub(super) fn has_ended(&self) {
        lock(&self.0).group = None;
    }

    /// Kills it, once; `false` if there is nobody to kill. What it is sent from now on, it does not hear.
    pub(super) fn kill(&self) -> bool {
        let mut target = lock(&self.0);
        let Some(group) = target.group.take() else { return false };
        // Under the lock, so that has_ended() does not come in between, and the number is still this
        // group's.
        target.was_killed = kill_process_group(group, Signal::KILL).is_ok();
        target.was_killed
    }

    /// Whether it was killed since the last time that somebody asked.
    pub(super) fn take_killed(&self) -> bool {
        std::mem::take(&mut lock(&self.0).was_killed)
    }
}
