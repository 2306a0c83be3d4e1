use super::alteration::alteration_before;
use crate::protocol::FileView;
use crate::rules::quote;

/// What was sent instead of the file's bytes, which `wanted` begins with; the first that differs is
/// that at `at`.
pub(in crate::rules) fn content_mistake(
    file: &FileView,
    sent: &[u8],
    wanted: &[u8],
    at: usize,
) -> Option<String> {
    // Alterations come first: altered text may by chance be elsewhere in the file, too.
    let elsewhere = || Some(format!("these are the file's bytes from {}", place_in(file, sent)?));
    alteration_before(sent, wanted, at).map(str::to_owned).or_else(elsewhere)
}

/// Which few bytes are missing or too many at one end of what was sent.
pub(in crate::rules) fn length_mistake(sent: &[u8], file: &[u8]) -> Option<String> {
    // More than a line end or a byte order mark, and few enough to be shown whole.
    const FEW: usize = 16;
    let few = |bytes: Option<&[u8]>, what: &str| {
        let few = bytes.filter(|bytes| (1..=FEW).contains(&bytes.len()))?;
        Some(format!("{} {what}", quote(few)))
    };
    few(file.strip_prefix(sent), "is missing at the end")
        .or_else(|| few(file.strip_suffix(sent), "is missing at the beginning"))
        .or_else(|| few(sent.strip_prefix(file), "was added at the end"))
        .or_else(|| few(sent.strip_suffix(file), "was added at the beginning"))
}

/// Where in the file all of these bytes are. A few of them are looked for, as it costs much to prepare
/// the search for many; where these are in too many places, the others are not looked at, and what begins
/// with the zeros of a sparse file is not looked for.
fn place_in(file: &FileView, bytes: &[u8]) -> Option<u64> {
    const CANDIDATES: usize = 64;
    let few = bytes.get(..bytes.len().min(256))?;
    let places = file.runs().flat_map(|(offset, run)| {
        let places = memchr::memmem::find_iter(run, few);
        places.filter_map(move |at| offset.checked_add(u64::try_from(at).ok()?))
    });
    // A file of zeros has these bytes nearly everywhere.
    places.take(CANDIDATES).find(|at| file.matches(*at, bytes))
}
