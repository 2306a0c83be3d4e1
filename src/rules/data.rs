use std::collections::HashMap;

use base64::Engine;

use super::init::value_evidence;
use super::{Call, Check, Counterexample, Evidence, Rule, Span, Talk, Verdict, quote};
use crate::protocol::{Op, Part, Slice, Transcript, sha1_hex};
use crate::spec;

pub(super) const RULES: &[Rule] = &[
    SESSION,
    OFFSET_FORM,
    OFFSET_ALIGNED,
    IN_UPLOADPARTS,
    IN_FILE,
    CONTENT,
    LENGTH,
    BYTES,
    SHA,
    NO_STRAY_SHA,
    DATAMD5,
    BEFORE_FINISH,
    SERIAL,
    ONCE,
];

const PLAIN: &str = "happy/last-slice-short";

/// A counterexample that edits the form of the second data request.
macro_rules! edits_slice {
    ($change:expr) => {
        Counterexample { scenario: PLAIN, breaks: |talk| talk.tamper(&Op::Data, 1)?.edit($change) }
    };
}

const SESSION: Rule = Rule {
    id: "data/session",
    clause: &spec::DATA_SESSION,
    summary: "session is the one that the service issued",
    why: "The service keeps slices by session; a slice with another one is refused with -29096.",
    check: Check::Request(|call| session(call, &Op::Data)),
    counterexample: edits_slice!(|form| form.set("session", "8ad1d23f1b1f3452a1bda9bfbfcb81c4")),
};

const OFFSET_FORM: Rule = Rule {
    id: "data/offset-form",
    clause: &spec::DATA_OFFSET_FORM,
    summary: "offset is a decimal number",
    why: "The service cannot tell where the slice belongs; it answers -5999.",
    check: Check::Request(|call| {
        let offset = data(call)?.request.number("offset");
        let expected = "decimal digits, the place of the slice in the file";
        Verdict::of(offset.is_some(), || value_evidence(call, "offset", expected))
    }),
    counterexample: edits_slice!(|form| form.set("offset", "0x100000")),
};

const OFFSET_ALIGNED: Rule = Rule {
    id: "data/offset-aligned",
    clause: &spec::DATA_OFFSET_GRID,
    summary: "slices are cut on the grid of the slice_size that the service answered",
    why: "The service refuses an offset off the grid with -29095 or -29098; where it does not, its \
          list of slices cannot be resumed from.",
    check: Check::Request(offset_aligned),
    counterexample: edits_slice!(|form| form.set("offset", "1048577")),
};

const IN_UPLOADPARTS: Rule = Rule {
    id: "data/in-uploadparts",
    clause: &spec::DATA_IN_UPLOADPARTS,
    summary: "offset is one of uploadparts, if init had them",
    why: "The service refuses a slice that was not announced with -29136.",
    check: Check::Request(in_uploadparts),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            announce_sha(talk)?;
            let parts = format!("[{{\"offset\":0,\"datalen\":{}}}]", talk.assignment.file.len());
            talk.tamper(&Op::Init, 0)?.edit(|form| {
                form.push(Part::new("uploadparts", parts));
                Some(())
            })
        },
    },
};

const IN_FILE: Rule = Rule {
    id: "data/in-file",
    clause: &spec::DATA_IN_FILE,
    summary: "the slice lies within the file",
    why: "Bytes behind the announced end have no place in the object.",
    check: Check::Request(|call| {
        let slice = data(call)?.slice()?;
        let size = call.file_size();
        let good = slice.offset < size && slice.end().is_some_and(|end| end <= size);
        Verdict::of(good || slice.length == 0, || {
            let found = format!("offset {} and {} bytes", slice.offset, slice.length);
            let span = call.request.value("offset");
            let span = span.and_then(|value| Span::body(value.span.clone()));
            Evidence::new("offset", format!("an end of at most {size}"), found, span)
        })
    }),
    counterexample: edits_slice!(|form| form.set("offset", "2097152")),
};

const CONTENT: Rule = Rule {
    id: "data/content",
    clause: &spec::DATA_CONTENT,
    summary: "filecontent is there and not empty",
    why: "A slice without bytes moves nothing; the service answers -5990.",
    check: Check::Request(|call| {
        let content = data(call)?.request.value("filecontent");
        let good = content.is_some_and(|content| !content.content.is_empty());
        Verdict::of(good, || value_evidence(call, "filecontent", "the bytes of the slice"))
    }),
    counterexample: edits_slice!(|form| form.remove("filecontent")),
};

