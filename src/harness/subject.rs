use std::ffi::OsString;
use std::time::Duration;

use super::access::Access;
use super::driver::{self, Pool};
use super::function::Function;
use super::job::Job;
use super::limit::Limit;
use super::restart::Restart;
use super::source_file::SourceFile;
use super::{HarnessError, Options, reference};
use crate::protocol::{Claim, UploadJob};

/// The client under test.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Subject {
    /// A program and its arguments, started once per scenario.
    Command(Vec<OsString>),
    /// A program and its arguments that stays and is told what to do in lines of JSON.
    Driver(Vec<OsString>),
    /// An async function in the same process, called once per scenario.
    Function(Function),
}

impl Subject {
    /// The built-in client.
    pub fn reference() -> Self {
        Self::function(reference)
    }

    /// A client in the same process, see [`check`](super::check).
    pub fn function<F, R>(client: F) -> Self
    where
        F: Fn(Job) -> R + Send + Sync + 'static,
        R: Future<Output: Into<Claimed>> + 'static,
    {
        Self::Function(Function::new(client))
    }
}

/// What a client in the same process says about its upload: a [`Claim`], with more detail if there is
/// any. A `Result` is a claim, too: [`Claim::Ok`], or [`Claim::Failed`] with the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub(super) claim: Claim,
    pub(super) detail: String,
}

impl From<Claim> for Claimed {
    fn from(claim: Claim) -> Self {
        Self { claim, detail: String::new() }
    }
}

impl From<(Claim, String)> for Claimed {
    fn from((claim, detail): (Claim, String)) -> Self {
        Self { claim, detail }
    }
}

impl<E: std::fmt::Display> From<Result<(), E>> for Claimed {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Claim::Ok.into(),
            Err(error) => (Claim::Failed, error.to_string()).into(),
        }
    }
}

/// What the client finds.
pub(super) struct Stage<'a> {
    pub(super) job: &'a UploadJob,
    pub(super) source: &'a SourceFile,
    /// How it is killed and started again, where it is.
    pub(super) restart: Option<&'a Restart>,
    pub(super) access: Access,
}

/// How a client ended.
pub(super) struct Ended {
    pub(super) claim: Claim,
    pub(super) detail: String,
    /// The CPU time that it used, if it had to be killed.
    pub(super) busy: Option<Duration>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) elapsed: Duration,
}

/// The client under test while a run lasts: what starts it, watches it until its end or the limit, and
/// leaves nothing of it behind.
pub(super) enum Starter<'a> {
    Command(&'a [OsString]),
    Driver(Pool),
    Function(&'a Function),
}

impl<'a> Starter<'a> {
    pub(super) fn new(subject: &'a Subject) -> Self {
        match subject {
            Subject::Command(command) => Self::Command(command),
            Subject::Driver(command) => Self::Driver(Pool::new(command.clone())),
            Subject::Function(function) => Self::Function(function),
        }
    }

    /// Has the client do one job.
    pub(super) async fn drive(
        &self,
        stage: &Stage<'_>,
        options: &Options,
        limit: Limit,
    ) -> Result<Ended, HarnessError> {
        match self {
            Self::Command(command) => driver::drive(command, stage, limit).await,
            Self::Driver(pool) => pool.drive(stage, options.deadline, limit).await,
            Self::Function(function) => {
                let Stage { job, source, access, .. } = stage;
                let job = Job::new(job, (*source).clone(), access.clone(), options.seed);
                function.drive(job, limit).await
            }
        }
    }

    /// Whether clients have the environment that a scenario asks for, or why they do not.
    pub(super) fn sets_environment(&self) -> Result<(), &'static str> {
        match self {
            Self::Command(_) | Self::Driver(_) => Ok(()),
            Self::Function(_) => {
                Err("a client in the same process has the environment of this program")
            }
        }
    }

    /// Ends what stays from one scenario to the next.
    pub(super) async fn close(self) {
        if let Self::Driver(pool) = self {
            pool.close().await;
        }
    }
}
