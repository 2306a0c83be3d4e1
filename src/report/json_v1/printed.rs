//! What a client printed.

use serde::Serialize;

use super::Masked;
use crate::report::secrets::Secrets;
use crate::results::JudgedScenario;

/// How many bytes of each end of a stream are kept.
const END: usize = 2 << 10;

#[derive(Serialize)]
pub(super) struct Printed {
    stdout: Masked,
    stderr: Masked,
}

impl Printed {
    pub(super) fn of(judged: &JudgedScenario, secrets: &Secrets) -> Option<Self> {
        let JudgedScenario { stdout, stderr, .. } = judged;
        let is_empty = stdout.is_empty() && stderr.is_empty();
        let ends = |bytes: &[u8]| Masked(ends(&secrets.mask(&String::from_utf8_lossy(bytes))));
        (!is_empty).then(|| Self { stdout: ends(stdout), stderr: ends(stderr) })
    }
}

/// A text without its middle, if it is long.
fn ends(text: &str) -> String {
    if text.len() <= 2 * END {
        return text.to_owned();
    }
    let (before, after) =
        (text.floor_char_boundary(END), text.ceil_char_boundary(text.len() - END));
    format!("{}\n…\n{}", &text[..before], &text[after..])
}
