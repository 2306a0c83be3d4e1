use super::{Manner, PLAIN, head, head_with};

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "names of fields are in lower case",
        source: "RFC 9110 §5.1",
        policy: head!(|head: &str| fields(head, |name, value| {
            format!("{}: {value}", name.to_lowercase())
        })),
        ..PLAIN
    },
    Manner {
        what: "names of fields are in capitals",
        source: "RFC 9110 §5.1",
        policy: head!(|head: &str| fields(head, |name, value| {
            format!("{}: {value}", name.to_uppercase())
        })),
        ..PLAIN
    },
    Manner {
        what: "no space follows the colon",
        source: "RFC 9112 §5",
        policy: head!(|head: &str| fields(head, |name, value| format!("{name}:{value}"))),
        ..PLAIN
    },
    Manner {
        what: "spaces and tabs follow the colon",
        source: "RFC 9112 §5",
        policy: head!(|head: &str| fields(head, |name, value| format!("{name}: \t  {value}"))),
        ..PLAIN
    },
    Manner {
        what: "spaces and tabs follow the value",
        source: "RFC 9112 §5",
        policy: head!(|head: &str| fields(head, |name, value| format!("{name}: {value} \t "))),
        ..PLAIN
    },
    Manner {
        what: "Host is the last field",
        source: "RFC 9110 §5.3",
        policy: head!(|head: &str| {
            let (line, fields) = lines(head);
            let fields: Vec<_> = fields.rev().collect();
            format!("{line}\r\n{}\r\n\r\n", fields.join("\r\n"))
        }),
        ..PLAIN
    },
    Manner {
        what: "a field has no value",
        source: "RFC 9110 §5.5",
        policy: head_with!("Host:", "Accept:\r\nX-Empty: \r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "a name has all characters of a token",
        source: "RFC 9110 §5.6.2",
        policy: head_with!("Host:", "!#$%&'*+-.^_`|~09aZ: 1\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "a value has tabs, quotes and colons in it",
        source: "RFC 9110 §5.5",
        policy: head_with!("Host:", "X-Note: a\tb: \"c; d\", (e)\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "a value has letters beyond ASCII",
        source: "RFC 9110 §5.5: obs-text",
        policy: head_with!("Host:", "X-Name: Zoë\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "a field has eight kilobytes",
        source: "RFC 9110 §5.4",
        policy: head!(|head: &str| {
            head.replacen("Host:", &format!("Cookie: {}\r\nHost:", "c".repeat(8 << 10)), 1)
        }),
        ..PLAIN
    },
    Manner {
        what: "a hundred fields more come before Host",
        source: "RFC 9110 §5.4",
        policy: head!(|head: &str| {
            head.replacen("Host:", &format!("{}Host:", "X-Trace: 1\r\n".repeat(100)), 1)
        }),
        ..PLAIN
    },
    Manner {
        what: "a list is written in two fields",
        source: "RFC 9110 §5.3",
        policy: head_with!("Host:", "Accept: text/html\r\nAccept: */*;q=0.1\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "proxies, caches, browsers and tracing add their fields",
        source: "RFC 9110 §5.1: unrecognized fields are ignored",
        policy: head_with!(
            "Host:",
            "Via: 1.1 squid\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nReferer: http://a/\r\n\
             Origin: null\r\nDate: Tue, 12 Sep 2017 07:36:59 GMT\r\nCookie: a=b\r\nFrom: a@b.c\r\n\
             Max-Forwards: 10\r\nX-Forwarded-For: 10.0.0.1\r\ntraceparent: 00-ab-cd-01\r\nHost:"
        ),
        ..PLAIN
    },
    Manner {
        what: "there is no User-Agent",
        source: "RFC 9110 §10.1.5",
        policy: head!(|head: &str| {
            let line = head.lines().find(|line| line.starts_with("User-Agent")).unwrap();
            head.replacen(&format!("{line}\r\n"), "", 1)
        }),
        ..PLAIN
    },
    Manner {
        what: "User-Agent has a comment in a comment",
        source: "RFC 9110 §10.1.5, §5.6.5",
        policy: head_with!("User-Agent: ", "User-Agent: a/1 (b (c; d) \\) e) "),
        ..PLAIN
    },
    Manner {
        what: "no coding of the reply is welcome but identity",
        source: "RFC 9110 §12.5.3",
        policy: head_with!("Host:", "Accept-Encoding: identity\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "gzip is not welcome",
        source: "RFC 9110 §12.5.3",
        policy: head_with!("Host:", "Accept-Encoding: gzip;q=0, *;q=0\r\nHost:"),
        scenario: "lawful/no-type",
        ..PLAIN
    },
    Manner {
        what: "codings of the transfer are welcome",
        source: "RFC 9110 §10.1.4",
        policy: head_with!("Host:", "TE: trailers, deflate;q=0.5\r\nConnection: TE\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "Connection is keep-alive",
        source: "RFC 9112 §9.3",
        policy: head_with!("Host:", "Connection: Keep-Alive\r\nKeep-Alive: timeout=5\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "Connection is close",
        source: "RFC 9112 §9.6",
        policy: head_with!("Host:", "Connection: close\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "Connection is Close, in a list and with capitals",
        source: "RFC 9110 §7.6.1: case-insensitive",
        policy: head_with!("Host:", "Connection: X-Trace , Close\r\nX-Trace: 1\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "100-continue is asked for with capitals",
        source: "RFC 9110 §10.1.1: case-insensitive",
        policy: head_with!("Host:", "EXPECT: 100-Continue\r\nHost:"),
        ..PLAIN
    },
    Manner {
        what: "Host has the port",
        source: "RFC 9110 §7.2",
        policy: head_with!("Host: gz.file.myqcloud.com", "Host: gz.file.myqcloud.com:80"),
        ..PLAIN
    },
    Manner {
        what: "Host has a colon and no port",
        source: "RFC 3986 §3.2.3",
        policy: head_with!("Host: gz.file.myqcloud.com", "Host: gz.file.myqcloud.com:"),
        ..PLAIN
    },
    Manner {
        what: "Host is in capitals",
        source: "RFC 3986 §3.2.2: case-insensitive",
        policy: head_with!("Host: gz.file.myqcloud.com", "Host: GZ.FILE.MYQCLOUD.COM"),
        ..PLAIN
    },
    Manner {
        what: "Host ends in a dot",
        source: "RFC 3986 §3.2.2: a fully qualified domain name",
        policy: head_with!("Host: gz.file.myqcloud.com", "Host: gz.file.myqcloud.com."),
        ..PLAIN
    },
    Manner {
        what: "Host is that of another region",
        source: "DOC17 6053",
        policy: head_with!("Host: gz.", "Host: sh."),
        ..PLAIN
    },
    Manner {
        what: "Host is an address of this machine",
        source: "the driver contract: the endpoint",
        policy: head_with!("Host: gz.file.myqcloud.com", "Host: [::1]:8080"),
        ..PLAIN
    },
    Manner {
        what: "the target is in absolute form",
        source: "RFC 9112 §3.2.2",
        policy: head_with!("POST /", "POST http://gz.file.myqcloud.com/"),
        ..PLAIN
    },
    Manner {
        what: "the target is in absolute form, with capitals and a port",
        source: "RFC 3986 §3.1, §3.2.2",
        policy: head_with!("POST /", "POST HTTP://GZ.FILE.MYQCLOUD.COM:80/"),
        ..PLAIN
    },
    Manner {
        what: "requests are HTTP/1.0 and ask to keep the connection",
        source: "RFC 9112 §9.3, appendix C.2.2",
        policy: head!(|head: &str| {
            head.replacen("HTTP/1.1", "HTTP/1.0", 1).replacen(
                "Host:",
                "Connection: keep-alive\r\nHost:",
                1,
            )
        }),
        told: &[(
            "request/version",
            "every page and every SDK shows HTTP/1.1; the service may take the old version, and nobody knows",
        )],
        ..PLAIN
    },
    Manner {
        what: "Content-Length has zeros before it",
        source: "RFC 9110 §8.6: 1*DIGIT",
        policy: head_with!("Content-Length: ", "Content-Length: 000"),
        ..PLAIN
    },
    Manner {
        what: "Content-MD5 is that of the body",
        source: "RFC 1864 §2",
        policy: super::edited(|outgoing| {
            let digits = slicecheck::protocol::md5_hex(&outgoing.request.body());
            let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            let digest: Vec<_> = (0..32).step_by(2).map(byte).collect();
            let digest = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, digest);
            let field = format!("Content-MD5: {digest}\r\nHost:");
            outgoing.request.edit_head(|head| head.replacen("Host:", &field, 1));
            Some(())
        }),
        ..PLAIN
    },
];

/// The start line of a head, and its fields.
fn lines(head: &str) -> (&str, impl DoubleEndedIterator<Item = &str>) {
    let (line, fields) = head.trim_end().split_once("\r\n").unwrap();
    (line, fields.lines())
}

/// The head with each of its fields written in another way.
fn fields(head: &str, write: impl Fn(&str, &str) -> String) -> String {
    let (line, fields) = lines(head);
    let fields = fields.map(|field| {
        let (name, value) = field.split_once(": ").unwrap();
        write(name, value) + "\r\n"
    });
    format!("{line}\r\n{}\r\n", fields.collect::<String>())
}
