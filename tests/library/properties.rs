//! What holds for any input, one file a noun.

use proptest::test_runner::Config;

mod dialect;
mod digest;
mod envelope;
mod file_view;
mod message;
mod multipart;
mod path;
mod plan;
mod signature;

/// Failures become named tests or seeds, so there is no second store of regressions.
fn config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}
