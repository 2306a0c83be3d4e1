//! The bodies of the fuzz targets in `fuzz/`: properties that hold for any input, else a panic.
//!
//! A target is a function here, its line in [`TARGETS`], a file in `fuzz/fuzz_targets/` and seeds in
//! `fuzz/corpus/`. The seeds are also the regression tests: `cargo test` replays them.

mod campaign;
mod conversation;
mod counterexamples;
mod envelope;
mod judge;
mod known_toml;
mod multipart;
mod path;
mod plan;
mod request;
mod saved;
mod signature;
mod tap_stream;

pub use campaign::campaign;
pub use conversation::conversation;
pub use envelope::envelope;
pub use judge::judge;
pub use known_toml::known_toml;
pub use multipart::multipart;
pub use path::path;
pub use plan::plan;
pub use request::request;
pub use saved::saved;
pub use signature::signature;
pub use tap_stream::tap_stream;

/// Every target by its name.
#[expect(clippy::type_complexity, reason = "a name and a function")]
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("campaign", campaign),
    ("conversation", conversation),
    ("envelope", envelope),
    ("judge", judge),
    ("known_toml", known_toml),
    ("multipart", multipart),
    ("path", path),
    ("plan", plan),
    ("request", request),
    ("saved", saved),
    ("signature", signature),
    ("tap_stream", tap_stream),
];
