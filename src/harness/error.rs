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
    /// No socket to listen on.
    #[error("cannot listen: {0}")]
    Listen(String),
    /// The file to upload could not be written.
    #[error("cannot write the file to upload: {0}")]
    File(String),
    /// The program was started, but its end cannot be learned.
    #[error("cannot wait for the program: {0}")]
    Wait(String),
    /// The built-in client has no transport.
    #[error("cannot set up the built-in client: {0}")]
    Reference(String),
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
        matches!(self, Self::NotStarted { .. } | Self::Driver(_))
    }

    /// The error for what a panic carried.
    pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("without a message").to_owned())
    }
}
