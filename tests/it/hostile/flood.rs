//! Clients that send more than anybody can use. Each must be told that it goes beyond the bounds, and
//! none may make the suite large.

use std::io::{self, Write};

use super::Behaviour;
use super::wire::{connect, form, head, number, post, reply, wait_for_ever};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    ("many-fields", "REQUESTS FIELDS: forms with many parts, one after another", many_fields),
    ("large-bodies", "REQUESTS MIB: large bodies, one after another", large_bodies),
    ("endless-body", "announces a body of 2^63 bytes and sends it", endless_body),
    ("endless-chunks", "sends chunks without a last one", endless_chunks),
    ("idle-connections", "COUNT: opens connections and keeps them", idle_connections),
];

fn many_fields(arguments: &[String]) -> io::Result<()> {
    let names: Vec<String> = (0..number(arguments, 1)?).map(|field| format!("f{field}")).collect();
    let fields = names.iter().map(|name| (name.as_str(), "x"));
    let request = post(&form([("op", "upload_slice_data")].into_iter().chain(fields)))?;
    send(&request, number(arguments, 0)?)
}

fn large_bodies(arguments: &[String]) -> io::Result<()> {
    let content = "x".repeat(number(arguments, 1)? << 20);
    let request = post(&form([("op", "upload_slice_data"), ("filecontent", &content)]))?;
    send(&request, number(arguments, 0)?)
}

/// The same request so many times over one connection.
fn send(request: &[u8], times: usize) -> io::Result<()> {
    let mut stream = connect()?;
    for _ in 0..times {
        stream.write_all(request)?;
        reply(&stream)?;
    }
    Ok(())
}

fn endless_body(_: &[String]) -> io::Result<()> {
    pour(format!("{}Content-Length: {}\r\n\r\n", head()?, 1_u64 << 63).as_bytes(), &[b'x'; 1 << 14])
}

fn endless_chunks(_: &[String]) -> io::Result<()> {
    let chunk = format!("ffff\r\n{}\r\n", "x".repeat(0xffff));
    pour(format!("{}Transfer-Encoding: chunked\r\n\r\n", head()?).as_bytes(), chunk.as_bytes())
}

/// A beginning, and then the same piece until nobody takes it any more.
fn pour(beginning: &[u8], piece: &[u8]) -> io::Result<()> {
    let mut stream = connect()?;
    stream.write_all(beginning)?;
    loop {
        stream.write_all(piece)?;
    }
}

fn idle_connections(arguments: &[String]) -> io::Result<()> {
    let streams: Vec<_> = (0..number(arguments, 0)?).map(|_| connect()).collect();
    eprintln!("{} connections", streams.iter().flatten().count());
    wait_for_ever()
}
