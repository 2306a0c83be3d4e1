//! Where text for people goes.

use std::fmt::Arguments;
use std::io;

use anstyle::Style;

use super::secrets::Secrets;
use super::text::safe_text;

/// A terminal, or whatever takes its place.
///
/// All text that is written to it is escaped and has its secrets masked, wherever it comes from: none
/// commands the terminal, reorders what stands there, or begins a line of its own. Only the last
/// character of what is written may end a line. So what is ours and is no text has ways of its own:
/// styles, [`Screen::styled`]; documents with an escaping of theirs, [`Screen::document`].
///
/// ```
/// use slicecheck::report::screen::Screen;
///
/// let mut shown = Vec::new();
/// writeln!(Screen::new(&mut shown), "error: {}: not found", "a\x1b[2J\nb")?;
/// assert_eq!(shown, b"error: a\\u{1b}[2J\\nb: not found\n");
/// # Ok::<_, std::io::Error>(())
/// ```
pub struct Screen<'a> {
    out: &'a mut dyn io::Write,
    secrets: Secrets,
}

impl<'a> Screen<'a> {
    /// A screen that hides no secrets.
    pub fn new(out: &'a mut dyn io::Write) -> Self {
        Self { out, secrets: Secrets::default() }
    }

    /// A screen that hides these.
    pub(super) fn hiding(out: &'a mut dyn io::Write, secrets: Secrets) -> Self {
        Self { out, secrets }
    }

    /// What `write!` and `writeln!` call.
    pub fn write_fmt(&mut self, text: Arguments<'_>) -> io::Result<()> {
        // In one piece: a secret may be put together from several arguments.
        let text = text.to_string();
        let (line, end) = match text.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (text.as_str(), ""),
        };
        let shown = no_command(safe_text(&self.secrets.mask(line)));
        self.out.write_all((shown + end).as_bytes())
    }

    /// Writes text in a style.
    pub fn styled(&mut self, style: Style, text: Arguments<'_>) -> io::Result<()> {
        write!(self.out, "{style}")?;
        self.write_fmt(text)?;
        write!(self.out, "{style:#}")
    }

    /// For what escapes its own text.
    pub fn document(&mut self) -> &mut dyn io::Write {
        self.out
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}

/// A line that is no command where builds of GitHub Actions and Azure Pipelines print it.
fn no_command(line: String) -> String {
    let line =
        if line.trim_start().starts_with("::") { line.replacen(':', "\\u{3a}", 1) } else { line };
    if line.contains("##[") { line.replace("##[", "#\\u{23}[") } else { line }
}

/// A text as a screen shows it.
pub fn escaped(text: &str) -> String {
    safe_text(text)
}

#[cfg(test)]
mod tests {
    use super::Screen;

    #[test]
    fn no_line_is_a_command_to_whoever_prints_the_output_of_a_build() {
        let mut shown = Vec::new();
        let out = &mut Screen::new(&mut shown);
        for line in ["  ::add-mask::a", "a ##[error]b", "a::b"] {
            writeln!(out, "{line}").unwrap();
        }
        let expected = "  \\u{3a}:add-mask::a\na #\\u{23}[error]b\na::b\n";
        assert_eq!(String::from_utf8(shown).unwrap(), expected);
    }
}