const LENGTH: Rule = Rule {
    id: "data/length",
    clause: &spec::DATA_LENGTH,
    summary: "a slice has slice_size bytes, unless it is the last",
    why: "A longer slice is refused with -281; a shorter one leaves a gap that finish reports, or hides.",
    check: Check::Request(length),
    counterexample: edits_slice!(|form| {
        let content = form.value("filecontent")?.get(..1000)?.to_vec();
        form.set("filecontent", content)
    }),
};

const BYTES: Rule = Rule {
    id: "data/bytes",
    clause: &spec::DATA_BYTES,
    summary: "a slice is the file's bytes at its offset",
    why: "The stored object is not the file, and nobody notices.",
    check: Check::Request(bytes),
    counterexample: edits_slice!(|form| {
        let mut content = form.value("filecontent")?.to_vec();
        *content.get_mut(500_000)? ^= 1;
        form.set("filecontent", content)
    }),
};

const SHA: Rule = Rule {
    id: "data/sha",
    clause: &spec::DATA_SHA,
    summary: "sha is on each slice if it was at init, and it is the file's",
    why: "The service cannot connect the slice with the upload that was announced.",
    check: Check::Request(|call| sha(call, &Op::Data)),
    counterexample: Counterexample { scenario: PLAIN, breaks: announce_sha },
};

const NO_STRAY_SHA: Rule = Rule {
    id: "data/no-stray-sha",
    clause: &spec::DATA_STRAY_SHA,
    summary: "there is no sha on slices if there was none at init",
    why: "The service has nothing to compare it with.",
    check: Check::Request(|call| {
        data(call)?;
        if call.sha.is_some() || call.init.is_none() {
            return None;
        }
        let stray = call.request.value("sha").is_some_and(|sha| !sha.content.is_empty());
        Verdict::of(!stray, || value_evidence(call, "sha", "no sha, as at init"))
    }),
    counterexample: edits_slice!(|form| {
        form.push(Part::new("sha", "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
        Some(())
    }),
};

const DATAMD5: Rule = Rule {
    id: "data/datamd5",
    clause: &spec::DATA_MD5,
    summary: "datamd5, if sent, is the MD5 of the slice",
    why: "A service that checks it refuses the slice with -29063.",
    check: Check::Request(|call| {
        let found = data(call)?.request.value("datamd5")?;
        let wanted = call.request.content_md5()?;
        Verdict::of(found.content == wanted, || {
            value_evidence(call, "datamd5", format!("\"{wanted}\", the MD5 of the slice"))
        })
    }),
    counterexample: edits_slice!(|form| {
        form.push(Part::new("datamd5", "d41d8cd98f00b204e9800998ecf8427e"));
        Some(())
    }),
};

const BEFORE_FINISH: Rule = Rule {
    id: "data/before-finish",
    clause: &spec::DATA_BEFORE_FINISH,
    summary: "no slice follows a finish that succeeded",
    why: "The object is closed; what becomes of such a slice is not documented.",
    check: Check::Conversation(|talk| {
        let verdict = |call: &Call| {
            let finished = talk.stored_before(call);
            Verdict::of(finished.is_none(), || {
                let number = finished.map(|call| call.number.saturating_add(1));
                let found = format!("a slice behind exchange {}", number.unwrap_or_default());
                Evidence::new("op", "nothing behind finish", found, None)
            })
        };
        talk.of(Op::Data).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (_, slice) = talk.of(&Op::Data).next()?;
            let mut late = slice.clone();
            late.started = talk.exchanges.last()?.answered;
            late.answered = late.started;
            talk.exchanges.push(late);
            Some(())
        },
    },
};

const SERIAL: Rule = Rule {
    id: "data/serial",
    clause: &spec::DATA_SERIAL,
    summary: "slices go one at a time if the service asks for that",
    why: "The service has said that it cannot take them in parallel.",
    check: Check::Conversation(serial),
    counterexample: Counterexample {
        scenario: "server-choice/serial-upload",
        breaks: |talk| {
            let start = talk.of(&Op::Data).next()?.1.started;
            let slice = talk.of(&Op::Data).nth(1)?.0;
            talk.exchanges.get_mut(slice)?.started = start;
            Some(())
        },
    },
};

const ONCE: Rule = Rule {
    id: "data/once",
    clause: &spec::DATA_ONCE,
    summary: "an acknowledged slice is not sent again",
    why: "It costs the time and the traffic of the slice.",
    check: Check::Conversation(once),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, slice) = talk.of(&Op::Data).next()?;
            let mut again = slice.clone();
            again.started = again.answered;
            talk.exchanges.insert(number.checked_add(1)?, again);
            Some(())
        },
    },
};

