use std::collections::HashSet;

use slicecheck::protocol::{
    Claim, ClearText, Dialect, FieldOrder, Op, Part, Request, Response, Signature, Slice,
    SlicePlan, Stored, Transcript, cumulative_sha1, md5_hex, sha1_hex,
};
use slicecheck::report::explain;
use slicecheck::rules::{catalogue, findings, judge};
use slicecheck::scenario::{REHEARSAL_CLOCK, scenarios};
use slicecheck::server::{FaultKind, Finish};
use slicecheck::spec::{Level, clauses};

use crate::snapshot::assert_snapshot;

#[test]
fn every_rule_is_broken_by_its_counterexample() {
    for rule in catalogue() {
        let (_, after) = explain::counterexample(rule)
            .unwrap_or_else(|| panic!("{}: its scenario has no place for it", rule.id));
        let rulings = judge(&after);
        assert!(
            findings(&rulings).any(|finding| finding.rule.id == rule.id),
            "{} does not find its own counterexample",
            rule.id
        );
    }
}

#[test]
fn every_rule_holds_in_some_conforming_conversation() {
    let mut held = HashSet::new();
    let rehearsals = scenarios().map(|scenario| scenario.rehearse(1));
    let plain = scenarios().find(|scenario| scenario.id == "happy/last-slice-short").unwrap();
    let dialects = Dialect::ALL.into_iter().filter(|dialect| dialect.sliced_op.is_none());
    let dialects = dialects.map(|dialect| plain.rehearse_in(dialect, 1));
    for transcript in rehearsals.chain(dialects).chain(conforming_variants()) {
        for ruling in judge(&transcript) {
            let found: Vec<_> = ruling.findings.iter().map(|finding| &finding.evidence).collect();
            let level = ruling.rule.level();
            let tolerated = level == Level::Note || ruling.rule.id == "request/not-chunked";
            assert!(found.is_empty() || tolerated, "{}: {found:?}", ruling.rule.id);
            if ruling.held > 0 {
                held.insert(ruling.rule.id);
            }
        }
    }
    let never: Vec<_> = catalogue().map(|rule| rule.id).filter(|id| !held.contains(id)).collect();
    assert_eq!(never, Vec::<&str>::new());
}

