//! Clients that do not come to an end. Each must be told: the upload does not complete.

use std::hint::black_box;
use std::io::{self, Write};
use std::thread::sleep;
use std::time::Duration;

use super::Behaviour;
use super::wire::{connect, form, greet, head, init, number, post, reply, wait_for_ever};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    ("idle", "never opens a connection, never ends", |_| wait_for_ever()),
    ("connected", "opens a connection, sends nothing, never ends", |_| {
        let _stream = connect()?;
        wait_for_ever()
    }),
    ("one-byte-a-second", "sends a head, one byte a second", one_byte_a_second),
    ("late", "SECONDS: pauses before each request", late),
    ("polling", "asks for the list again and again", polling),
    ("busy", "opens an upload, then computes for ever", busy),
];

fn one_byte_a_second(_: &[String]) -> io::Result<()> {
    let mut stream = connect()?;
    for byte in head()?.bytes() {
        stream.write_all(&[byte])?;
        sleep(Duration::from_secs(1));
    }
    wait_for_ever()
}

fn late(arguments: &[String]) -> io::Result<()> {
    let pause = Duration::from_secs(number(arguments, 0)? as u64);
    loop {
        sleep(pause);
        greet()?;
    }
}

fn polling(_: &[String]) -> io::Result<()> {
    let mut stream = connect()?;
    stream.write_all(&init()?)?;
    reply(&stream)?;
    let list = post(&form([("op", "upload_slice_list")]))?;
    loop {
        stream.write_all(&list)?;
        reply(&stream)?;
        sleep(Duration::from_millis(20));
    }
}

fn busy(_: &[String]) -> io::Result<()> {
    greet()?;
    let mut digest = 0_u64;
    loop {
        digest = black_box(digest.rotate_left(5) ^ 0x9e37_79b9_7f4a_7c15);
    }
}
