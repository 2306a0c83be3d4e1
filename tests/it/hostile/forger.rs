//! Clients that reach for what is not theirs: reports, folders, files, and the suite's own ports.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::time::Duration;

use super::Behaviour;
use super::wire::{greet, word};

/// How long whoever listens may take to read or to answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// What no report of ours says.
const FORGED: &str = "{\"forged\":true}";

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    ("append", "PATH: appends to a file, and fails", |arguments| {
        greet()?;
        let mut file = OpenOptions::new().append(true).create(true).open(path(arguments, 0)?)?;
        file.write_all(FORGED.as_bytes())
    }),
    ("replace", "PATH: puts another file in the place of one, and fails", |arguments| {
        greet()?;
        let path = path(arguments, 0)?;
        let other = format!("{path}.forged");
        fs::write(&other, FORGED)?;
        fs::rename(other, path)
    }),
    ("remove-folder", "PATH: removes a folder with all that is in it, and fails", |arguments| {
        greet()?;
        fs::remove_dir_all(path(arguments, 0)?)
    }),
    ("link", "PATH TARGET: puts a link in the place of a file, and fails", |arguments| {
        greet()?;
        // There may be none yet.
        let _ = fs::remove_file(path(arguments, 0)?);
        symlink(path(arguments, 1)?, path(arguments, 0)?)
    }),
    ("remove-upload", "removes the file to upload and its folder, and fails", |_| {
        greet()?;
        let file = word("FILE")?;
        fs::remove_dir_all(Path::new(&file).parent().ok_or_else(|| io::Error::other(file.clone()))?)
    }),
    ("parent-ports", "talks to all ports on which its parent listens, and fails", parent_ports),
];

fn path(arguments: &[String], place: usize) -> io::Result<&str> {
    arguments.get(place).map(String::as_str).ok_or_else(|| io::Error::other("a path is missing"))
}

/// Sends garbage, and a body of 64 MiB, to whoever listens.
fn parent_ports(_: &[String]) -> io::Result<()> {
    let ports = listening(parent_id())?;
    println!("{} ports", ports.len());
    let large = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", 64 << 20);
    let large = [large.into_bytes(), vec![b'x'; 64 << 20]].concat();
    let unknown = "POST / HTTP/1.1\r\nHost: x\r\nx-slicecheck-exchange: 1\r\n\r\n".to_owned();
    let bad_host = "GET / HTTP/1.1\r\nHost: \u{202e} [\r\n\r\n".to_owned();
    for address in ports.into_iter().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
        for request in [&large, unknown.as_bytes(), bad_host.as_bytes(), &[0xff; 99]] {
            // Nobody owes an answer to this.
            if let Ok(mut stream) = TcpStream::connect_timeout(&address, PATIENCE) {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                let _ = stream.write_all(request);
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    }
    Ok(())
}

/// The ports on which a process listens [man `proc_pid_net`].
fn listening(process: u32) -> io::Result<Vec<u16>> {
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{process}/fd"))?
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    let table = fs::read_to_string(format!("/proc/{process}/net/tcp"))?;
    let ports = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let is_ours = *state == "0A" && sockets.contains(&format!("socket:[{inode}]"));
        let port = u16::from_str_radix(local.split_once(':')?.1, 16).ok()?;
        is_ours.then_some(port)
    });
    Ok(ports.collect())
}
