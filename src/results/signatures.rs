//! Where a request has its signatures.

use std::ops::Range;

use crate::protocol::Request;

/// What a signature proves, in the bytes of a request: all but its first characters.
pub(crate) fn signatures(request: &Request) -> Vec<Range<usize>> {
    let header = request.head().all("authorization").map(|field| field.value_span.clone());
    let target = request.target_span().filter(|_| request.query().is_some());
    let query = target.and_then(|span| {
        // The first one, even if it is in the path: too much is hidden rather than too little.
        let at = memchr::memmem::find(request.raw().get(span.clone())?, b"sign=")?;
        Some(span.start + at + 5..span.end)
    });
    let options = |span: Range<usize>| span.start.saturating_add(8).min(span.end)..span.end;
    header.chain(query).map(options).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is hidden of a request.
    fn hidden(target: &str, field: &str) -> Vec<String> {
        let raw = format!("POST {target} HTTP/1.1\r\nHost: h\r\n{field}Content-Length: 0\r\n\r\n");
        let request = Request::new(raw.clone().into());
        signatures(&request).into_iter().map(|range| raw[range].to_owned()).collect()
    }

    #[test]
    fn all_but_the_first_characters_of_a_signature_is_hidden() {
        const PATH: &str = "/files/v2/1251668577/examplebucket/slicecheck/k";
        let none: [&str; 0] = [];
        assert_eq!(hidden(PATH, ""), none);
        assert_eq!(hidden(PATH, "Authorization: 01234567rest=\r\n"), ["rest="]);
        assert_eq!(hidden(&format!("{PATH}?sign=01234567rest="), ""), ["rest="]);
        assert_eq!(hidden(&format!("{PATH}?a=b&sign=01234567rest&x=y"), ""), ["rest&x=y"]);
        // A short one has nothing to hide.
        assert_eq!(hidden(&format!("{PATH}?sign=0123"), "Authorization: 0123\r\n"), ["", ""]);
    }
}
