//! Exit codes: everything that a caller may want to tell apart.

use std::process::{ExitCode, Termination};

use slicecheck::results::RunVerdict;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0, or what the verdict on a client says.
    Verdict(RunVerdict),
    /// 0: a list or a page was shown.
    Shown,
    /// 1: a mutant was not caught.
    Missed,
    /// 1: a version of a client is worse than the one before.
    Worse,
    /// 2: the command line, or a file that it names.
    Usage,
    /// 4: nothing is selected that could be exercised.
    NotExercised,
}

impl Exit {
    /// What the program ends with when a signal ends it.
    pub(crate) const INTERRUPTED: u8 = RunVerdict::Interrupted.exit_code();
}

impl From<RunVerdict> for Exit {
    fn from(verdict: RunVerdict) -> Self {
        Self::Verdict(verdict)
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Verdict(verdict) => verdict.exit_code(),
            Self::Shown => 0,
            Self::Missed | Self::Worse => RunVerdict::Violates.exit_code(),
            Self::Usage => 2,
            Self::NotExercised => RunVerdict::NotExercised.exit_code(),
        })
    }
}
