//! Times on the command line.

use std::time::Duration;

/// The clock goes further, but not for ever.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// A time that ends.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if duration.is_zero() {
        Err("it must be longer than nothing".to_owned())
    } else if duration > LONGEST {
        Err("it must be at most a year".to_owned())
    } else {
        Ok(duration)
    }
}
