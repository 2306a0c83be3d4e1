//! How wide the lines of people's text may be.

use std::env;
use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;

/// What `COLUMNS` says, or else the terminal; `None` if the stream is none.
pub(super) fn of(stream: impl AsFd) -> Option<usize> {
    let said = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col));
    // A terminal that was never given a size says 0.
    said.or_else(seen).filter(|columns| *columns > 0)
}
