//! Clients whose words are not for a terminal, or not for anybody.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::exit;

use super::Behaviour;
use super::wire::{connect, form, greet, head, number, post, reply, word};

/// Moves the cursor, sets a title, a C1 control, and letters that reorder a line.
const MARKUP: &str = "</script><script>alert(1)</script>]]></style>&x;[a](javascript:b)![c](d)@e #1 `|` \
                      ::error::f%0A ##[error]g {{h}} <img src=x onerror=i>";
const ESCAPES: &str = "\x1b]0;owned\x07\x1b[2J\u{9b}31m\u{202e}\u{2066}\r";

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    ("chatter", "MIB: prints so much to each output, and fails", chatter),
    ("escapes", "prints and sends what commands a terminal", escapes),
    ("markup", "prints and sends HTML, XML, Markdown and commands of build servers", markup),
    ("secret", "prints and sends its secret key", secret),
];

fn chatter(arguments: &[String]) -> io::Result<()> {
    greet()?;
    let piece = "0123456789abcdef".repeat(1 << 16);
    for _ in 0..number(arguments, 0)? {
        io::stdout().write_all(piece.as_bytes())?;
        io::stderr().write_all(piece.as_bytes())?;
    }
    Ok(())
}

/// Says a text in all places in which a client can say something: outputs, names and values of header
/// fields, query, form, and the outcome.
fn say_everywhere(text: &str) -> io::Result<()> {
    println!("{text}");
    eprintln!("{text}");
    let body = form([("op", text), ("filesize", text), (text, text), ("session", text)]);
    let request = format!(
        "{}X-{text}: {text}\r\nAuthorization: {text}\r\nContent-Length: {}\r\n\r\n{body}",
        head()?.replacen(" HTTP/1.1", &format!("?{text}={text} HTTP/1.1"), 1),
        body.len()
    );
    for request in [request.into_bytes(), post(&body)?, text.as_bytes().to_vec()] {
        let mut stream = connect()?;
        stream.write_all(&request)?;
        // What cannot be read as a request may go unanswered.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = reply(&stream);
    }
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        write!(escaped, "\\u{unit:04x}").map_err(io::Error::other)?;
    }
    println!("{{\"outcome\":\"api_error\",\"code\":\"{escaped}\",\"detail\":\"{escaped}\"}}");
    exit(3)
}

fn markup(_: &[String]) -> io::Result<()> {
    println!("{MARKUP}\n::add-mask::j");
    say_everywhere(MARKUP)
}

fn escapes(_: &[String]) -> io::Result<()> {
    say_everywhere(ESCAPES)
}

fn secret(_: &[String]) -> io::Result<()> {
    say_everywhere(&word("SECRET_KEY")?)
}
