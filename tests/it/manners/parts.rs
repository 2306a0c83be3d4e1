use slicecheck::client::{Outgoing, Task};
use slicecheck::protocol::{MultipartBody, Part};

use super::{Manner, PLAIN, edited, form_with};

const HEADERS: (&str, &str) = (
    "form/part-headers",
    "SDKs of the vendor send such headers and the service takes them; none is needed",
);
const UNQUOTED: (&str, &str) = (
    "form/quoted-parameters",
    "RFC 7578 §4.2 shows quotes everywhere, and readers of forms are known that look for them",
);
const EXTENDED: (&str, &str) =
    ("form/plain-filename", "RFC 7578 §4.2 says that filename* must not be used in a form");
const UNKNOWN: (&str, &str) = (
    "form/known-fields",
    "the documents name the fields of each operation; what ignores others is not said",
);

/// A client that changes how `filecontent` is disposed of.
macro_rules! content_as {
    ($disposition:literal) => {
        edited(|outgoing| {
            in_content(outgoing, |part| {
                part.set_header("Content-Disposition", $disposition.to_owned());
            })
        })
    };
}

pub(super) const MANNERS: &[Manner] = &[
    Manner {
        what: "names of part headers are in lower case",
        source: "RFC 2045 §1, RFC 5322 §1.2.2: case-insensitive",
        policy: form_with!("Content-Disposition: ", "content-disposition: "),
        ..PLAIN
    },
    Manner {
        what: "names of part headers are in capitals, and no space follows the colon",
        source: "RFC 5322 §2.2",
        policy: form_with!("Content-Disposition: ", "CONTENT-DISPOSITION:"),
        ..PLAIN
    },
    Manner {
        what: "spaces and tabs follow the colon of a part header",
        source: "RFC 5322 §2.2.3, RFC 2045 §5.1",
        policy: form_with!("Content-Disposition: ", "Content-Disposition: \t "),
        ..PLAIN
    },
    Manner {
        what: "form-data is in capitals",
        source: "RFC 2183 §2: case-insensitive",
        policy: form_with!(": form-data;", ": Form-Data;"),
        ..PLAIN
    },
    Manner {
        what: "no space stands before the name of a part",
        source: "RFC 2183 §2",
        policy: form_with!("form-data; name=", "form-data;name="),
        ..PLAIN
    },
    Manner {
        what: "spaces stand around the semicolon before the name of a part",
        source: "RFC 2045 §5.1, RFC 5322 §3.2.2",
        policy: form_with!("form-data; name=", "form-data \t; \t name="),
        ..PLAIN
    },
    Manner {
        what: "parameters of parts are named in capitals",
        source: "RFC 2045 §5.1: case-insensitive",
        policy: form_with!("; name=", "; NAME="),
        ..PLAIN
    },
    Manner {
        what: "names of parts are tokens without quotes",
        source: "RFC 2183 §2: value",
        policy: edited(|outgoing| {
            every_part(outgoing, |part| {
                let disposition = format!("form-data; name={}", part.name()?);
                part.set_header("Content-Disposition", disposition);
                Some(())
            })
        }),
        told: &[UNQUOTED],
        ..PLAIN
    },
    Manner {
        what: "a name has an escaped letter in its quotes",
        source: "RFC 2045 §5.1, RFC 5322 §3.2.4: quoted-pair",
        policy: form_with!("name=\"op\"", "name=\"\\o\\p\""),
        ..PLAIN
    },
    Manner {
        what: "content has a filename",
        source: "RFC 7578 §4.2",
        policy: content_as!("form-data; name=\"filecontent\"; filename=\"big.bin\""),
        ..PLAIN
    },
    Manner {
        what: "the filename comes before the name",
        source: "RFC 2183 §2: parameters come in any order",
        policy: content_as!("form-data; filename=\"big.bin\"; name=\"filecontent\""),
        ..PLAIN
    },
    Manner {
        what: "the filename is empty",
        source: "RFC 2045 §5.1: quoted-string",
        policy: content_as!("form-data; name=\"filecontent\"; filename=\"\""),
        ..PLAIN
    },
    Manner {
        what: "the filename is a token without quotes",
        source: "RFC 2183 §2: value",
        policy: content_as!("form-data; name=\"filecontent\"; filename=big.bin"),
        told: &[UNQUOTED],
        ..PLAIN
    },
    Manner {
        what: "the filename is UTF-8",
        source: "RFC 7578 §4.2",
        policy: content_as!("form-data; name=\"filecontent\"; filename=\"大きい ü.bin\""),
        ..PLAIN
    },
    Manner {
        what: "quotes and line ends in the filename are percent-encoded",
        source: "RFC 7578 §2, §4.2",
        policy: content_as!("form-data; name=\"filecontent\"; filename=\"a%22b%0D%0A.bin\""),
        ..PLAIN
    },
    Manner {
        what: "the filename has escaped quotes and looks like parameters",
        source: "RFC 2045 §5.1, RFC 5322 §3.2.4: quoted-pair",
        policy: content_as!(
            "form-data; name=\"filecontent\"; filename=\"a\\\"; name=\\\"op\\\\.bin\""
        ),
        ..PLAIN
    },
    Manner {
        what: "the filename is there in both forms",
        source: "RFC 6266 §4.3",
        policy: content_as!(
            "form-data; name=\"filecontent\"; filename=\"u.bin\"; filename*=UTF-8''%C3%BC.bin"
        ),
        told: &[EXTENDED],
        ..PLAIN
    },
    Manner {
        what: "the filename is there in its extended form alone",
        source: "RFC 2183 §2, RFC 8187 §3.2",
        policy: content_as!("form-data; name=\"filecontent\"; filename*=utf-8'en'%c3%bc.bin"),
        told: &[EXTENDED],
        ..PLAIN
    },
    Manner {
        what: "content has its size and dates in its disposition",
        source: "RFC 2183 §2.4 to §2.7",
        policy: content_as!(
            "form-data; name=\"filecontent\"; filename=\"a\"; size=5; \
             modification-date=\"Tue, 12 Sep 2017 07:36:59 GMT\""
        ),
        ..PLAIN
    },
    Manner {
        what: "content has a type",
        source: "RFC 7578 §4.4",
        policy: edited(|outgoing| {
            in_content(outgoing, |part| {
                part.set_header("Content-Type", "application/octet-stream".into());
            })
        }),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "content is said to be sent as binary, in capitals",
        source: "RFC 7578 §4.7, RFC 2045 §6.1: case-insensitive",
        policy: edited(|outgoing| {
            in_content(outgoing, |part| {
                part.set_header("Content-Transfer-Encoding", "BINARY".into());
            })
        }),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "content has its length",
        source: "SDK Request.cs, WIRE §9.5",
        policy: edited(|outgoing| {
            in_content(outgoing, |part| {
                let length = part.content().len().to_string();
                part.set_header("content-length", length);
            })
        }),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "the type of content stands before its disposition",
        source: "RFC 2045 §3: headers come in any order",
        policy: edited(|outgoing| {
            if matches!(outgoing.task, Task::Data(_)) {
                let name = "Content-Disposition: form-data; name=\"filecontent\"";
                let typed = format!("Content-Type: image/png\r\n{name}");
                outgoing.request.edit_body(|body| super::replaced(body, name, &typed));
            }
            Some(())
        }),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "texts have a type and a charset",
        source: "RFC 7578 §4.5",
        policy: edited(|outgoing| typed(outgoing, "text/plain; charset=utf-8")),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "texts have a type with capitals, quotes and another parameter",
        source: "RFC 2045 §5.1",
        policy: edited(|outgoing| typed(outgoing, "Text/Plain ; Format=flowed;CHARSET=\"Utf-8\"")),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "texts are said to be ASCII",
        source: "RFC 7578 §4.4: the default",
        policy: edited(|outgoing| typed(outgoing, "text/plain; charset=US-ASCII")),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "texts are said to be sent as 8bit",
        source: "RFC 7578 §4.7, RFC 2045 §6.1",
        policy: edited(|outgoing| {
            every_part(outgoing, |part| {
                part.set_header("Content-Transfer-Encoding", "8bit".to_owned());
                Some(())
            })
        }),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "parts have headers that nobody knows",
        source: "RFC 7578 §4.8: they are ignored",
        policy: edited(|outgoing| {
            every_part(outgoing, |part| {
                part.set_header("X-Part", "a: \"b\"".to_owned());
                Some(())
            })
        }),
        told: &[HEADERS],
        ..PLAIN
    },
    Manner {
        what: "fields come in the reverse order",
        source: "SEED E12, WIRE §9.5",
        policy: edited(|outgoing| {
            outgoing.request.edit(|form| {
                let mut reversed = MultipartBody::new(form.boundary());
                form.parts().iter().rev().for_each(|part| reversed.push(part.clone()));
                *form = reversed;
                Some(())
            })
        }),
        ..PLAIN
    },
    Manner {
        what: "a field that nobody knows is sent along",
        source: "RFC 7578 §5.1, WIRE §9.5",
        policy: edited(|outgoing| with_field(outgoing, "x-trace", "17")),
        told: &[UNKNOWN],
        ..PLAIN
    },
    Manner {
        what: "the charset of texts is told in a field",
        source: "RFC 7578 §4.6: _charset_",
        policy: edited(|outgoing| with_field(outgoing, "_charset_", "UTF-8")),
        told: &[UNKNOWN],
        ..PLAIN
    },
];

fn with_field(outgoing: &mut Outgoing, name: &str, value: &'static str) -> Option<()> {
    outgoing.request.edit(|form| {
        form.push(Part::new(name, value));
        Some(())
    })
}

fn every_part(outgoing: &mut Outgoing, change: impl Fn(&mut Part) -> Option<()>) -> Option<()> {
    outgoing.request.edit(|form| {
        let names: Vec<_> =
            form.parts().iter().filter_map(|part| Some(part.name()?.to_owned())).collect();
        names.iter().try_for_each(|name| change(form.part_mut(name)?))
    })
}

fn typed(outgoing: &mut Outgoing, content_type: &str) -> Option<()> {
    every_part(outgoing, |part| {
        if part.name() != Some("filecontent") {
            part.set_header("Content-Type", content_type.to_owned());
        }
        Some(())
    })
}

fn in_content(outgoing: &mut Outgoing, change: impl Fn(&mut Part)) -> Option<()> {
    if matches!(outgoing.task, Task::Data(_)) {
        outgoing.request.edit(|form| {
            change(form.part_mut("filecontent")?);
            Some(())
        })?;
    }
    Some(())
}
