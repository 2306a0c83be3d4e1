//! Bytes with some of them left out: first what belongs together, as brackets and commas say, then any.

use std::ops::Range;

/// How many pieces the bytes are cut into to leave one of them out.
const MOST_PIECES: usize = 128;
/// How many values are looked at.
const MOST_VALUES: usize = 128;

/// All of these are shorter, the shortest of each kind first.
pub(super) fn smaller(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let values = values(bytes);
    for value in &values {
        all.push(without(bytes, &with_comma(bytes, value)));
    }
    for (outer, inner) in nested(&values) {
        let kept = bytes.get(inner).unwrap_or_default();
        all.push(replaced(bytes, &outer, kept));
    }
    for value in &values {
        all.push(replaced(bytes, value, b"0"));
    }
    let mut length = bytes.len() / 2;
    while length > 0 && bytes.len() / length <= MOST_PIECES {
        let starts = (0..bytes.len()).step_by(length);
        all.extend(starts.map(|start| without(bytes, &(start..start.saturating_add(length)))));
        length /= 2;
    }
    // A value of one byte is no shorter as 0.
    all.retain(|smaller| smaller.len() < bytes.len());
    all
}

fn without(bytes: &[u8], range: &Range<usize>) -> Vec<u8> {
    replaced(bytes, range, b"")
}

fn replaced(bytes: &[u8], range: &Range<usize>, by: &[u8]) -> Vec<u8> {
    let end = range.end.min(bytes.len());
    let (before, after) = (bytes.get(..range.start), bytes.get(end..));
    [before.unwrap_or_default(), by, after.unwrap_or_default()].concat()
}

/// The range with the comma before it, or the one after it.
fn with_comma(bytes: &[u8], range: &Range<usize>) -> Range<usize> {
    let before = range.start.checked_sub(1);
    match before.filter(|at| bytes.get(*at) == Some(&b',')) {
        Some(before) => before..range.end,
        None if bytes.get(range.end) == Some(&b',') => range.start..range.end.saturating_add(1),
        None => range.clone(),
    }
}

/// Each member, item and value: what stands between brackets, commas and colons outside of strings.
fn values(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // Where the member, and the value in it, began at each level.
    let mut starts = vec![(0, 0)];
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate() {
        let next = at.saturating_add(1);
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => starts.push((next, next)),
            b':' => {
                if let Some((_, value)) = starts.last_mut() {
                    *value = next;
                }
            }
            b',' | b']' | b'}' => {
                if let Some((member, value)) = starts.pop() {
                    found.extend([member..at, value..at]);
                }
                if *byte == b',' || starts.is_empty() {
                    starts.push((next, next));
                }
            }
            _ => {}
        }
        // nested() compares each of them with all others.
        if found.len() > MOST_VALUES {
            break;
        }
    }
    found.push(0..bytes.len());
    found.retain(|range| !range.is_empty());
    // In an array, an item and its value are the same.
    found.dedup();
    // The longest first: most is left out with them.
    found.sort_by_key(|range| std::cmp::Reverse(range.len()));
    found
}

/// Values within others, half as deep and innermost, in whose place they can stand.
fn nested(values: &[Range<usize>]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut pairs = Vec::new();
    for outer in values {
        let is_within = |inner: &&Range<usize>| outer.start < inner.start && inner.end < outer.end;
        let inner: Vec<_> = values.iter().filter(is_within).collect();
        let picked = [inner.last(), inner.get(inner.len() / 2), inner.first()];
        pairs.extend(picked.into_iter().flatten().map(|inner| (outer.clone(), (*inner).clone())));
    }
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use super::smaller;

    fn texts(text: &str) -> Vec<String> {
        let all = smaller(text.as_bytes()).into_iter();
        all.map(|bytes| String::from_utf8(bytes).unwrap()).collect()
    }

    #[test]
    fn members_and_items_are_left_out_with_their_commas() {
        let all = texts(r#"{"a":[1,2],"b":"x,y"}"#);
        for expected in
            [r#"{"b":"x,y"}"#, r#"{"a":[1,2]}"#, r#"{"a":[2],"b":"x,y"}"#, r#"{"a":0,"b":"x,y"}"#]
        {
            assert!(all.iter().any(|text| text == expected), "{expected} in {all:#?}");
        }
        assert!(all.iter().all(|text| text.len() < 21));
    }

    #[test]
    fn bytes_of_any_kind_become_fewer() {
        for bytes in [&b"]]}},,\"\\"[..], b"\xff\x00[", b"[[[[[[", b"a"] {
            let all = smaller(bytes);
            assert!(!all.is_empty() && all.iter().all(|it| it.len() < bytes.len()), "{bytes:?}");
        }
        assert!(smaller(b"").is_empty());
    }
}
