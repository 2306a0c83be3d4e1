use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;

use crate::scenario::Blame;

/// Why a scenario has no transcript; never the client's behaviour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HarnessError {
    /// The program under test is missing or cannot be executed.
    #[error("cannot start {program:?}: {cause}")]
    NotStarted {
        /// The program as it was given.
        program: String,
        /// What the system said.
        cause: String,
    },
    /// The program under test does not speak as a persistent driver does.
    #[error("the driver cannot be used: {0}")]
    Driver(String),
    /// Nobody asks a plan for its scenarios, or not for another one.
    #[error("nobody asked for a scenario at http://{address}/__slicecheck/next for {deadline:?}")]
    NobodyAsked {
        /// Where the plan listens.
        address: SocketAddr,
        /// How long was waited.
        deadline: Duration,
    },
    /// What a driver answered, or a client said in its last line, is not what the contract knows.
    #[error("the driver's answer cannot be read: {0}")]
    Answer(String),
    /// This machine does not have what a run needs: files, processes, sockets, space.
    #[error("this machine is short of something: {0}")]
    Machine(String),
    /// The client cannot be told where the service is in the way that was asked for.
    #[error("{0}")]
    Attach(String),
    /// The program was started, but its end cannot be learned.
    #[error("cannot wait for the program: {0}")]
    Wait(String),
    /// The tap could not get an answer for a request.
    #[error("the tap broke: {0}")]
    Tap(String),
    /// A panic: our own bug.
    #[error("the harness panicked: {0}")]
    Panicked(String),
}

impl HarnessError {
    /// Whether the client is to blame, and will be each time.
    pub fn is_unusable(&self) -> bool {
        matches!(self, Self::NotStarted { .. } | Self::Driver(_) | Self::NobodyAsked { .. })
    }

    /// Who can do something about it.
    pub fn blame(&self) -> Blame {
        match self {
            Self::NotStarted { .. }
            | Self::Driver(_)
            | Self::NobodyAsked { .. }
            | Self::Answer(_) => Blame::Client,
            Self::Machine(_) | Self::Attach(_) => Blame::Machine,
            Self::Wait(_) | Self::Tap(_) | Self::Panicked(_) => Blame::Harness,
        }
    }

    /// The error for a program that was not started: the program's fault, or the machine's.
    pub(super) fn not_started(program: &OsStr, error: &io::Error) -> Self {
        let program = program.to_string_lossy().into_owned();
        match short_of(error) {
            Some(advice) => Self::Machine(format!("cannot start {program:?}: {error}; {advice}")),
            None => Self::NotStarted { program, cause: error.to_string() },
        }
    }

    /// The error for a socket that cannot be had.
    pub(super) fn socket(address: SocketAddr, error: &io::Error) -> Self {
        if let Some(advice) = advice_in(REFUSALS, error) {
            return Self::Attach(format!("cannot listen on {address}: {error}; {advice}"));
        }
        let advice = short_of(error).map(|advice| format!("; {advice}")).unwrap_or_default();
        Self::Machine(format!("cannot listen on {address}: {error}{advice}"))
    }

    /// The error for what a panic carried.
    ///
    /// Libraries panic where the system has no thread or file for them; what the system says then is all
    /// that tells this from a bug.
    pub fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("without a message");
        let shortage = SHORTAGES.iter().find(|(errno, _)| text.contains(&describe(*errno)));
        match shortage {
            Some((_, advice)) => Self::Machine(format!("{text}; {advice}")),
            None => Self::Panicked(text.to_owned()),
        }
    }

    /// The error for a thread that is not started.
    pub fn no_thread(error: &io::Error) -> Self {
        let advice = short_of(error).map(|advice| format!("; {advice}")).unwrap_or_default();
        Self::Machine(format!("cannot start a thread: {error}{advice}"))
    }
}

/// What a machine can have no more of, and what to do then.
const SHORTAGES: &[(Errno, &str)] = &[
    (Errno::MFILE, "raise the limit of open files (ulimit -n), or lower --jobs"),
    (Errno::NFILE, "raise the limit of open files of the system, or lower --jobs"),
    // What fork and pthread_create say at the limit of processes (RLIMIT_NPROC).
    (Errno::AGAIN, "raise the limit of processes (ulimit -u), or lower --jobs"),
    (Errno::NOMEM, "free some memory, or lower --jobs"),
];

/// Why an address cannot be had, and what to do then.
const REFUSALS: &[(Errno, &str)] = &[
    (
        Errno::ACCESS,
        "ports below 1024 are root's, unless sysctl net.ipv4.ip_unprivileged_port_start=80 is set",
    ),
    (Errno::ADDRINUSE, "another program listens there"),
];

/// What to do about an error that says that the machine has no more of something, if it says that.
fn short_of(error: &io::Error) -> Option<&'static str> {
    advice_in(SHORTAGES, error)
}

fn advice_in(table: &[(Errno, &'static str)], error: &io::Error) -> Option<&'static str> {
    let errno = Errno::from_io_error(error)?;
    table.iter().find(|(known, _)| *known == errno).map(|(_, advice)| *advice)
}

/// As the system says it, without the number.
fn describe(errno: Errno) -> String {
    // An unwrap() in a library writes the error with Debug, where the number stands elsewhere: only the
    // words are the same in both forms.
    let detail = io::Error::from(errno).to_string();
    detail.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_files_or_processes_left_is_not_the_client_s_fault() {
        let client = OsStr::new("client");
        for errno in [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM] {
            let error = HarnessError::not_started(client, &errno.into());
            assert_eq!(error.blame(), Blame::Machine, "{error}");
            assert!(error.to_string().contains("or lower --jobs"), "{error}");
        }
        for errno in [Errno::NOENT, Errno::ACCESS, Errno::NOEXEC] {
            assert_eq!(HarnessError::not_started(client, &errno.into()).blame(), Blame::Client);
        }
    }

    #[test]
    fn a_library_that_panics_as_it_gets_no_thread_is_no_bug_of_ours() {
        let panic = |detail: &str| HarnessError::panicked(&detail.to_owned()).blame();
        let eagain = io::Error::from(Errno::AGAIN);
        assert_eq!(panic(&format!("failed to spawn thread: {eagain:?}")), Blame::Machine);
        assert_eq!(panic(&format!("OS can't spawn worker thread: {eagain}")), Blame::Machine);
        assert_eq!(panic("index out of bounds"), Blame::Harness);
    }
}
