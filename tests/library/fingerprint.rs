//! Fingerprints of clients in memory: what is planted is told.

mod pauses;

use slicecheck::client::{ClientPolicy, First, InitPolicy, Outgoing, ReplyPolicy, Task};
use slicecheck::fingerprint::{Fingerprint, Survey, Unusable};
use slicecheck::protocol::{Dialect, Response, Slashes};
use slicecheck::report::fingerprint::write;
use slicecheck::scenario::Simulation;

const REFERENCE: ClientPolicy = ClientPolicy::REFERENCE;

fn surveyed(policy: &ClientPolicy, seed: u64) -> Result<Fingerprint, Unusable> {
    let mut survey = Survey::default();
    while let Some(scenario) = survey.poll() {
        let transcript = Simulation::new(&scenario, seed).play(policy);
        survey.tell(&scenario, &transcript);
    }
    survey.end()
}

fn fingerprint(policy: &ClientPolicy) -> Fingerprint {
    surveyed(policy, 1).unwrap()
}

fn text(fingerprint: &Fingerprint) -> String {
    let mut text = Vec::new();
    write(fingerprint, false, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn the_manners_of_shipped_clients_are_told() {
    // One writes the words of the predecessor API, which this service does not know.
    for dialect in Dialect::ALL.into_iter().filter(|dialect| dialect.sliced_op.is_none()) {
        let found = fingerprint(&REFERENCE.speaking(dialect));
        let name = dialect.name;
        let kept: std::collections::BTreeSet<char> = dialect.escaping.kept.chars().collect();
        assert_eq!(found.target.kept, kept.into_iter().collect::<String>(), "{name}");
        let digits = if dialect.escaping.lower_case { "lower case" } else { "upper case" };
        assert_eq!(found.target.digits, digits, "{name}");
        let double = if dialect.escaping.slashes == Slashes::Kept { "kept" } else { "merged" };
        if dialect.escaping.slashes != Slashes::OneInFront {
            assert_eq!(found.target.double_slash, double, "{name}");
        }
        let boundary = found.boundary.unwrap();
        assert_eq!(boundary.length, Some(dialect.boundary.len()), "{name}");
        let signature = found.signature.unwrap();
        assert_eq!(signature.place == "?sign=", dialect.sign_in_query, "{name}");
        assert_eq!(signature.names_object, dialect.bound, "{name}");
        let of_finish = found.requests.iter().find(|of| of.operation.ends_with("finish")).unwrap();
        let names = dialect.order.finish.iter().filter(|name| **name != "sha");
        for (part, name) in of_finish.parts.iter().zip(names.clone()) {
            let name = name.to_lowercase();
            assert!(part.to_lowercase().contains(&format!("name=\"{name}\"")), "{part} {name}");
        }
        assert_eq!(of_finish.parts.len(), names.count(), "{}", dialect.name);
        let expects = of_finish.head.iter().any(|field| field == "Expect: 100-continue");
        assert_eq!(expects, dialect.expects_continue, "{name}");
    }
}

#[test]
fn a_filename_that_is_another_each_time_is_told_as_such() {
    let named = |outgoing: &mut Outgoing| {
        let name = outgoing.request.text("session").map(|it| format!("tmp.{it}"));
        outgoing.request.edit(|form| {
            let part = form.part_mut("filecontent")?;
            *part = part.clone().with_filename(&name?);
            Some(())
        })
    };
    let found = fingerprint(&ClientPolicy { edit: named, ..REFERENCE });
    let parts = found.requests.iter().flat_map(|request| &request.parts);
    let named: Vec<_> = parts.filter(|part| part.contains("filename")).collect();
    let expected =
        "Content-Disposition: form-data; name=\"filecontent\"; filename=\"{another each time}\"";
    assert_eq!(named, [expected]);
}

#[test]
fn several_slices_under_way_are_counted() {
    let found = fingerprint(&ClientPolicy::PARALLEL).upload;
    assert_eq!((found.slices_in_flight, found.slice_order), (Some(4), None));
    let found = fingerprint(&ClientPolicy::BACKWARDS).upload;
    assert_eq!((found.slices_in_flight, found.slice_order), (Some(1), Some("descending")));
}

#[test]
fn who_sends_whole_files_is_told_as_such() {
    let first = First::Upload(u64::MAX);
    let init = InitPolicy { first, ..REFERENCE.init };
    let found = fingerprint(&ClientPolicy { init, ..REFERENCE });
    assert_eq!(found.upload.course.operations, ["upload"]);
    assert_eq!(found.upload.slices_in_flight, None);
    assert!(found.resumption.is_none());
    assert_eq!(found.retries["http-503"].attempts, "3");
    assert_eq!(found.needs["upload"], ["code", "data", "data.access_url"]);
}

#[test]
fn who_asks_first_what_is_there_is_told_as_such() {
    let found = fingerprint(&ClientPolicy::LISTING_FIRST);
    assert_eq!(found.upload.course.operations.first().unwrap(), "upload_slice_list");
}

#[test]
fn attempts_and_pauses_are_told_by_fault() {
    let retries = fingerprint(&ClientPolicy::PATIENT).retries;
    let of = |name: &str| (&*retries[name].attempts, retries[name].pause.as_deref());
    assert_eq!(of("http-503"), ("6", Some("1 s to 2 s")));
    assert_eq!(of("permanent-code"), ("1", None));
    assert_eq!(retries["http-503"].then, "failed");
}

#[test]
fn who_reads_less_of_a_reply_needs_less_of_it() {
    let believes = |task: &Task, _: Option<&Response>| matches!(task, Task::Data(_));
    let replies = ReplyPolicy { believes, ..REFERENCE.replies };
    let careless = fingerprint(&ClientPolicy { replies, ..REFERENCE }).needs;
    assert_eq!(careless["upload_slice_init"], ["code", "data", "data.session", "data.slice_size"]);
    assert!(careless["upload_slice_data"].is_empty(), "{careless:?}");
    let careful = fingerprint(&REFERENCE).needs;
    let echoes = ["code", "data", "data.datalen", "data.offset", "data.session"];
    assert_eq!(careful["upload_slice_data"], echoes);
}

#[test]
fn who_takes_a_reply_without_code_for_a_success_does_not_need_it() {
    let believes = |task: &Task, reply: Option<&Response>| {
        let mut of_reply = reply.iter().flat_map(|reply| reply.body().windows(12));
        matches!(task, Task::Finish) && of_reply.any(|name| name == b"\"access_url\"")
    };
    let replies = ReplyPolicy { believes, ..REFERENCE.replies };
    let needs = fingerprint(&ClientPolicy { replies, ..REFERENCE }).needs;
    assert_eq!(needs["upload_slice_finish"], ["data", "data.access_url"]);
    for of_others in ["upload_slice_init", "upload_slice_data", "upload_slice_list"] {
        assert!(needs[of_others].contains(&"code".to_owned()), "{needs:?}");
    }
}

#[test]
fn the_same_client_has_the_same_fingerprint_whatever_it_uploads() {
    let found = |seed| {
        let mut found = surveyed(&ClientPolicy::PARALLEL, seed).unwrap();
        // The client makes it from its seed, once.
        found.boundary = None;
        text(&found)
    };
    assert_eq!(found(1), found(2));
}

#[test]
fn who_completes_nothing_has_no_fingerprint() {
    let init = InitPolicy { refuses: |_| true, ..REFERENCE.init };
    let refusing = surveyed(&ClientPolicy { init, ..REFERENCE }, 1);
    assert_eq!(refusing.unwrap_err(), Unusable::Incomplete);
    assert_eq!(Survey::default().end().unwrap_err(), Unusable::Unplayed);
}