fn data<'a, 'b>(call: &'a Call<'b>) -> Option<&'a Call<'b>> {
    Some(call).filter(|call| call.is(&Op::Data))
}

fn once(talk: &Talk) -> Vec<(usize, Verdict)> {
    let mut acknowledged: HashMap<(Slice, Option<&str>), &Call> = HashMap::new();
    let mut verdicts = Vec::new();
    for call in talk.calls() {
        // What the service does not list, or misses at finish, is to be sent again.
        if call.is(&Op::Finish) && !call.clear {
            acknowledged.clear();
        }
        if call.is(&Op::List) && call.success {
            acknowledged.retain(|(slice, _), _| call.listed.iter().any(|held| held.covers(*slice)));
        }
        let Some(slice) = data(call).and_then(Call::slice) else { continue };
        let key = (slice, call.request.text("session"));
        let before = acknowledged.get(&key);
        let before = before.filter(|before| before.exchange.answered <= call.exchange.started);
        let verdict = Verdict::of(before.is_none(), || {
            let number = before.map(|call| call.number.saturating_add(1)).unwrap_or_default();
            let found = format!("offset {} again, after exchange {number}", slice.offset);
            Evidence::new("offset", "a slice that is still missing", found, None)
        });
        verdicts.extend(verdict.map(|verdict| (call.number, verdict)));
        if call.clear && call.echoed {
            acknowledged.entry(key).or_insert(call);
        }
    }
    verdicts
}

/// Whether a request carries the session that was issued.
pub(super) fn session(call: &Call, op: &Op) -> Option<Verdict> {
    // Without any upload there is none to carry; `flow/starts-with-init` says so.
    let upload = call.upload.as_ref().filter(|_| call.is(op))?;
    let found = call.request.text("session");
    let good = found.is_some_and(|found| upload.sessions.iter().any(|session| session == found));
    Verdict::of(good, || {
        let issued = upload.sessions.first().map(|session| quote(session.as_bytes()));
        let expected = format!("{}, as the service issued it", issued.unwrap_or_default());
        value_evidence(call, "session", expected)
    })
}

/// Whether a request carries the sha that init announced.
pub(super) fn sha(call: &Call, op: &Op) -> Option<Verdict> {
    let announced = call.sha.as_ref().filter(|_| call.is(op))?;
    let found = call.request.value("sha");
    let good = found.is_some_and(|found| found.content == *announced);
    Verdict::of(good, || value_evidence(call, "sha", format!("\"{announced}\", as at init")))
}

/// Adds a sha to init, and to no other request.
pub(super) fn announce_sha(talk: &mut Transcript) -> Option<()> {
    let sha = sha1_hex(&talk.assignment.file);
    talk.tamper(&Op::Init, 0)?.edit(|form| {
        form.push(Part::new("sha", sha));
        Some(())
    })
}

fn offset_aligned(call: &Call) -> Option<Verdict> {
    let offset = data(call)?.request.number("offset")?;
    let slice_size = call.upload.as_ref()?.slice_size?;
    let rest = offset.checked_rem(slice_size)?;
    Verdict::of(rest == 0 || is_as_announced(call), || {
        let expected = format!("a multiple of {slice_size}, the slice_size of the service's reply");
        value_evidence(call, "offset", expected)
    })
}

/// Whether a slice is one of `uploadparts`. They are announced before the service answers with its
/// slice size, and later slices have to be among them: where both differ, either may be kept to.
fn is_as_announced(call: &Call) -> bool {
    let parts = call.init.as_ref().and_then(|init| init.parts.as_ref());
    call.slice().is_some_and(|slice| parts.is_some_and(|parts| parts.contains(&slice)))
}

fn in_uploadparts(call: &Call) -> Option<Verdict> {
    let init = data(call)?.init.as_ref().filter(|_| call.sha.is_some())?;
    let parts = init.parts.as_ref()?;
    let offset = call.offset?;
    // The service may have answered with a grid that uploadparts could not know.
    if init.slice_size != Some(call.upload.as_ref()?.slice_size?) {
        return None;
    }
    Verdict::of(parts.iter().any(|part| part.offset == offset), || {
        value_evidence(call, "offset", "an offset of uploadparts, as init announced them")
    })
}

