use slicecheck::client::Outgoing;

use super::{Manner, PLAIN, edited, head, head_with, replaced};

/// Told where the boundary is in quotes.
const QUOTED: (&str, &str) = (
    "form/boundary-unquoted",
    "a community client says that the service refused quotes; RFC 2045 wants them where a token cannot do without",
);
/// Told where text stands around the form.
const AROUND: &[(&str, &str)] = &[(
    "form/no-text-around",
    "RFC 2046 lets readers ignore it, RFC 7578 has no use for it, and readers of forms are known that choke on it",
)];

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "the boundary has one character",
        source: "RFC 2046 §5.1.1",
        // A file of one byte does not have a delimiter in it.
        scenario: "happy/one-byte",
        policy: edited(|outgoing| rebound(outgoing, "b", "b")),
        told: &[],
        ..PLAIN
    },
    Manner {
        what: "the boundary has seventy characters",
        source: "RFC 2046 §5.1.1",
        policy: edited(|outgoing| {
            rebound(outgoing, &"0aZ".repeat(24)[..70], &"0aZ".repeat(24)[..70])
        }),
        ..PLAIN
    },
    Manner {
        what: "the boundary has all characters that one may have, in quotes",
        source: "RFC 2046 §5.1.1: bchars",
        policy: edited(|outgoing| {
            let all = "09azAZ'()+_,-./:=? x";
            rebound(outgoing, &format!("\"{all}\""), all)
        }),
        told: &[QUOTED],
        ..PLAIN
    },
    Manner {
        what: "the boundary begins with dashes",
        source: "RFC 2046 §5.1.1: bchars",
        policy: edited(|outgoing| rebound(outgoing, "------------7ac", "------------7ac")),
        ..PLAIN
    },
    Manner {
        what: "the boundary is in quotes that it does not need",
        source: "RFC 2045 §5.1",
        policy: edited(|outgoing| rebound(outgoing, "\"7ac0815\"", "7ac0815")),
        told: &[QUOTED],
        ..PLAIN
    },
    Manner {
        what: "the boundary has an escaped character in its quotes",
        source: "RFC 9110 §5.6.4: quoted-pair",
        policy: edited(|outgoing| rebound(outgoing, "\"7a\\c0815\"", "7ac0815")),
        told: &[QUOTED],
        ..PLAIN
    },
    Manner {
        what: "the boundary is another one in each request",
        source: "RFC 2046 §5.1.1",
        policy: edited(|outgoing| {
            let boundary = format!("part-{}", outgoing.id);
            rebound(outgoing, &boundary, &boundary)
        }),
        ..PLAIN
    },
    Manner {
        what: "the media type is in capitals",
        source: "RFC 9110 §8.3.1: case-insensitive",
        policy: head_with!("multipart/form-data", "MultiPart/Form-DATA"),
        ..PLAIN
    },
    Manner {
        what: "the boundary parameter is in capitals",
        source: "RFC 9110 §8.3.1: case-insensitive",
        policy: head_with!("; boundary=", "; BOUNDARY="),
        ..PLAIN
    },
    Manner {
        what: "no space stands before the boundary parameter",
        source: "RFC 9110 §5.6.6: OWS",
        policy: head_with!("; boundary=", ";boundary="),
        ..PLAIN
    },
    Manner {
        what: "spaces and tabs stand before the boundary parameter",
        source: "RFC 9110 §5.6.6: OWS",
        policy: head_with!("; boundary=", " \t;\t  boundary="),
        ..PLAIN
    },
    Manner {
        what: "an empty parameter stands before the boundary",
        source: "RFC 9110 §5.6.6: the parameter is optional",
        policy: head_with!("; boundary=", ";; boundary="),
        ..PLAIN
    },
    Manner {
        what: "Content-Type ends in a semicolon",
        source: "RFC 9110 §5.6.6: the parameter is optional",
        policy: head!(|head: &str| {
            let line = head.lines().find(|line| line.contains("; boundary=")).unwrap();
            head.replacen(line, &format!("{line};"), 1)
        }),
        ..PLAIN
    },
    Manner {
        what: "a charset stands before the boundary",
        source: "RFC 7578 §4.1, RFC 9110 §8.3.2",
        policy: head_with!("; boundary=", "; charset=UTF-8; boundary="),
        ..PLAIN
    },
    Manner {
        what: "a charset in quotes follows the boundary",
        source: "RFC 9110 §5.6.6: parameters come in any order",
        policy: head!(|head: &str| {
            let line = head.lines().find(|line| line.contains("; boundary=")).unwrap();
            head.replacen(line, &format!("{line}; charset=\"utf-8\""), 1)
        }),
        ..PLAIN
    },
    Manner {
        what: "a parameter before the boundary has its name in its quotes",
        source: "RFC 9110 §5.6.4: quoted-string",
        policy: head_with!("; boundary=", "; note=\"a; boundary=\\\"no\\\"\"; boundary="),
        ..PLAIN
    },
    Manner {
        what: "an empty line stands before the first delimiter",
        source: "RFC 2046 §5.1.1: preamble",
        policy: edited(|outgoing| around(outgoing, b"\r\n", b"")),
        told: &[(
            "form/preamble",
            "the C# SDK sends it and the service takes it; it is of no use, which is what a note is for",
        )],
        ..PLAIN
    },
    Manner {
        what: "text stands before the first delimiter",
        source: "RFC 2046 §5.1.1: preamble",
        policy: edited(|outgoing| around(outgoing, b"This is a form.\r\n", b"")),
        told: AROUND,
        ..PLAIN
    },
    Manner {
        what: "text follows the closing delimiter",
        source: "RFC 2046 §5.1.1: epilogue",
        policy: edited(|outgoing| around(outgoing, b"", b"This was a form.\r\n")),
        told: AROUND,
        ..PLAIN
    },
    Manner {
        what: "no line end follows the closing delimiter",
        source: "RFC 2046 §5.1.1: the epilogue is optional",
        policy: edited(|outgoing| {
            outgoing
                .request
                .edit_body(|body| body.strip_suffix(b"\r\n").expect("a line end").to_vec());
            Some(())
        }),
        ..PLAIN
    },
    Manner {
        what: "empty lines follow the closing delimiter",
        source: "RFC 2046 §5.1.1: epilogue",
        policy: edited(|outgoing| around(outgoing, b"", b"\r\n\r\n")),
        told: AROUND,
        ..PLAIN
    },
    Manner {
        what: "spaces and tabs stand after each delimiter",
        source: "RFC 2046 §5.1.1: transport-padding, which readers have to accept",
        policy: edited(|outgoing| {
            let boundary = boundary(outgoing)?;
            outgoing.request.edit_body(|body| {
                let body =
                    replaced(body, &format!("{boundary}\r\n"), &format!("{boundary} \t\r\n"));
                replaced(&body, &format!("{boundary}--\r\n"), &format!("{boundary}-- \t\r\n"))
            });
            Some(())
        }),
        ..PLAIN
    },
];

fn boundary(outgoing: &Outgoing) -> Option<String> {
    let content_type = outgoing.request.head().get("content-type")?;
    Some(content_type.split_once("boundary=")?.1.to_owned())
}

/// Gives the form another boundary, which is written like this in Content-Type.
fn rebound(outgoing: &mut Outgoing, written: &str, new: &str) -> Option<()> {
    let old = boundary(outgoing)?;
    outgoing.request.edit_body(|body| replaced(body, &format!("--{old}"), &format!("--{new}")));
    let (from, to) = (format!("boundary={old}"), format!("boundary={written}"));
    outgoing.request.edit_head(|head| head.replacen(&from, &to, 1));
    Some(())
}

#[expect(clippy::unnecessary_wraps, reason = "an edit says whether it found its place")]
fn around(outgoing: &mut Outgoing, before: &[u8], after: &[u8]) -> Option<()> {
    outgoing.request.edit_body(|body| [before, body, after].concat());
    Some(())
}
