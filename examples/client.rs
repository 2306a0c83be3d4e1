//! A client that follows the driver contract, in Rust: it reads `SLICECHECK_…` and exits 0 if the object
//! is stored. Judge it with
//!
//! ```sh
//! cargo build --example client
//! cargo run -- run -- target/debug/examples/client
//! ```
//!
//! With the argument `driver` it stays and is told what to do in lines of JSON (`run --driver`). Any
//! other makes it misbehave in one way; the suite's own tests use that.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what a driver speaks with")]
#![expect(clippy::exit, reason = "the exit status is the answer")]

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::process::{Command, exit};
use std::time::Duration;

use rustix::fs::{SeekFrom, seek};
use serde_json::{Value, json};
use slicecheck::client::{Action, Client, Outgoing};
use slicecheck::protocol::{
    Claim, Credentials, FileView, Machine, ObjectPath, Request, Response, UploadJob, Wishes,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let misbehaviour = env::args().nth(1).unwrap_or_default();
    if misbehaviour == "driver" {
        return serve(&env::args().nth(2).unwrap_or_default());
    }
    let job = job()?;
    match misbehaviour.as_str() {
        "" | "stubborn" | "liar" | "denier" => {}
        "silent" => drop(connect(&endpoint()?)?),
        "garbage" => connect(&endpoint()?)?.write_all(&[0, 3, 1, 0, 0xff, b'\n', 0, b'\r'])?,
        "bystander" => exit(0),
        "unsupporting" => exit(89),
        "crash" => return crash(&job),
        "hang" => return hang(&job),
        "hang-within" => return hang_within(),
        "storm" => storm(&job)?,
        "noise" => {
            let escape = "\x1b]0;owned\x07\x1b[2J\u{202e}";
            (0..200_000).for_each(|_| println!("{escape}"));
        }
        other => return Err(format!("unknown misbehaviour {other:?}").into()),
    }
    if misbehaviour == "silent" || misbehaviour == "garbage" {
        return Err("as asked, nothing was uploaded".into());
    }
    let endpoint = endpoint()?;
    let (claim, words) = upload(&job, &endpoint, misbehaviour == "stubborn")?;
    let claim = match misbehaviour.as_str() {
        "liar" => Claim::Ok,
        "denier" => Claim::Failed,
        _ => claim,
    };
    eprintln!("{words}");
    exit(i32::from(claim != Claim::Ok));
}

/// Answers lines of JSON until they end. A misbehaviour shows in the scenario of one byte.
fn serve(misbehaviour: &str) -> Outcome<()> {
    let mut is_used_up = false;
    for line in io::stdin().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let id = &line["id"];
        let special = line["key"].as_str().is_some_and(|key| key.ends_with("one-byte.bin"));
        let answer = if line.get("hello").is_some() {
            json!({ "name": "example client", "version": env!("CARGO_PKG_VERSION") })
        } else if line["op"] != "upload" {
            let outcome = if misbehaviour == "gullible" { "ok" } else { "unsupported" };
            json!({ "id": id, "outcome": outcome })
        } else {
            match misbehaviour {
                // As who ends after each upload, and does so a little too late to be noticed.
                "leaves" if std::mem::replace(&mut is_used_up, true) => exit(0),
                "dies" if special => exit(3),
                // The same, once it has begun with the next upload.
                "quits" if std::mem::replace(&mut is_used_up, true) => {
                    drop(connect(line["endpoint"].as_str().unwrap_or_default())?);
                    exit(0);
                }
                "sleeps" if special => loop {
                    std::thread::sleep(Duration::from_hours(1));
                },
                _ => println!("log: {}", line["key"]),
            }
            let endpoint = line["endpoint"].as_str().unwrap_or_default();
            let (claim, words) = upload(&told(&line)?, endpoint, misbehaviour == "stubborn")?;
            if misbehaviour == "brittle" && claim != Claim::Ok {
                exit(3);
            }
            let outcome = if claim == Claim::Ok { "ok" } else { "api_error" };
            json!({ "id": id, "outcome": outcome, "detail": words })
        };
        println!("{answer}");
    }
    Ok(())
}

/// What a line asks for.
fn told(line: &Value) -> Outcome<UploadJob> {
    let get = |name: &str| {
        let word = line[name].as_str().map(str::to_owned);
        word.ok_or_else(|| format!("the line has no {name:?}"))
    };
    Ok(UploadJob {
        scenario: String::new(),
        path: ObjectPath { appid: get("appid")?, bucket: get("bucket")?, key: get("key")? },
        file: file(&get("file")?)?,
        credentials: Credentials { secret_id: get("secret_id")?, secret_key: get("secret_key")? },
        slice_size: line["slice_size"].as_u64().ok_or("the line has no slice_size")?,
        wishes: Wishes {
            sha: line["sha"] == 1,
            insert_only: line["insert_only"].as_u64().map(|value| value == 1),
        },
        machine: Machine::default(),
        must_succeed: false,
    })
}

/// The file: what is large is read where it has bytes, for most of it is holes.
fn file(path: &str) -> Outcome<FileView> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length <= FileView::MOST_BYTES {
        return Ok(std::fs::read(path)?.into());
    }
    let (mut runs, mut end) = (Vec::new(), 0);
    // Fails after the last byte that is there.
    while let Ok(start) = seek(&file, SeekFrom::Data(end)) {
        end = seek(&file, SeekFrom::Hole(start))?;
        let mut run = vec![0; usize::try_from(end - start)?];
        file.read_exact_at(&mut run, start)?;
        runs.push((start, run.into()));
    }
    FileView::sparse(length, runs).ok_or_else(|| "the file has changed".into())
}

