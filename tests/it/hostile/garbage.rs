//! Clients that do not speak HTTP, or break off. Each must be told what came instead of a request.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use super::Behaviour;
use super::wire::{connect, init};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    ("noise-bytes", "sends all byte values, and 64 KiB of them", |_| {
        say(&(0..=255).cycle().take(64 << 10).collect::<Vec<u8>>())
    }),
    ("nul-bytes", "sends nothing but NUL", |_| say(&[0; 64 << 10])),
    ("tls-hello", "begins TLS where no TLS is", |_| {
        let hello = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3];
        say(&hello)
    }),
    ("http2-preface", "begins HTTP/2 without asking", |_| {
        say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
    }),
    ("reset", "resets each connection before it has read the reply", reset),
    ("slow-reader", "reads a byte a second of each reply", slow_reader),
];

/// Says it, and hears what comes back to its end.
fn say(bytes: &[u8]) -> io::Result<()> {
    let mut stream = connect()?;
    // Whoever does not want to hear it may close before all is said.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
    Ok(())
}

/// A socket that is closed with bytes unread is reset [RFC 1122 §4.2.2.13].
fn reset(_: &[String]) -> io::Result<()> {
    for _ in 0..50 {
        let mut stream = connect()?;
        stream.write_all(&init()?)?;
        has_come(&stream)?;
    }
    Ok(())
}

fn has_come(stream: &TcpStream) -> io::Result<()> {
    stream.peek(&mut [0]).map(drop)
}

fn slow_reader(_: &[String]) -> io::Result<()> {
    let mut stream = connect()?;
    stream.write_all(&init()?)?;
    while stream.read(&mut [0])? > 0 {
        sleep(Duration::from_secs(1));
    }
    Ok(())
}
