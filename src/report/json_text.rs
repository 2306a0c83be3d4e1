//! JSON that can be shown on a terminal: characters that command it or cannot be seen are escaped.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::text::is_plain;

/// What is nested deeper than this stands in one line: a finding does.
const LINES: usize = 4;

/// Writes a document in lines, with a line end.
pub(super) fn write<T: Serialize>(document: &T, out: &mut dyn io::Write) -> io::Result<()> {
    let formatter = Escaping { lines: PrettyFormatter::new(), depth: 0 };
    document.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// A document in memory, without a last line end.
pub(super) fn to_string<T: Serialize>(document: &T) -> serde_json::Result<String> {
    let mut text = Vec::new();
    let formatter = Escaping { lines: PrettyFormatter::new(), depth: 0 };
    document.serialize(&mut Serializer::with_formatter(&mut text, formatter))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

struct Escaping<'a> {
    lines: PrettyFormatter<'a>,
    /// How many objects and arrays are open.
    depth: usize,
}

/// Calls a method of the formatter for lines, or of that for one line.
macro_rules! laid_out {
    ($this:ident . $method:ident ( $($argument:expr),* )) => {
        if $this.depth > LINES {
            CompactFormatter.$method($($argument),*)
        } else {
            $this.lines.$method($($argument),*)
        }
    };
}

impl Formatter for Escaping<'_> {
    /// What JSON itself does not escape.
    fn write_string_fragment<W>(&mut self, out: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, it)| !is_plain(*it)) {
            out.write_all(&rest.as_bytes()[..at])?;
            // An escape of JSON is one unit of UTF-16 (RFC 8259 §7).
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        laid_out!(self.begin_array(out))
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        laid_out!(self.end_array(out))?;
        self.depth -= 1;
        Ok(())
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        laid_out!(self.begin_array_value(out, first))
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        laid_out!(self.end_array_value(out))
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        laid_out!(self.begin_object(out))
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        laid_out!(self.end_object(out))?;
        self.depth -= 1;
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        laid_out!(self.begin_object_key(out, first))
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        laid_out!(self.begin_object_value(out))
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        laid_out!(self.end_object_value(out))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_nested_deeply_stands_in_one_line() {
        let mut json = Vec::new();
        super::write(&[[[[(1, "a", [2]), (3, "b", [4])]]]], &mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        let lines: Vec<_> = json.lines().map(str::trim_start).collect();
        let deep = ["[1,\"a\",[2]],", "[3,\"b\",[4]]"];
        assert_eq!(lines, [&["["; 4][..], &deep, &["]"; 4]].concat());
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_and_means_the_same() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}1m\u{202e}\u{200b}\u{2028}\u{e0041}\0\n é 漢 \"\\";
        let mut json = Vec::new();
        super::write(&[text], &mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        let escapes = "\\u007f\\u009b1m\\u202e\\u200b\\u2028\\udb40\\udc41\\u0000\\n é 漢";
        assert!(json.contains(escapes), "{json}");
        assert!(json.lines().all(|line| line.chars().all(|it| !it.is_control())), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