/// What the environment asks for.
fn job() -> Outcome<UploadJob> {
    let get = |name: &str| {
        env::var(format!("SLICECHECK_{name}"))
            .map_err(|error| format!("SLICECHECK_{name}: {error}"))
    };
    if get("OP")? != "upload" {
        exit(89);
    }
    Ok(UploadJob {
        scenario: String::new(),
        path: ObjectPath { appid: get("APPID")?, bucket: get("BUCKET")?, key: get("KEY")? },
        file: file(&get("FILE")?)?,
        credentials: Credentials { secret_id: get("SECRET_ID")?, secret_key: get("SECRET_KEY")? },
        slice_size: get("SLICE_SIZE")?.parse()?,
        wishes: Wishes {
            sha: get("SHA").is_ok_and(|value| value == "1"),
            insert_only: get("INSERT_ONLY").ok().map(|value| value == "1"),
        },
        machine: Machine::default(),
        must_succeed: false,
    })
}

/// Drives the reference client over plain sockets, a connection per request.
///
/// A stubborn one reads the slice size that it asked for into every reply.
fn upload(job: &UploadJob, endpoint: &str, stubborn: bool) -> Outcome<(Claim, String)> {
    let mut client = Client::new(job, u64::from(std::process::id()));
    loop {
        match client.poll(std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_secs()) {
            Action::Done(claim, words) => return Ok((claim, words)),
            Action::Wait => return Err("no request is under way".into()),
            Action::Send(Outgoing { id, pause, request, .. }) => {
                std::thread::sleep(pause);
                let reply = send(&request, endpoint)
                    .ok()
                    .map(|reply| if stubborn { misread(&reply, job.slice_size) } else { reply });
                client.handle_reply(id, reply.as_ref());
            }
        }
    }
}

fn misread(reply: &Response, slice_size: u64) -> Response {
    let body = String::from_utf8_lossy(reply.body());
    let asked = format!("\"slice_size\":{slice_size}");
    Response::write(reply.status(), &[], &body.replace("\"slice_size\":524288", &asked))
}

fn send(request: &Request, endpoint: &str) -> io::Result<Response> {
    let mut stream = connect(endpoint)?;
    stream.write_all(&request.raw())?;
    let mut stream = BufReader::new(stream);
    loop {
        let head = read_head(&mut stream)?;
        let head = Response::new(head.into());
        // Behind a 100 comes the reply [RFC 9110 §15.2].
        if !(100..200).contains(&head.status()) {
            let body = read_body(&mut stream, &head)?;
            return Ok(Response::write(head.status(), &[], &String::from_utf8_lossy(&body)));
        }
    }
}

/// The lines of a head, up to the empty one.
fn read_head(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// A body in chunks, of a length, or up to the end of the connection [RFC 9112 §6.3].
fn read_body(stream: &mut impl BufRead, head: &Response) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if matches!(head.status(), 204 | 304) {
        return Ok(body);
    }
    if !head.head().has_token("transfer-encoding", "chunked") {
        let length = head.head().get("content-length").map(str::parse::<u64>);
        let length = length.transpose().map_err(io::Error::other)?;
        stream.take(length.unwrap_or(u64::MAX)).read_to_end(&mut body)?;
        let is_short = length.is_some_and(|length| body.len() as u64 != length);
        return if is_short { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(body) };
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = line.split([';', '\r']).next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
        if size == 0 {
            return Ok(body);
        }
        stream.take(size).read_to_end(&mut body)?;
        stream.read_line(&mut line)?;
    }
}

fn connect(endpoint: &str) -> io::Result<TcpStream> {
    TcpStream::connect(endpoint.trim_start_matches("http://"))
}

fn endpoint() -> io::Result<String> {
    env::var("SLICECHECK_ENDPOINT").map_err(io::Error::other)
}

/// Sends the first request, then dies of a signal.
fn crash(job: &UploadJob) -> Outcome<()> {
    if let Action::Send(first) = Client::new(job, 0).poll(0) {
        send(&first.request, &endpoint()?)?;
    }
    std::process::abort()
}

/// Sends the first request, and again, for ever, whatever comes back.
fn storm(job: &UploadJob) -> Outcome<()> {
    let Action::Send(first) = Client::new(job, 0).poll(0) else { return Ok(()) };
    let endpoint = endpoint()?;
    loop {
        // A connection that is refused is no reason to stop, either.
        let _ = send(&first.request, &endpoint);
    }
}

/// Sends half a request, then waits for ever.
fn hang_within() -> Outcome<()> {
    let mut stream = connect(&endpoint()?)?;
    stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")?;
    loop {
        std::thread::sleep(Duration::from_hours(1));
    }
}

/// Sends the first request, then waits for ever, and so does a child of it.
fn hang(job: &UploadJob) -> Outcome<()> {
    if let Action::Send(first) = Client::new(job, 0).poll(0) {
        send(&first.request, &endpoint()?)?;
    }
    if env::args().nth(2).is_none() {
        let child = Command::new(env::current_exe()?).args(["hang", "again"]).spawn()?;
        eprintln!("child {}", child.id());
    }
    loop {
        std::thread::sleep(Duration::from_hours(1));
    }
}
