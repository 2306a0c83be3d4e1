/// Bytes for people: printable ASCII as it is, the rest escaped, long texts cut in the middle.
pub(crate) fn quote(bytes: &[u8]) -> String {
    const HEAD: usize = 60;
    const TAIL: usize = 16;
    let escape = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\'", "'");
    match (bytes.get(..HEAD), bytes.get(bytes.len().saturating_sub(TAIL)..)) {
        (Some(head), Some(tail)) if bytes.len() > HEAD.saturating_add(TAIL) => {
            format!("\"{}…{}\" ({} bytes)", escape(head), escape(tail), bytes.len())
        }
        _ => format!("\"{}\"", escape(bytes)),
    }
}
