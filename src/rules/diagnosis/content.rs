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

/// Which few bytes are missing at one end of what was sent, or which bytes were added there.
pub(in crate::rules) fn length_mistake(sent: &[u8], file: &[u8]) -> Option<String> {
    // More than a line end or a byte order mark, and few enough to be shown whole.
    const FEW: usize = 16;
    // Enough to recognise a header that has slipped into the content.
    const SHOWN: usize = 48;
    let missing = |bytes: Option<&[u8]>, end: &str| {
        let few = bytes.filter(|bytes| (1..=FEW).contains(&bytes.len()))?;
        Some(format!("{} is missing at the {end}", quote(few)))
    };
    let added = |bytes: Option<&[u8]>, end: &str| {
        let bytes = bytes.filter(|bytes| !bytes.is_empty())?;
        let shown = quote(bytes.get(..SHOWN).unwrap_or(bytes));
        let more = match bytes.len() {
            length if length > SHOWN => format!(" and so on, {length} bytes,"),
            _ => String::new(),
        };
        Some(format!("{shown}{more} was added at the {end}"))
    };
    // No file but one that ends so by itself is cut exactly there.
    let before_zero = || {
        let rest = file.strip_prefix(sent).filter(|rest| rest.len() > FEW)?;
        let is_string = rest.starts_with(&[0]) && !sent.contains(&0);
        is_string.then(|| "it ends before the first zero byte, like a string in C".to_owned())
    };
    missing(file.strip_prefix(sent), "end")
        .or_else(|| missing(file.strip_suffix(sent), "beginning"))
        .or_else(before_zero)
        .or_else(|| added(sent.strip_prefix(file), "end"))
        .or_else(|| added(sent.strip_suffix(file), "beginning"))
}

/// Where in the file all of these bytes are. A few of them are looked for, as it costs much to prepare
/// the search for many; where these are in too many places, the others are not looked at, and what begins
/// with the zeros of a sparse file is not looked for.
pub(in crate::rules) fn place_in(file: &FileView, bytes: &[u8]) -> Option<u64> {
    const CANDIDATES: usize = 64;
    // 256 random bytes are in a file once; the others are compared where these are found.
    let few = bytes.get(..bytes.len().min(256))?;
    let places = file.runs().flat_map(|(offset, run)| {
        let places = memchr::memmem::find_iter(run, few);
        places.filter_map(move |at| offset.checked_add(u64::try_from(at).ok()?))
    });
    // A file of zeros has these bytes nearly everywhere.
    places.take(CANDIDATES).find(|at| file.matches(*at, bytes))
}