/// What conforming clients do and the reference client does not.
fn conforming_variants() -> [Transcript; 8] {
    let plain = || scenarios().find(|scenario| scenario.id == "happy/last-slice-short").unwrap();
    let talk = plain().rehearse(1);
    let file = talk.assignment.file.clone();
    let sha = sha1_hex(&file);

    let mut with_sha = talk.clone();
    let parts = SlicePlan::new(file.len() as u64, 1 << 20).unwrap().slices();
    let parts: Vec<_> = parts
        .zip(cumulative_sha1(&file, 1 << 20).unwrap())
        .map(|(slice, datasha)| {
            let Slice { offset, length } = slice;
            format!("{{\"offset\":{offset},\"datalen\":{length},\"datasha\":\"{datasha}\"}}")
        })
        .collect();
    for exchange in &mut with_sha.exchanges {
        let op = exchange.request.op().unwrap().clone();
        exchange.request.edit(|form| {
            form.push(Part::new("sha", sha.clone()));
            if op == Op::Init {
                form.push(Part::new("uploadparts", format!("[{}]", parts.join(","))));
                form.push(Part::new("insertOnly", "0"));
                form.push(Part::new("biz_attr", ""));
            }
            if op == Op::Data {
                let datamd5 = md5_hex(form.value("filecontent")?);
                form.push(Part::new("datamd5", datamd5));
            }
            Some(())
        });
    }

    let mut signed_in_query = talk.clone();
    for exchange in &mut signed_in_query.exchanges {
        exchange.request.edit_head(|head| {
            let line = head.lines().find(|line| line.starts_with("Authorization: ")).unwrap();
            let sign = line.trim_start_matches("Authorization: ");
            let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            let head = head.replace(&format!("{line}\r\n"), "");
            head.replacen(" HTTP", &format!("?sign={sign} HTTP"), 1)
        });
    }

    let mut chunked = talk.clone();
    for exchange in &mut chunked.exchanges {
        let body = exchange.request.body().clone();
        let chunks = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        exchange.request.edit_body(|_| chunks);
        exchange.request.edit_head(|head| {
            let length = head.lines().find(|line| line.starts_with("Content-Length")).unwrap();
            head.replace(length, "Transfer-Encoding: chunked")
        });
    }

    let mut in_one_request = talk.clone();
    let mut finish = in_one_request.exchanges.pop().unwrap();
    finish.request.edit(|form| {
        form.remove("session")?;
        form.remove("filesize")?;
        form.push(Part::new("filecontent", file));
        form.push(Part::new("sha", sha));
        form.set("op", "upload")
    });
    in_one_request.exchanges = vec![finish];

    let path = talk.assignment.path.to_string();
    let signature = talk.exchanges[0].request.signature_text().unwrap().0;
    let fields = [("Host", "h".to_owned()), ("Authorization", signature)];
    let lost = scenarios().find(|scenario| scenario.id == "faults/finish-reply-truncated").unwrap();
    let mut asked = lost.rehearse(1);
    let question = asked.exchanges.last_mut().unwrap();
    question.request = Request::write("GET", &format!("{path}?op=stat"), &fields, b"");

    let mut in_new_folder = talk.clone();
    let mut create = talk.exchanges[0].clone();
    let folder = path.replace("plain.bin", "");
    let json = [fields.as_slice(), &[("Content-Type", "application/json".to_owned())]].concat();
    create.request = Request::write("POST", &folder, &json, b"{\"op\":\"create\"}");
    create.response = Response::write(200, &[], "{\"code\":0,\"message\":\"SUCCESS\"}");
    in_new_folder.exchanges.insert(0, create);

    // An interrupted upload may be deleted, with a signature for one use, and begun anew.
    let mut begun_anew = talk.clone();
    let mut delete = talk.exchanges[0].clone();
    let clear = ClearText {
        order: FieldOrder::Documented,
        path: &talk.assignment.path,
        secret_id: &talk.assignment.credentials.secret_id,
        begins: REHEARSAL_CLOCK,
        ends: 0,
        random: 1,
        fileid: &talk.assignment.path.fileid(),
    };
    let sign = Signature::sign(&talk.assignment.credentials.secret_key, &clear.to_string());
    let json = [("Content-Type", "application/json".to_owned()), ("Authorization", sign)];
    let json = [[("Host", "h".to_owned())].as_slice(), &json].concat();
    delete.request = Request::write("POST", &path, &json, b"{\"op\":\"delete\"}");
    delete.response = Response::write(200, &[], "{\"code\":0,\"message\":\"SUCCESS\"}");
    begun_anew.exchanges.insert(0, delete);

    let mut unsupported = talk;
    unsupported.exchanges.truncate(1);
    let outcome = unsupported.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (Claim::Unsupported, Stored::Absent);

    [
        with_sha,
        signed_in_query,
        chunked,
        in_one_request,
        unsupported,
        asked,
        in_new_folder,
        begun_anew,
    ]
}

#[test]
fn the_page_of_every_rule_is_its_snapshot() {
    for rule in catalogue() {
        assert_snapshot("rules", rule.id, &explain::rule_page(rule));
    }
}

#[test]
fn the_page_of_every_scenario_is_its_snapshot() {
    for scenario in scenarios() {
        assert_snapshot("scenarios", scenario.id, &explain::scenario_page(scenario));
    }
}

#[test]
fn ids_are_unique_words() {
    let rules = catalogue().map(|rule| rule.id);
    let ids: Vec<_> =
        rules.chain(scenarios().map(|s| s.id)).chain(clauses().map(|c| c.id)).collect();
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    let word = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/".contains(&byte))
    };
    assert!(ids.iter().all(|id| word(id)));
}

#[test]
fn every_scenario_with_faults_has_a_control_and_the_control_has_none() {
    for scenario in scenarios() {
        let faulty = !scenario.behaviour.faults.is_empty();
        assert!(!faulty || scenario.control.is_some(), "{}", scenario.id);
        assert!(!faulty || !scenario.undisturbed, "{}", scenario.id);
        let Some(control) = scenario.control else { continue };
        let control = scenarios().find(|other| other.id == control).unwrap();
        assert!(control.behaviour.faults.is_empty(), "{}", scenario.id);
    }
}

/// A client that takes the service at its word does not lose data by it.
#[test]
fn finish_notices_whatever_is_not_stored_as_it_came() {
    for scenario in scenarios() {
        let mut faults = scenario.behaviour.faults.iter();
        let damages = faults.any(|fault| matches!(fault.kind, FaultKind::Store(_)));
        assert!(!damages || scenario.behaviour.finish == Finish::Strict, "{}", scenario.id);
    }
}
