//! The manual: a page for each rule, clause, scenario, mutant, error code and topic, as Markdown.

use std::fmt::Write;

use super::explain::{Entry, play_all};

/// The file with links to all pages.
const INDEX: &str = "index.md";

/// All pages with the names of their files, the index first.
pub fn pages() -> Vec<(String, String)> {
    play_all();
    let all: Vec<_> = Entry::all().collect();
    let page = |entry: &Entry| (file_name(*entry), page(*entry));
    let index = [(INDEX.to_owned(), index(&all))];
    index.into_iter().chain(all.iter().map(page)).collect()
}

fn index(all: &[Entry]) -> String {
    let mut text = "# What slicecheck judges by\n".to_owned();
    let mut kind = "";
    for entry in all {
        if entry.kind() != kind {
            kind = entry.kind();
            let _ = writeln!(text, "\n## Each {kind}\n");
        }
        let _ = writeln!(text, "- {}", link(*entry));
    }
    text
}

fn page(entry: Entry) -> String {
    let mut page = format!("# {} ({})\n\n[All pages]({INDEX})\n", prose(&entry.id()), entry.kind());
    // A longer fence than any in the text.
    let _ = writeln!(page, "\n`````text\n{}`````", entry.text());
    for (what, lines) in entry.notes() {
        let _ = writeln!(page, "\n## {what}\n");
        for line in lines {
            let _ = writeln!(page, "- {}", prose(&line));
        }
    }
    for (what, entries) in entry.links() {
        let _ = writeln!(page, "\n## {what}\n");
        for entry in entries {
            let _ = writeln!(page, "- {}", link(entry));
        }
    }
    if let Some(advice) = entry.advice() {
        let _ = writeln!(page, "\n`````text\n{advice}\n`````");
    }
    page
}

fn link(entry: Entry) -> String {
    let (id, summary) = (prose(&entry.id()), prose(entry.summary()));
    let separator = if summary.is_empty() { "" } else { ": " };
    format!("[{id}]({}){separator}{summary}", file_name(entry))
}

/// A name that every file system takes.
fn file_name(entry: Entry) -> String {
    format!("{}-{}.md", entry.kind(), entry.id().replace('/', "__"))
}

/// Words in which no character is markup.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    for character in text.chars() {
        if "\\`*_[]<>|#&".contains(character) {
            prose.push('\\');
        }
        prose.push(character);
    }
    prose
}