fn length(call: &Call) -> Option<Verdict> {
    let slice = data(call)?.slice().filter(|slice| slice.length > 0)?;
    let slice_size = call.upload.as_ref()?.slice_size?;
    let rest = call.file_size().checked_sub(slice.offset).filter(|rest| *rest > 0)?;
    let wanted = rest.min(slice_size);
    Verdict::of(slice.length == wanted || is_as_announced(call), || {
        let content = call.request.value("filecontent");
        let span = content.and_then(|content| {
            let end = content.span.end.min(content.span.start.saturating_add(16));
            Span::body(content.span.start..end)
        });
        let why = if rest < slice_size {
            "what is left of the file"
        } else {
            "the slice_size of the service's reply"
        };
        let expected = format!("{wanted} bytes, {why}");
        Evidence::new("filecontent", expected, format!("{} bytes", slice.length), span)
    })
}

fn bytes(call: &Call) -> Option<Verdict> {
    let slice = data(call)?.slice().filter(|slice| slice.length > 0)?;
    same_bytes(call, usize::try_from(slice.offset).ok()?)
}

/// Whether filecontent is how the file goes on from `start`.
pub(super) fn same_bytes(call: &Call, start: usize) -> Option<Verdict> {
    let content = call.request.value("filecontent")?;
    let (sent, file) = (&content.content, call.assignment.file.get(start..)?);
    let differs = first_difference(sent, file);
    Verdict::of(differs.is_none(), || {
        let at = differs.unwrap_or_default();
        let from = |bytes: &[u8]| {
            let end = bytes.len().min(at.saturating_add(16));
            quote(bytes.get(at..end).unwrap_or_default())
        };
        let hint = alteration(sent, file).map(str::to_owned).or_else(|| {
            let other = memchr::memmem::find(&call.assignment.file, sent)?;
            Some(format!("these are the file's bytes from {other}"))
        });
        let hint = hint.map(|hint| format!(": {hint}")).unwrap_or_default();
        let place = start.saturating_add(at);
        let expected = format!("{}, the file's bytes from {place}", from(file));
        let from_here = content.span.start.saturating_add(at);
        let end = content.span.end.min(from_here.saturating_add(16));
        let found = format!("{}{hint}", from(sent));
        Evidence::new("filecontent", expected, found, Span::body(from_here..end))
    })
}

/// Where the first byte of one is not that of the other, as far as both go.
fn first_difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let length = one.len().min(other.len());
    // Most often nothing differs, and comparing the whole is many times faster than looking for it.
    if one.get(..length) == other.get(..length) {
        return None;
    }
    one.iter().zip(other).position(|(one, other)| one != other)
}

/// The well-known alteration that makes what was sent of the file's bytes.
fn alteration(sent: &[u8], file: &[u8]) -> Option<&'static str> {
    let head = sent.get(..sent.len().min(256))?;
    let source = file.get(..file.len().min(1024))?;
    if source.starts_with(head) {
        return None;
    }
    let starts = |altered: &str| altered.as_bytes().starts_with(head);
    let text = String::from_utf8_lossy(source);
    let line_feeds = text.replace("\r\n", "\n");
    if starts(&line_feeds) || starts(&line_feeds.replace('\n', "\r\n")) {
        return Some("line ends were converted");
    }
    if starts(&base64::engine::general_purpose::STANDARD.encode(source)) {
        return Some("this is base64 of the file's bytes");
    }
    let latin: String = source.iter().copied().map(char::from).collect();
    if starts(&text) || starts(&latin) {
        return Some("the bytes were read as text and encoded again");
    }
    let digits: String = source.iter().flat_map(|byte| hex_digits(*byte)).collect();
    if starts(&digits) {
        return Some("these are the file's bytes as hexadecimal digits");
    }
    head.starts_with(&[0x1f, 0x8b]).then_some("this is compressed with gzip")
}

fn hex_digits(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16))
}

fn serial(talk: &Talk) -> Vec<(usize, Verdict)> {
    let verdict = |call: &Call| {
        if !call.upload.as_ref()?.serial {
            return None;
        }
        let overlaps = talk.of(Op::Data).find(|earlier| {
            earlier.number != call.number
                && earlier.exchange.started <= call.exchange.started
                && call.exchange.started < earlier.exchange.answered
        });
        Verdict::of(overlaps.is_none(), || {
            let number = overlaps.map(|call| call.number.saturating_add(1)).unwrap_or_default();
            let found = format!("sent before the reply to exchange {number}");
            Evidence::new("serial_upload", "one data request at a time", found, None)
        })
    };
    talk.of(Op::Data).filter_map(|call| Some((call.number, verdict(call)?))).collect()
}
