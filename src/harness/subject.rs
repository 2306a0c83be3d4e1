use std::ffi::OsString;
use std::future::ready;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::access::Access;
use super::driver::{Busy, Pool, Program};
use super::function::Function;
use super::job::Job;
use super::limit::Limit;
use super::plan::Plan;
use super::restart::Restart;
use super::source_file::SourceFile;
use super::{HarnessError, LOOPBACK, Options, reference};
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
    /// Whoever asks for scenarios over HTTP: a browser, a phone, a device.
    Plan(Plan),
}

impl Subject {
    pub(super) fn attach(&self, options: &Options) -> Box<dyn Attached> {
        match self {
            Self::Command(command) => Box::new(Program(command.clone())),
            Self::Driver(command) => {
                Box::new(Pool::new(command.clone(), options.introduction.clone()))
            }
            Self::Function(function) => Box::new(function.clone()),
            Self::Plan(plan) => Box::new(plan.clone()),
        }
    }

    /// The program that is started and its arguments, if one is.
    pub(super) fn command(&self) -> &[OsString] {
        match self {
            Self::Command(command) | Self::Driver(command) => command,
            Self::Function(_) | Self::Plan(_) => &[],
        }
    }

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
pub(super) struct RunContext<'a> {
    pub(super) job: &'a UploadJob,
    pub(super) source: &'a SourceFile,
    /// How it is killed and started again, where it is.
    pub(super) restart: Option<&'a Restart>,
    pub(super) access: Access,
    /// Whether a connection has come.
    pub(super) is_reached: &'a (dyn Fn() -> bool + Sync),
}

/// How a client ended.
pub(super) struct Ended {
    pub(super) claim: Claim,
    pub(super) detail: String,
    /// What it computed, or would have, if it had to be killed.
    pub(super) busy: Option<Busy>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) elapsed: Duration,
}

/// A client that is attached to a run, while it lasts: what has it upload, watches it until its end or the
/// limit, and leaves nothing of it. A way to attach clients is a file that implements this, and a line
/// in [`Subject::attach`].
pub(super) trait Attached: Send + Sync {
    /// Has the client do one job.
    fn drive<'a>(
        &'a self,
        context: &'a RunContext<'_>,
        options: &'a Options,
        limit: Limit,
    ) -> BoxFuture<'a, Result<Ended, HarnessError>>;

    /// Whether clients have the environment that a scenario asks for, or why they do not.
    fn sets_environment(&self) -> Result<(), &'static str> {
        Ok(())
    }

    /// Where the services of scenarios listen, on a port that the system chooses.
    fn address(&self) -> SocketAddr {
        LOOPBACK
    }

    /// Ends what stays from one scenario to the next.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }
}
