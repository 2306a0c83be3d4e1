//! Just enough of the protocol to be listened to: requests without signatures.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

const BOUNDARY: &str = "----hostile";

/// A word of the driver contract.
pub(crate) fn word(name: &str) -> io::Result<String> {
    env::var(format!("SLICECHECK_{name}")).map_err(io::Error::other)
}

/// An argument in its place, as a number.
pub(crate) fn number(arguments: &[String], place: usize) -> io::Result<usize> {
    let text = arguments.get(place).ok_or_else(|| io::Error::other("a number is missing"))?;
    text.parse().map_err(io::Error::other)
}

pub(crate) fn connect() -> io::Result<TcpStream> {
    TcpStream::connect(word("ENDPOINT")?.trim_start_matches("http://"))
}

/// Where the object goes; keys that have to be escaped are left to clients that mean it.
pub(crate) fn target() -> io::Result<String> {
    Ok(format!("/files/v2/{}/{}{}", word("APPID")?, word("BUCKET")?, word("KEY")?))
}

/// The head of a POST up to its own fields, without the empty line.
pub(crate) fn head() -> io::Result<String> {
    let host = word("ENDPOINT")?;
    let host = host.trim_start_matches("http://");
    Ok(format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n",
        target()?
    ))
}

/// A form with these fields.
pub(crate) fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let part = |(name, value)| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    let parts: String = fields.into_iter().map(part).collect();
    format!("{parts}--{BOUNDARY}--\r\n")
}

/// A whole request.
pub(crate) fn post(body: &str) -> io::Result<Vec<u8>> {
    Ok(format!("{}Content-Length: {}\r\n\r\n{body}", head()?, body.len()).into_bytes())
}

/// An init, as it should be but for the signature.
pub(crate) fn init() -> io::Result<Vec<u8>> {
    let size = std::fs::metadata(word("FILE")?)?.len().to_string();
    let slice = word("SLICE_SIZE")?;
    post(&form([("op", "upload_slice_init"), ("filesize", &size), ("slice_size", &slice)]))
}

/// Reads one reply with a length, and gives its body.
pub(crate) fn reply(stream: &TcpStream) -> io::Result<String> {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    String::from_utf8(body).map_err(io::Error::other)
}

/// Sends one request and hears its reply: whoever sends none cannot be judged.
pub(crate) fn greet() -> io::Result<()> {
    let mut stream = connect()?;
    stream.write_all(&init()?)?;
    reply(&stream).map(drop)
}

pub(crate) fn wait_for_ever() -> ! {
    loop {
        sleep(Duration::from_hours(1));
    }
}
