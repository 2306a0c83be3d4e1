use std::time::Duration;

use slicecheck::protocol::{
    MultipartBody, Op, Part, Response, SessionData, Slice, SlicePlan, Transcript, cumulative_sha1,
    sha1_hex,
};
use slicecheck::rules::judge;

use crate::conforming::played;

use super::{PLAIN, broken, changed, edit, found, held, insert, with_form};

/// A conversation that announces the parts of this grid at init.
fn announced(scenario: &str, grid: u64) -> Transcript {
    changed(scenario, |transcript| {
        let file = transcript.job.file.as_ref().unwrap().whole().unwrap();
        let slices = SlicePlan::new(file.len() as u64, grid).unwrap().slices();
        let shas = cumulative_sha1(&file, usize::try_from(grid).unwrap()).unwrap();
        let parts: Vec<_> = slices
            .zip(shas)
            .map(|(Slice { offset, length }, sha)| {
                format!(r#"{{"offset":{offset},"datalen":{length},"datasha":"{sha}"}}"#)
            })
            .collect();
        edit(transcript, &Op::Init, 0, |form| {
            form.push(Part::new("uploadparts", format!("[{}]", parts.join(","))));
        });
        for exchange in &mut transcript.exchanges {
            exchange.request.edit(|form| {
                form.push(Part::new("sha", sha1_hex(&file)));
                Some(())
            });
        }
    })
}

#[test]
fn a_slice_is_too_long_for_its_grid_whatever_is_known_of_the_file() {
    let with_more = |more: usize| {
        changed(PLAIN, |transcript| {
            transcript.job.file = None;
            let first = transcript.of(&Op::Data).next().unwrap().1;
            let content = first.request.value("filecontent").unwrap().content.clone();
            let longer = [content.as_ref(), &vec![0; more]].concat();
            edit(transcript, &Op::Data, 0, |form| form.set("filecontent", longer).unwrap());
        })
    };
    assert_eq!(found("data/length", &with_more(0)), [""; 0]);
    assert_eq!(found("data/length", &with_more(1)).len(), 1);
}

#[test]
fn a_slice_that_begins_where_the_file_ends_is_outside_and_no_more() {
    let transcript = with_form(&Op::Data, 2, |form| {
        form.set("offset", "2442830").unwrap();
    });
    assert_eq!(transcript.job.file.as_ref().unwrap().len(), 2_442_830);
    let outside = "offset 2442830 and 345678 bytes: these are the file's bytes from 2097152";
    assert_eq!(found("data/in-file", &transcript), [outside]);
    assert!(found("data/length", &transcript).is_empty());
}

#[test]
fn an_empty_slice_is_judged_for_being_empty_alone() {
    let transcript = with_form(&Op::Data, 1, |form| {
        form.set("filecontent", "").unwrap();
    });
    assert_eq!(held("data/bytes", &transcript), 2);
    assert!(found("data/length", &transcript).is_empty());
    assert!(found("data/in-file", &transcript).is_empty());
    assert_eq!(found("data/content", &transcript), ["\"\""]);
}

#[test]
fn the_length_that_is_expected_is_told_with_its_reason() {
    let expected = |scenario: &str, nth: usize| {
        let transcript = changed(scenario, |transcript| {
            edit(transcript, &Op::Data, nth, |form| {
                form.set("filecontent", "short").unwrap();
            });
        });
        let rulings = judge(&transcript);
        let ruling = rulings.into_iter().find(|ruling| ruling.rule.id == "data/length").unwrap();
        ruling.findings[0].evidence.expected.clone()
    };
    let by_reply = "1048576 bytes, the slice_size in the reply to init";
    assert_eq!(expected(PLAIN, 0), by_reply);
    assert_eq!(expected(PLAIN, 2), "345678 bytes, what is left of the file");
    // Of a file of whole slices, the last one is like the others.
    let last = played("happy/exact-multiple").of(&Op::Data).count() - 1;
    assert_eq!(expected("happy/exact-multiple", last), by_reply);
    let by_list = "524288 bytes, the slice_size in the list";
    assert_eq!(expected("resume/other-slice-size", 0), by_list);
}

#[test]
fn a_sha_on_a_slice_is_stray_only_if_init_had_none() {
    assert!(found("data/no-stray-sha", &announced(PLAIN, 1 << 20)).is_empty());
    let stray = |form: &mut MultipartBody| {
        form.push(Part::new("sha", "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
    };
    assert_eq!(found("data/no-stray-sha", &with_form(&Op::Data, 1, stray)).len(), 1);
    // Without an init nobody knows what it would have had.
    let mut transcript = with_form(&Op::Data, 1, stray);
    transcript.exchanges.remove(0);
    assert!(found("data/no-stray-sha", &transcript).is_empty());
}

#[test]
fn the_digest_of_the_slice_in_the_place_of_the_files_is_told() {
    let mut transcript = announced(PLAIN, 1 << 20);
    let content = transcript.job.file.as_ref().unwrap().whole().unwrap().slice(1 << 20..2 << 20);
    let mut sha = |digest: &str| {
        edit(&mut transcript, &Op::Data, 1, |form| form.set("sha", digest.to_owned()).unwrap());
        found("data/sha", &transcript)[0].clone()
    };
    assert!(sha(&sha1_hex(&content)).ends_with("\": this is the SHA-1 of the slice"));
    assert!(sha(&sha1_hex(b"other")).ends_with('"'));
}

#[test]
fn slices_may_be_cut_as_announced_where_the_service_names_another_grid() {
    let scenario = "server-choice/smaller-slice-size";
    let mut transcript = announced(scenario, 1 << 20);
    let asked: u64 = 1 << 20;
    // One slice of the service's grid becomes one as it was announced.
    let file = transcript.job.file.as_ref().unwrap().whole().unwrap();
    let content = file.slice(1 << 20..(2 << 20).min(file.len()));
    edit(&mut transcript, &Op::Data, 1, |form| {
        form.set("offset", asked.to_string()).unwrap();
        form.set("filecontent", content.clone()).unwrap();
    });
    for rule in ["data/offset-aligned", "data/length", "data/in-uploadparts"] {
        assert!(found(rule, &transcript).is_empty(), "{rule}: {:?}", found(rule, &transcript));
    }
    // As announced is offset and length, not either of them.
    edit(&mut transcript, &Op::Data, 1, |form| {
        form.set("filecontent", content.slice(1..)).unwrap();
    });
    assert_eq!(found("data/length", &transcript).len(), 1);
}

/// What is said of a session that was sent where another was issued.
fn session_mistake(issued: &str, sent: &str) -> String {
    let transcript = changed(PLAIN, |transcript| {
        let granted = transcript.exchanges[0].reply::<SessionData>().unwrap().data.unwrap().session;
        let reply = String::from_utf8(transcript.exchanges[0].response.body().to_vec()).unwrap();
        transcript.exchanges[0].response =
            Response::write(200, &[], &reply.replace(&granted, issued));
        edit(transcript, &Op::Data, 0, |form| form.set("session", sent.to_owned()).unwrap());
    });
    let found = found("data/session", &transcript)[0].clone();
    found.strip_prefix(&format!("\"{sent}\"")).unwrap().trim_start_matches(": ").to_owned()
}

#[test]
fn what_became_of_a_session_is_told() {
    for (issued, sent, mistake) in [
        ("a+b/c%2Fd", "", "an empty field"),
        ("a+b/c%2Fd", "a+b/c%2Fd ", "it is surrounded by white space"),
        ("a+b/c%2Fd", "a%2Bb%2Fc%252Fd", "it was percent-encoded"),
        ("a+b/c%2Fd", "a+b/c/d", "it was percent-decoded"),
        ("a+b/c%2Fd", "a b/c%2Fd", "a plus was read as a space"),
        ("a+b/c%2Fd", "a b/c/d", "a plus was read as a space"),
        ("a+b/c%2Fd", "A+B/C%2FD", "upper and lower case were changed"),
        ("a+b/c%2Fd", "a+b", "it was cut"),
        ("a+b/c%2Fd", "None", "a missing value was printed as a word"),
        ("a+b/c%2Fd", "another", ""),
    ] {
        assert_eq!(session_mistake(issued, sent), mistake, "{sent}");
    }
}

#[test]
fn digests_on_one_grid_are_not_taken_for_those_on_another() {
    let mut transcript = announced(PLAIN, 1 << 20);
    let again = announced(PLAIN, 1 << 19).exchanges.swap_remove(0);
    transcript.exchanges.insert(1, again);
    assert!(found("init/uploadparts-shas", &transcript).is_empty());
    assert_eq!(held("init/uploadparts-shas", &transcript), 2);
    assert!(!broken(&transcript).contains(&"init/sha"));
}

#[test]
fn an_empty_slice_overlaps_no_other() {
    let transcript = with_form(&Op::Data, 1, |form| {
        form.set("offset", "524288").unwrap();
        form.set("filecontent", "").unwrap();
    });
    assert!(found("data/no-overlap", &transcript).is_empty());
}

#[test]
fn an_init_that_no_longer_asks_for_one_slice_at_a_time_is_believed() {
    let at_once = |serial_upload: Option<i64>| {
        let transcript = changed("server-choice/serial-upload", |transcript| {
            let mut init = transcript.exchanges[0].clone();
            let mut reply = init.reply::<SessionData>().unwrap();
            reply.data.as_mut().unwrap().serial_upload = serial_upload;
            init.response = Response::write(200, &[], &reply.write());
            insert(transcript, 1, init);
            let (third, before) = (3, transcript.exchanges[2].answered);
            transcript.exchanges[third].started =
                before.checked_sub(Duration::from_nanos(1)).unwrap();
        });
        found("data/serial", &transcript).len()
    };
    assert_eq!([None, Some(1), Some(0)].map(at_once), [1, 1, 0]);
}

#[test]
fn a_slice_may_follow_the_moment_the_reply_to_the_one_before_is_there() {
    let overlapping = |early: Duration| {
        let transcript = changed("server-choice/serial-upload", |transcript| {
            let (second, before) = (2, transcript.exchanges[1].answered);
            transcript.exchanges[second].started = before.checked_sub(early).unwrap();
        });
        found("data/serial", &transcript).len()
    };
    assert_eq!(overlapping(Duration::ZERO), 0);
    assert_eq!(overlapping(Duration::from_nanos(1)), 1);
}
