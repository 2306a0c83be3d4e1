//! Lines that are no longer than a terminal is wide.

use crate::report::text::columns_of;

/// Narrower terminals are taken for this wide: nothing can be read there.
const NARROWEST: usize = 20;

/// A text with styles, in which longer lines go on under the text that their first words label. A line with a
/// command stays whole, to be copied.
pub(super) fn wrapped(page: &[u8], width: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(page);
    let width = width.max(NARROWEST);
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let is_command = line.trim_start().starts_with("replay ");
        if is_command || visible(line.trim_end()) <= width {
            all.push_str(line);
        } else {
            wrap(line, width, &mut all);
        }
    }
    all.into_bytes()
}

fn wrap(line: &str, width: usize, all: &mut String) {
    // A long label has to leave room for words.
    let indent = indent(line).min(width / 2);
    let mut column = 0;
    for word in line.split_inclusive(' ') {
        let length = visible(word.trim_end());
        if column > indent && column + length > width {
            new_line(indent, &mut column, all);
        }
        let mut is_style = false;
        for character in word.chars() {
            is_style |= character == '\x1b';
            let is_shown = !is_style && character != '\n';
            let columns = if is_shown { columns_of(character) } else { 0 };
            if is_shown && column + columns > width {
                // A space at the end of a line is not missed.
                if character == ' ' {
                    continue;
                }
                new_line(indent, &mut column, all);
            }
            column += columns;
            is_style &= character != 'm';
            all.push(character);
        }
    }
}

fn new_line(indent: usize, column: &mut usize, all: &mut String) {
    all.truncate(all.trim_end_matches(' ').len());
    all.push('\n');
    all.push_str(&" ".repeat(indent));
    *column = indent;
}

/// Where the text after the label of a line begins; two places in, if there is none.
fn indent(line: &str) -> usize {
    let text = line.trim_start_matches(' ');
    let before = line.len() - text.len();
    let label = text.find(' ').unwrap_or(0);
    let spaces = text[label..].len() - text[label..].trim_start_matches(' ').len();
    if spaces < 2 { before + 2 } else { visible(&line[..before + label]) + spaces }
}

/// How many columns of a text are seen: all but styles.
fn visible(text: &str) -> usize {
    let mut is_style = false;
    let is_seen = |character: &char| {
        is_style |= *character == '\x1b';
        let is_seen = !is_style;
        is_style &= *character != 'm';
        is_seen
    };
    text.chars().filter(is_seen).map(columns_of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped_to(width: usize, text: &str) -> String {
        String::from_utf8(wrapped(text.as_bytes(), width)).unwrap()
    }

    #[test]
    fn a_long_line_goes_on_under_the_text_of_its_label() {
        let text = "  why       one two three four five six\n  replay    slicecheck run --replay 1:x/y\nshort\n";
        let expected = "  why       one two\n            three four\n            five six\n  \
                        replay    slicecheck run --replay 1:x/y\nshort\n";
        assert_eq!(wrapped_to(24, text), expected);
    }

    #[test]
    fn a_word_that_fills_lines_begins_beside_its_label() {
        let text = format!("  why       {}\n", "x".repeat(24));
        let expected = format!("  why       {0}\n            {0}\n", "x".repeat(12));
        assert_eq!(wrapped_to(24, &text), expected);
    }

    #[test]
    fn no_line_is_longer_than_the_terminal_and_no_letter_is_lost() {
        let (long, keys) = ("x".repeat(100), "我的/照片 ".repeat(9));
        let text = format!("\x1b[1mhead\x1b[0m {long} tail é€ {keys}{}\n", "ab ".repeat(40));
        for width in 20..130 {
            let wrapped = wrapped_to(width, &text);
            assert!(wrapped.lines().all(|line| visible(line) <= width), "{width}: {wrapped}");
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(letters(&wrapped), letters(&text), "{width}");
        }
    }
}
