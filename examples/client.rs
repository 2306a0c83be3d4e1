//! A client behind the driver contract, in Rust: it reads `SLICECHECK_…` and exits 0 if the object
//! is stored. Judge it with
//!
//! ```sh
//! cargo build --example client
//! cargo run -- run -- target/debug/examples/client
//! ```
//!
//! An argument makes it misbehave in one way; the suite's own tests use that.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what a driver speaks with")]
#![expect(clippy::exit, reason = "the exit status is the answer")]

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::{Command, exit};
use std::time::Duration;

use slicecheck::client::{Action, Client};
use slicecheck::protocol::{Assignment, Claim, Credentials, ObjectPath, Request, Response};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let misbehaviour = env::args().nth(1).unwrap_or_default();
    let assignment = assignment()?;
    match misbehaviour.as_str() {
        "" | "stubborn" | "liar" | "denier" => {}
        "silent" => drop(connect()?),
        "garbage" => connect()?.write_all(&[0x16, 3, 1, 0, 0xff, b'\n', 0, b'\r'])?,
        "bystander" => exit(0),
        "unsupporting" => exit(89),
        "crash" => return crash(&assignment),
        "hang" => return hang(&assignment),
        "noise" => {
            let escape = "\x1b]0;owned\x07\x1b[2J\u{202e}";
            (0..200_000).for_each(|_| println!("{escape}"));
        }
        other => return Err(format!("unknown misbehaviour {other:?}").into()),
    }
    if misbehaviour == "silent" || misbehaviour == "garbage" {
        return Err("as asked, nothing was uploaded".into());
    }
    let (claim, words) = upload(&assignment, misbehaviour == "stubborn")?;
    let claim = match misbehaviour.as_str() {
        "liar" => Claim::Ok,
        "denier" => Claim::Failed,
        _ => claim,
    };
    eprintln!("{words}");
    exit(i32::from(claim != Claim::Ok));
}

/// What the environment asks for.
fn assignment() -> Outcome<Assignment> {
    let get = |name: &str| {
        env::var(format!("SLICECHECK_{name}"))
            .map_err(|error| format!("SLICECHECK_{name}: {error}"))
    };
    if get("OP")? != "upload" {
        exit(89);
    }
    Ok(Assignment {
        scenario: String::new(),
        path: ObjectPath { appid: get("APPID")?, bucket: get("BUCKET")?, key: get("KEY")? },
        file: std::fs::read(get("FILE")?)?.into(),
        credentials: Credentials { secret_id: get("SECRET_ID")?, secret_key: get("SECRET_KEY")? },
        slice_size: get("SLICE_SIZE")?.parse()?,
        undisturbed: false,
    })
}

/// Drives the reference client over plain sockets, a connection per request.
///
/// A stubborn one reads the slice size that it asked for into every reply.
fn upload(assignment: &Assignment, stubborn: bool) -> Outcome<(Claim, String)> {
    let clock = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_secs();
    let mut client = Client::new(assignment, clock, u64::from(std::process::id()));
    loop {
        match client.ask() {
            Action::Done(claim, words) => return Ok((claim, words)),
            Action::Send(request) => {
                let reply = send(&request).ok().map(|reply| {
                    if stubborn { misread(&reply, assignment.slice_size) } else { reply }
                });
                client.hear(reply.as_ref());
            }
        }
    }
}

fn misread(reply: &Response, slice_size: u64) -> Response {
    let body = String::from_utf8_lossy(reply.body());
    let asked = format!("\"slice_size\":{slice_size}");
    Response::write(reply.status(), &[], &body.replace("\"slice_size\":524288", &asked))
}

fn send(request: &Request) -> io::Result<Response> {
    let mut stream = connect()?;
    stream.write_all(request.raw())?;
    let mut reply = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let response = Response::new(reply.clone().into());
        let length = response.head().get("content-length").and_then(|text| text.parse().ok());
        if response.head().complete && length == Some(response.body().len()) {
            return Ok(response);
        }
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => reply.extend_from_slice(piece.get(..read).unwrap_or_default()),
        }
    }
}

fn connect() -> io::Result<TcpStream> {
    let endpoint = env::var("SLICECHECK_ENDPOINT").map_err(io::Error::other)?;
    TcpStream::connect(endpoint.trim_start_matches("http://"))
}

/// Sends the first request, then dies of a signal.
fn crash(assignment: &Assignment) -> Outcome<()> {
    if let Action::Send(request) = Client::new(assignment, 0, 0).ask() {
        send(&request)?;
    }
    std::process::abort()
}

/// Sends the first request, then waits for ever, and so does a child of it.
fn hang(assignment: &Assignment) -> Outcome<()> {
    if let Action::Send(request) = Client::new(assignment, 0, 0).ask() {
        send(&request)?;
    }
    if env::args().nth(2).is_none() {
        let child = Command::new(env::current_exe()?).args(["hang", "again"]).spawn()?;
        eprintln!("child {}", child.id());
    }
    loop {
        std::thread::sleep(Duration::from_hours(1));
    }
}
