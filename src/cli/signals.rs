//! Signals that ask the program to end: heard from the first instruction on, in whatever it is doing.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, iterator};
use slicecheck::harness;

use crate::exit::Exit;

/// Who is told of a signal.
pub(crate) struct Signals {
    listener: Arc<Mutex<Option<Listener>>>,
}

type Listener = Box<dyn FnOnce() -> bool + Send>;

impl Signals {
    /// Listens from now on. Signals that the program was started with as ignored, as by `nohup`, stay
    /// ignored.
    pub(crate) fn listen() -> io::Result<Self> {
        let heeded = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        // Whoever writes more than is allowed gets an error to tell, if this does not end the program.
        flag::register(SIGXFSZ, Arc::default())?;
        let mut signals = iterator::Signals::new(heeded)?;
        let listener = Arc::<Mutex<Option<Listener>>>::default();
        let told = Arc::clone(&listener);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in signals.forever() {
                // Kept locked: a run that is about to begin waits for the end, and begins no more.
                let mut told = lock(&told);
                if !told.take().is_some_and(|listener| listener()) {
                    end();
                }
            }
        })?;
        Ok(Self { listener })
    }

    /// The next signal is told to `listener`; another one after it ends the program at once, and so does
    /// one that the listener has no use for any more.
    pub(crate) fn tell(&self, listener: impl FnOnce() -> bool + Send + 'static) {
        *lock(&self.listener) = Some(Box::new(listener));
    }

    /// From now on a signal ends the program at once.
    pub(crate) fn tell_nobody(&self) {
        *lock(&self.listener) = None;
    }
}

fn lock(listener: &Mutex<Option<Listener>>) -> MutexGuard<'_, Option<Listener>> {
    listener.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the program and all that it has started; nothing is left but whole files.
#[expect(clippy::exit, reason = "other threads may be blocked, and hear of nothing")]
fn end() -> ! {
    harness::shut_down();
    std::process::exit(i32::from(Exit::INTERRUPTED))
}

/// Whether the program was started with this signal ignored.
#[cfg(target_os = "linux")]
fn is_ignored(signal: i32) -> bool {
    let status = procfs::process::Process::myself().and_then(|own| own.status());
    let bit = u32::try_from(signal).ok().and_then(|signal| signal.checked_sub(1));
    let mask = bit.and_then(|bit| 1_u64.checked_shl(bit)).unwrap_or(0);
    status.is_ok_and(|status| status.sigign & mask != 0)
}

/// Elsewhere the system tells only those who ask in ways that Rust calls unsafe.
#[cfg(not(target_os = "linux"))]
fn is_ignored(_: i32) -> bool {
    false
}
