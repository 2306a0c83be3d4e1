use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Call, Check, Counterexample, Evidence, Rule, Talk, Verdict, quote};
use crate::protocol::{
    Codes, ErrorCode, ListData, ListPart, Op, Reach, Response, ResponseEnvelope, Slice, SliceData,
    Transcript,
};
use crate::spec;

pub(super) const RULES: &[Rule] = &[
    STARTS_WITH_INIT,
    CODE_HEEDED,
    DATALEN_COMPARED,
    DATAMD5_COMPARED,
    OFFSET_COMPARED,
    SESSION_COMPARED,
    RESUMES,
    RESUMES_MISSING_ONLY,
    RETRIES,
    RETRIES_BOUNDED,
    PERMANENT_NOT_RETRIED,
    FINISHES,
];

const PLAIN: &str = "happy/last-slice-short";
/// More attempts at one request than any client has a reason for; shipped ones make 1 to 4.
const MANY_ATTEMPTS: usize = 20;
/// A client that pauses longer each time makes fewer attempts before any deadline.
const ENDLESS: usize = 10;
/// Refusals that the same request is certain to meet again. What the pages say of the other codes of
/// the table leaves room for hope, and nobody is to be accused of that.
const REFUSED_FOR_GOOD: [i64; 20] = [
    -29126, -29104, -29098, -29096, -5999, -5996, -5993, -5990, -5980, -5971, -5964, -4020, -4019,
    -284, -197, -180, -177, -175, -133, -97,
];

const STARTS_WITH_INIT: Rule = Rule {
    id: "flow/starts-with-init",
    clause: &spec::STARTS_WITH_INIT,
    summary: "slices and finish follow a session that the service granted",
    why: "The service has nothing to add the slice to; it answers -29096.",
    check: Check::Request(|call| {
        if !matches!(call.op()?, Op::Data | Op::Finish) {
            return None;
        }
        Verdict::of(call.upload.is_some(), || {
            let found = format!("{} without a session", call.op().map_or("", Op::as_str));
            Evidence::new("op", "upload_slice_init first, and its session", found, None)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Init).next()?;
            talk.exchanges.remove(number);
            Some(())
        },
    },
};

const CODE_HEEDED: Rule = Rule {
    id: "flow/code-heeded",
    clause: &spec::REPLY_CODE,
    summary: "a slice that was not acknowledged is sent again before finish",
    why: "The slice is missing; a service that does not check at finish stores a hole.",
    check: Check::Conversation(|talk| {
        let failed = |call: &Call| !call.success;
        sent_again_before_finish(
            talk,
            failed,
            |later| later.success,
            |call| {
                let expected =
                    "the slice again, until it is acknowledged with code 0, before finish";
                Evidence::new(
                    "code",
                    expected,
                    format!("finish after {}", call.reply_in_words()),
                    None,
                )
            },
        )
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Data).nth(1)?;
            let refusal = ResponseEnvelope::<()> {
                code: -21095,
                message: Codes::message(-21095).to_owned(),
                request_id: None,
                data: None,
            };
            let response = Response::write(200, &[], &refusal.write());
            talk.exchanges.get_mut(number)?.response = response;
            Some(())
        },
    },
};

