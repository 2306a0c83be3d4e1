use super::text::{missing_value, surroundings};

/// The well-known mistake that makes this of a decimal number.
pub(super) fn number_mistake(value: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(value).ok()?;
    let trimmed = text.trim();
    let is_decimal =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_decimal(text) {
        None
    } else if text.is_empty() {
        Some("an empty field")
    // From the least change to the greatest: the first that gives digits is what was done.
    } else if let Some(surroundings) = surroundings(text, is_decimal) {
        Some(surroundings)
    } else if trimmed.strip_prefix(['+', '-']).is_some_and(is_decimal) {
        Some("it has a sign")
    // Rust reads "inf" and "nan" as numbers, too; what was printed has a point or an exponent.
    } else if trimmed.parse::<f64>().is_ok() && trimmed.contains(['e', 'E', '.']) {
        Some("it was printed as a floating-point number")
    } else if is_decimal(&trimmed.replace([',', '\'', '_', ' '], "")) {
        Some("it has separators between thousands")
    } else if is_hexadecimal(trimmed) {
        Some("it is hexadecimal")
    } else {
        missing_value(text)
    }
}

fn is_hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    digits.is_some_and(|digits| u64::from_str_radix(digits, 16).is_ok())
}
