use slicecheck::client::{ClientPolicy, Outgoing};
use slicecheck::protocol::Request;

use super::{Manner, PLAIN, edited};

/// All rows are told this one thing.
const TOLD: &[(&str, &str)] = &[(
    "request/not-chunked",
    "no shipped client sends chunks, and nobody knows whether the service takes them; HTTP/1.1 does",
)];

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "the body is one chunk",
        source: "RFC 9112 §7.1",
        policy: edited(|outgoing| chunked(outgoing, |body| [chunk(body, ""), last()].concat())),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "chunks have odd sizes",
        source: "RFC 9112 §7.1",
        policy: edited(|outgoing| {
            chunked(outgoing, |body| {
                let (first, rest) = body.split_at(1);
                let (next, rest) = rest.split_at(rest.len().min(7));
                let rest: Vec<_> = rest.chunks(65_537).map(|piece| chunk(piece, "")).collect();
                [chunk(first, ""), chunk(next, ""), rest.concat(), last()].concat()
            })
        }),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "chunks have extensions, one of them quoted",
        source: "RFC 9112 §7.1.1",
        policy: edited(|outgoing| {
            chunked(outgoing, |body| {
                let (one, other) = body.split_at(body.len() / 2);
                let extended = chunk(other, ";name;part=\"a\\\"; b\"");
                [chunk(one, ";sum=abc"), extended, b"0;end=1\r\n\r\n".to_vec()].concat()
            })
        }),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "spaces stand around what extends a chunk",
        source: "RFC 9112 §7.1.1: BWS",
        policy: edited(|outgoing| {
            chunked(outgoing, |body| [chunk(body, " ;\tsum = abc"), last()].concat())
        }),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "sizes of chunks are in capitals and have zeros before them",
        source: "RFC 9112 §7.1: 1*HEXDIG",
        policy: edited(|outgoing| {
            chunked(outgoing, |body| {
                let size = format!("{:012X}\r\n", body.len()).into_bytes();
                [size, body.to_vec(), b"\r\n0000\r\n\r\n".to_vec()].concat()
            })
        }),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "a trailer section follows the last chunk",
        source: "RFC 9112 §7.1.2",
        policy: edited(|outgoing| {
            chunked(outgoing, |body| {
                [chunk(body, ""), b"0\r\nX-Sum: abc\r\nx-more:\t1 \r\n\r\n".to_vec()].concat()
            })?;
            let announced = "Trailer: X-Sum, x-more\r\nTransfer-Encoding:";
            outgoing.request.edit_head(|head| head.replacen("Transfer-Encoding:", announced, 1));
            Some(())
        }),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "the coding is called Chunked",
        source: "RFC 9112 §7: case-insensitive",
        policy: edited(|outgoing| {
            chunked(outgoing, |body| [chunk(body, ""), last()].concat())?;
            outgoing.request.edit_head(|head| head.replacen(": chunked", ":Chunked ", 1));
            Some(())
        }),
        told: TOLD,
        ..PLAIN
    },
    Manner {
        what: "a body in chunks is asked about first",
        source: "RFC 9110 §10.1.1",
        policy: ClientPolicy {
            edit: |outgoing| {
                chunked(outgoing, |body| [chunk(body, ""), last()].concat())?;
                let expecting = "Expect: 100-continue\r\nHost:";
                outgoing.request.edit_head(|head| head.replacen("Host:", expecting, 1));
                Some(())
            },
            ..ClientPolicy::PARALLEL
        },
        told: TOLD,
        ..PLAIN
    },
];

/// Puts the body into chunks.
fn chunked(outgoing: &mut Outgoing, chunks: impl Fn(&[u8]) -> Vec<u8>) -> Option<()> {
    let body = outgoing.request.body();
    let head = outgoing.request.raw_part(0..outgoing.request.head().end)?;
    let length = format!("Content-Length: {}\r\n", body.len());
    let head =
        String::from_utf8_lossy(&head).replacen(&length, "Transfer-Encoding: chunked\r\n", 1);
    outgoing.request = Request::new([head.as_bytes(), &chunks(&body)].concat().into());
    Some(())
}

fn chunk(bytes: &[u8], extension: &str) -> Vec<u8> {
    match bytes {
        [] => Vec::new(),
        bytes => [format!("{:x}{extension}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
    }
}

fn last() -> Vec<u8> {
    b"0\r\n\r\n".to_vec()
}