const DATALEN_COMPARED: Rule = Rule {
    id: "flow/datalen-compared",
    clause: &spec::REPLY_DATALEN,
    summary: "a slice that was acknowledged with another length is sent again",
    why: "The service has kept less than was sent, and says so; the object has a hole.",
    check: Check::Conversation(|talk| {
        echo(talk, "datalen", |call, data| {
            (call.slice().map(|slice| slice.length.to_string()), data.datalen.to_string())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| wrong_echo(talk, |data| data.datalen = 7),
    },
};

const DATAMD5_COMPARED: Rule = Rule {
    id: "flow/datamd5-compared",
    clause: &spec::REPLY_DATAMD5,
    summary: "a slice that was acknowledged with another MD5 is sent again",
    why: "The bytes were damaged on their way, and the service says so.",
    check: Check::Conversation(|talk| {
        echo(talk, "datamd5", |call, data| {
            let sent = call.request.content_md5().filter(|_| !data.datamd5.is_empty());
            (sent.map(str::to_owned), data.datamd5.clone())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            wrong_echo(talk, |data| data.datamd5 = "d41d8cd98f00b204e9800998ecf8427e".into())
        },
    },
};

const OFFSET_COMPARED: Rule = Rule {
    id: "flow/offset-compared",
    clause: &spec::REPLY_OFFSET,
    summary: "a slice that was acknowledged at another offset is sent again",
    why: "The reply belongs to another slice; this one may be missing.",
    check: Check::Conversation(|talk| {
        echo(talk, "offset", |call, data| {
            (call.slice().map(|slice| slice.offset.to_string()), data.offset.to_string())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| wrong_echo(talk, |data| data.offset = 7),
    },
};

const SESSION_COMPARED: Rule = Rule {
    id: "flow/session-compared",
    clause: &spec::REPLY_SESSION,
    summary: "a slice that was acknowledged for another session is sent again",
    why: "The reply belongs to another upload; this one may lack the slice.",
    check: Check::Conversation(|talk| {
        echo(talk, "session", |call, data| {
            (call.request.text("session").map(str::to_owned), data.session.clone())
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| wrong_echo(talk, |data| data.session = "another".into()),
    },
};

const RESUMES: Rule = Rule {
    id: "flow/resumes",
    clause: &spec::RESUMES,
    summary: "-4019 at init leads to the list of slices",
    why: "An interrupted upload can never be completed, nor replaced, until somebody deletes it.",
    check: Check::Conversation(|talk| {
        let in_progress =
            talk.of(Op::Init).filter(|call| call.exchange.clear_code() == Some(-4019));
        let verdict = |call: &Call| {
            let listed = talk.of(Op::List).any(|later| later.number > call.number);
            Verdict::of(listed, || {
                let found = "no list request after it";
                Evidence::new("code -4019", "upload_slice_list", found, None)
            })
        };
        in_progress.filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "resume/init-in-progress",
        breaks: |talk| {
            talk.exchanges.truncate(1);
            Some(())
        },
    },
};

const RESUMES_MISSING_ONLY: Rule = Rule {
    id: "flow/resumes-missing-only",
    clause: &spec::RESUMES_MISSING_ONLY,
    summary: "slices that the list names are not sent again",
    why: "It costs the time and the traffic that resuming is meant to save.",
    check: Check::Conversation(|talk| {
        let listed: Vec<(&Call, ListData)> = talk
            .of(Op::List)
            .filter_map(|call| Some((call, call.exchange.reply::<ListData>().ok()?.data?)))
            .collect();
        let verdict = |call: &Call| {
            let slice = call.slice()?;
            let mut before = listed.iter().filter(|(list, _)| list.number < call.number);
            let (_, list) = before.next_back()?;
            let held =
                |part: &ListPart| Slice { offset: part.offset, length: part.datalen }.covers(slice);
            Verdict::of(!list.listparts.iter().any(held), || {
                let found = format!("offset {}, which listparts names", slice.offset);
                Evidence::new("offset", "a slice that is still missing", found, None)
            })
        };
        talk.of(Op::Data).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "resume/init-in-progress",
        breaks: |talk| {
            let slice = talk.assignment.file.slice(..1_048_576);
            talk.tamper(&Op::Data, 0)?.edit(|form| {
                form.set("offset", "0")?;
                form.set("filecontent", slice)
            })
        },
    },
};

const RETRIES: Rule = Rule {
    id: "flow/retries",
    clause: &spec::RETRIES,
    summary: "a request that met a transient failure is tried again",
    why: "Uploads of many slices meet such failures every day; each costs the whole upload.",
    check: Check::Conversation(|talk| {
        let failed = talk.calls().iter().filter(|call| is_transient(call));
        let verdict = |call: &Call| {
            let again = talk.calls().iter().any(|later| {
                later.number > call.number && (same_request(call, later) || later.says_stored)
            });
            Verdict::of(again, || {
                let found = format!("nothing after {}", call.reply_in_words());
                Evidence::new("op", "the same request again", found, None)
            })
        };
        first_of_each(failed).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/slice-503-once",
        breaks: |talk| {
            let (number, _) = talk.of(&Op::Data).nth(1)?;
            talk.exchanges.truncate(number.checked_add(1)?);
            Some(())
        },
    },
};

const RETRIES_BOUNDED: Rule = Rule {
    id: "flow/retries-bounded",
    clause: &spec::RETRIES_BOUNDED,
    summary: "the same request is not tried more than 20 times",
    why: "A client that never gives up keeps a service down that is trying to come up.",
    check: Check::Conversation(|talk| {
        let attempts = failed_attempts(talk);
        let verdict = |call: &Call| {
            let attempts = attempts.get(&(call.op()?, call.offset)).copied().unwrap_or_default();
            Verdict::of(attempts <= MANY_ATTEMPTS, || {
                let expected = format!("at most {MANY_ATTEMPTS} attempts");
                Evidence::new("op", expected, format!("{attempts} failed attempts"), None)
            })
        };
        let failed = talk.calls().iter().filter(|call| !call.success);
        first_of_each(failed).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/slice-code-always",
        breaks: |talk| {
            let refused = talk.of(&Op::Data).nth(1)?.1.clone();
            let storm = std::iter::repeat_n(refused, MANY_ATTEMPTS);
            talk.exchanges.extend(storm);
            Some(())
        },
    },
};

const PERMANENT_NOT_RETRIED: Rule = Rule {
    id: "flow/permanent-not-retried",
    clause: &spec::PERMANENT_NOT_RETRIED,
    summary: "a request that is refused for good is not tried again",
    why: "It can only be refused again; the person who could mend it learns of it later.",
    check: Check::Conversation(|talk| {
        let refused = talk.calls().iter().filter(|call| {
            // That nothing was uploaded yet is a normal answer to a list request.
            call.op().is_some_and(|op| *op != Op::List)
                && call.exchange.clear_code().is_some_and(|code| REFUSED_FOR_GOOD.contains(&code))
        });
        let verdict = |call: &Call| {
            let again = talk.calls().iter().find(|later| {
                later.number > call.number && same_request(call, later) && same_body(call, later)
            });
            // After -4019 a client may remove what is there, or find it removed, and start anew.
            let is_gone = |other: &Call| match other.request.op() {
                Some(Op::Other(word)) => word == "delete",
                Some(Op::List) => other.exchange.clear_code() == Some(-197),
                _ => false,
            };
            if talk.calls().iter().any(is_gone) {
                return None;
            }
            Verdict::of(again.is_none(), || {
                let number = again.map(|call| call.number.saturating_add(1)).unwrap_or_default();
                let found = format!("again in exchange {number}, after {}", call.reply_in_words());
                Evidence::new("op", "an end, or another request", found, None)
            })
        };
        first_of_each(refused).filter_map(|call| Some((call.number, verdict(call)?))).collect()
    }),
    counterexample: Counterexample {
        scenario: "faults/init-refused",
        breaks: |talk| {
            let refused = talk.exchanges.first()?.clone();
            talk.exchanges.push(refused);
            Some(())
        },
    },
};

const FINISHES: Rule = Rule {
    id: "flow/finishes",
    clause: &spec::FINISHES,
    summary: "finish follows when all slices are acknowledged",
    why: "Without finish there is no object, whatever was sent.",
    check: Check::Outcome(|talk, _| {
        let data: Vec<&Call> = talk.of(Op::Data).collect();
        let acknowledged = |call: &&Call| call.clear && call.echoed;
        let all_well = !data.is_empty() && data.iter().all(acknowledged);
        let slices = data.iter().filter_map(|call| call.slice());
        let size = talk.assignment().file.len().try_into().ok()?;
        if !all_well || Slice::first_gap(slices, size).is_some() {
            return None;
        }
        Verdict::of(talk.of(Op::Finish).next().is_some(), || {
            Evidence::new("op", "upload_slice_finish", "no finish after the last slice", None)
        })
    }),
    counterexample: Counterexample {
        scenario: PLAIN,
        breaks: |talk| {
            talk.exchanges.pop()?;
            Some(())
        },
    },
};

/// Whether one request was tried so often that a client which is still at it will not give up.
pub(super) fn is_endless(talk: &Talk) -> bool {
    failed_attempts(talk).values().any(|attempts| *attempts > ENDLESS)
}

/// How often each request failed.
fn failed_attempts<'a>(talk: &'a Talk) -> HashMap<(&'a Op, Option<u64>), usize> {
    let mut attempts = HashMap::new();
    for call in talk.calls().iter().filter(|call| !call.success) {
        if let Some(op) = call.op() {
            let count = attempts.entry((op, call.offset)).or_insert(0_usize);
            *count = count.saturating_add(1);
        }
    }
    attempts
}

/// Nothing but time stands between this request and success.
fn is_transient(call: &Call) -> bool {
    let lost = call.exchange.delivery.reach() == Reach::Nothing;
    let later =
        call.exchange.clear_code().and_then(Codes::get).is_some_and(ErrorCode::is_retryable);
    let busy = call.exchange.response.status() == 503 && !call.success;
    call.op().is_some() && (lost || later || busy)
}

/// Whether two requests ask for the same thing: the operation, and the slice.
fn same_request(one: &Call, other: &Call) -> bool {
    one.op().is_some() && one.op() == other.op() && one.offset == other.offset
}

fn same_body(one: &Call, other: &Call) -> bool {
    let fields = |call: &Call| {
        let values = call.request.form().values().iter();
        values.map(|value| (value.name.clone(), value.content.clone())).collect::<Vec<_>>()
    };
    fields(one) == fields(other)
}

/// The first call of each request among these.
fn first_of_each<'a>(
    calls: impl Iterator<Item = &'a Call<'a>>,
) -> impl Iterator<Item = &'a Call<'a>> {
    let mut seen = HashSet::new();
    calls.filter(move |call| call.op().is_some_and(|op| seen.insert((op, call.offset))))
}

/// For each data request that `wanting` selects: broken if finish was sent before a later attempt
/// at the same slice that `mends` it; holds if there was such an attempt, or no finish.
fn sent_again_before_finish(
    talk: &Talk,
    wanting: impl Fn(&Call) -> bool,
    mends: impl Fn(&Call) -> bool,
    evidence: impl Fn(&Call) -> Evidence,
) -> Vec<(usize, Verdict)> {
    let mut acknowledged: HashMap<usize, BTreeSet<Slice>> = HashMap::new();
    let mut verdict = |call: &Call| {
        let finish = talk.of(Op::Finish).find(|finish| finish.number > call.number);
        let slice = call.slice()?;
        let mut mended = |finish: &Call| {
            let known = acknowledged.entry(finish.number);
            let known = known.or_insert_with(|| talk.acknowledged_before(finish));
            let listed = !call.success && known.iter().any(|known| known.covers(slice));
            let again = talk.of(Op::Data).any(|later| {
                let in_time = later.exchange.answered <= finish.exchange.started;
                later.number != call.number
                    && in_time
                    && later.slice().is_some_and(|later| later.covers(slice))
                    && mends(later)
            });
            listed || again
        };
        Verdict::of(finish.is_none_or(&mut mended), || evidence(call))
    };
    let calls = talk.of(Op::Data).filter(|call| wanting(call));
    calls.filter_map(|call| Some((call.number, verdict(call)?))).collect()
}

/// For each reply to a slice whose echo differs: the slice has to be sent again before finish.
fn echo(
    talk: &Talk,
    name: &str,
    pair: impl Fn(&Call, &SliceData) -> (Option<String>, String),
) -> Vec<(usize, Verdict)> {
    let differing = |call: &Call| {
        let data = call.exchange.reply::<SliceData>().ok()?.data?;
        let (sent, echoed) = pair(call, &data);
        sent.filter(|sent| *sent != echoed).map(|sent| (sent, echoed))
    };
    let wanting = |call: &Call| call.success && !call.echoed && differing(call).is_some();
    sent_again_before_finish(
        talk,
        wanting,
        |later| later.echoed,
        |call| {
            let (sent, echoed) = differing(call).unwrap_or_default();
            let expected = format!("the slice again, as {} was sent", quote(sent.as_bytes()));
            let found = format!("finish, after the reply said {}", quote(echoed.as_bytes()));
            Evidence::new(name, expected, found, None)
        },
    )
}

/// Changes the reply to the second slice.
fn wrong_echo(talk: &mut Transcript, change: fn(&mut SliceData)) -> Option<()> {
    let (number, _) = talk.of(&Op::Data).nth(1)?;
    let exchange = talk.exchanges.get_mut(number)?;
    let mut reply = exchange.reply::<SliceData>().ok()?;
    change(reply.data.as_mut()?);
    exchange.response = Response::write(200, &[], &reply.write());
    Some(())
}
