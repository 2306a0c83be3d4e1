/// Bytes for people: printable ASCII as it is, the rest escaped, long texts cut in the middle.
pub(crate) fn quote(bytes: &[u8]) -> String {
    const HEAD: usize = 60;
    const TAIL: usize = 16;
    // A single quote is escaped for literals of Rust, which these are not.
    let escape = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\'", "'");
    match (bytes.get(..HEAD), bytes.get(bytes.len().saturating_sub(TAIL)..)) {
        (Some(head), Some(tail)) if bytes.len() > HEAD.saturating_add(TAIL) => {
            format!("\"{}…{}\" ({} bytes)", escape(head), escape(tail), bytes.len())
        }
        _ => format!("\"{}\"", escape(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_text_is_cut_in_the_middle_where_it_has_more_than_76_bytes() {
        assert_eq!(quote(b"it's\t\xff"), r#""it's\t\xff""#);
        let whole = "a".repeat(60) + &"b".repeat(16);
        assert_eq!(quote(whole.as_bytes()), format!("\"{whole}\""));
        let cut = "a".repeat(60) + "c" + &"b".repeat(16);
        let expected = format!("\"{}…{}\" (77 bytes)", "a".repeat(60), "b".repeat(16));
        assert_eq!(quote(cut.as_bytes()), expected);
    }
}
