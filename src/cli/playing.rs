//! Plays what somebody asks for one by one, against a program or the built-in client.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

use slicecheck::harness::{
    self, HarnessError, Introduction, Options, Playlist, Subject, play_list,
};
use tokio::sync::oneshot;

use super::ViaOption;
use super::signals::Signals;

/// The client, and how it is played.
pub(super) struct Client<'a> {
    /// The program and its arguments; the built-in client, if there is none.
    pub(super) command: &'a [OsString],
    pub(super) driver: bool,
    pub(super) via: ViaOption,
    pub(super) deadline: Duration,
    pub(super) patience: Option<Duration>,
    pub(super) jobs: Option<NonZeroUsize>,
    pub(super) seed: u64,
}

/// Plays until the list has come to its end, or `end` has; says whether a signal was first.
pub(super) fn play(
    playlist: &mut impl Playlist,
    client: &Client,
    end: impl Future<Output = ()>,
    signals: &Signals,
) -> Result<bool, HarnessError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| HarnessError::no_thread(&error))?;
    let (stop, stopped) = oneshot::channel::<()>();
    signals.tell(move || stop.send(()).is_ok());
    harness::dedicate_process();
    let subject = match client.command {
        [] => Subject::reference(),
        command if client.driver => Subject::Driver(command.to_vec()),
        command => Subject::Command(command.to_vec()),
    };
    let options = Options {
        jobs: client.jobs.unwrap_or_else(|| harness::usual_jobs(client.command.is_empty())),
        deadline: client.deadline,
        patience: client.patience,
        via: client.via.open()?,
        tls: None,
        seed: client.seed,
        introduction: Introduction::default(),
    };
    let is_interrupted = runtime.block_on(async {
        tokio::select! {
            () = play_list(playlist, &subject, &options) => false,
            () = end => false,
            _ = stopped => true,
        }
    });
    // A client in the same process may block a thread for ever.
    runtime.shutdown_background();
    Ok(is_interrupted)
}
