//! Saved conversations, judged again by the program.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use slicecheck::scenario::{Scenario, scenarios};

use crate::cli::{client, example, run, slicecheck};

#[test]
fn a_run_that_was_saved_is_told_again_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, exchanges] =
        ["first.json", "second.json", "exchanges"].map(|name| folder.path().join(name));
    let target = |format: &str, path: &Path| format!("{format}={}", path.display());
    let (json, transcript) = (target("json", &first), target("transcript", &exchanges));
    let options = ["-s", "server-choice/*", "-v", "--show-secrets"];
    let options = [&options[..], &["--report", &json, "--report", &transcript]].concat();
    let told = run(&options, &["stubborn"]);
    assert_eq!(told.status.code(), Some(1));
    let json = target("json", &second);
    let options = ["-v", "--show-secrets", "--report", &json];
    let again = slicecheck(&[&["check", exchanges.to_str().unwrap()], &options[..]].concat());
    assert_eq!(again.status.code(), Some(1));
    let texts = [told.stdout, again.stdout].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(texts[0], texts[1]);
    let reports = [first, second].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(reports[0], reports[1]);
}

#[test]
fn a_file_that_is_too_long_once_decompressed_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spaces.json.gz");
    let mut file = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
    let spaces = " ".repeat(1 << 20);
    for _ in 0..385 {
        file.write_all(spaces.as_bytes()).unwrap();
    }
    file.finish().unwrap();
    let output = slicecheck(&["check", path.to_str().unwrap()]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("decompressed it is longer than"), "{message}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn transcripts_of_a_conforming_client_are_small_and_have_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges");
    let target = format!("transcript={}", exchanges.display());
    let output = slicecheck(&["run", "--report", &target]);
    assert_eq!(output.status.code(), Some(0));
    let files = fs::read_dir(&exchanges).unwrap().map(|entry| entry.unwrap());
    let lengths = files.map(|file| file.metadata().unwrap().len());
    assert!(lengths.sum::<u64>() <= 2 << 20);
    let index = fs::read_to_string(exchanges.join("index.txt")).unwrap();
    let is_played = |of: &&Arc<Scenario>| !of.needs_tls() && !of.is_silent();
    for scenario in scenarios().filter(is_played) {
        for end in ["json.gz", "raw.gz"] {
            let name = format!("{}.{end}", scenario.id.replace('/', "__"));
            assert!(index.contains(&name) && exchanges.join(&name).is_file(), "{name}");
        }
    }
}

#[test]
fn a_folder_that_is_not_as_its_index_says_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges");
    let target = format!("transcript={}", exchanges.display());
    let check = || slicecheck(&["check", exchanges.to_str().unwrap()]);
    let run = |scenarios: &str, part: &[&str]| {
        let options = ["run", "-s", scenarios, "--report", &target];
        assert_eq!(slicecheck(&[&options[..], part].concat()).status.code(), Some(0));
    };
    run("happy/one*", &["--shard", "1/2"]);
    assert_eq!(check().status.code(), Some(0), "the control: it is as its run left it");
    run("happy/one*", &[]);
    assert_eq!(check().status.code(), Some(0), "so is that of a run with more scenarios");

    run("happy/one-slice", &[]);
    assert_eq!(check().status.code(), Some(0), "and of one with fewer: it replaces all");
    assert!(!exchanges.join("happy__one-byte.json.gz").exists());

    let refused = |what: &str| {
        let output = check();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(what), "{message}");
        assert_eq!(output.status.code(), Some(2));
    };
    let (one, other) =
        (exchanges.join("happy__one-slice.json.gz"), exchanges.join("other.json.gz"));
    fs::copy(&one, &other).unwrap();
    refused("other.json.gz: is not listed in index.txt");
    run("happy/one-byte", &[]);
    assert!(other.exists(), "what no run has written is not removed");
    fs::rename(&other, &one).unwrap();
    run("happy/one*", &[]);
    fs::write(&one, "{}").unwrap();
    refused("happy__one-slice.json.gz: is not the file that index.txt lists");
    run("happy/one-byte", &[]);
    assert!(one.exists(), "nor what somebody has changed");
    fs::remove_file(&one).unwrap();
    fs::remove_file(exchanges.join("happy__one-byte.json.gz")).unwrap();
    refused("happy__one-byte.json.gz: is missing, and index.txt lists it");
    run("happy/one-byte", &[]);
    let raw = exchanges.join("happy__one-byte.raw.gz");
    let content = fs::read(&raw).unwrap();
    fs::write(&raw, "").unwrap();
    refused("happy__one-byte.raw.gz: is not the file that index.txt lists");
    fs::remove_file(&raw).unwrap();
    refused("happy__one-byte.raw.gz: is missing, and index.txt lists it");
    fs::write(&raw, &content).unwrap();
    assert_eq!(check().status.code(), Some(0), "the control: it is as it was");
    fs::write(exchanges.join("happy__one-slice.raw.gz"), content).unwrap();
    refused("happy__one-slice.raw.gz: is not listed in index.txt");
}

#[test]
fn beside_each_transcript_are_the_bytes_as_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let target = format!("transcript={}", folder.path().display());
    slicecheck(&["run", "-s", "transport/slice-reply-reset", "--report", &target, "--", &client()]);
    let bytes = unfolded(&folder.path().join("transport__slice-reply-reset.raw.gz"));
    let text = String::from_utf8_lossy(&bytes);
    let mut place = 0;
    for part in [
        "==== request 1, connection 1, after ",
        "POST /files/v2/",
        "\r\nupload_slice_init\r\n",
        "==== reply 1, ",
        "HTTP/1.1 200 OK\r\n",
        " bytes and the file's from 0 to 1048576\n",
        "\r\n\r\n[1048576 bytes of the file, from 0 on]\r\n--",
        " sent like this: ",
    ] {
        let found = text[place..].find(part).unwrap_or_else(|| panic!("{part:?} in {text}"));
        place += found + part.len();
    }
    // Each line says how many bytes come before the next.
    let length = text.split("==== reply 1, ").nth(1).unwrap().split(' ').next().unwrap();
    let reply = text.split("==== reply 1, ").nth(1).unwrap().split_once('\n').unwrap().1;
    let after = &reply[length.parse::<usize>().unwrap()..];
    assert!(after.starts_with("\n==== request 2, "), "{after}");
    assert!(text.len() < 64 << 10, "{}", text.len());
}

fn unfolded(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    let file = fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_end(&mut content).unwrap();
    content
}

#[test]
fn keys_and_signatures_are_masked_on_disk_and_not_judged_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges");
    let target = format!("transcript={}", exchanges.display());
    let json = format!("json={}", folder.path().join("again.json").display());
    let hostile = example("hostile");
    let scenario = ["run", "-s", "happy/one-byte", "--report", &target];
    let secret = scenarios().find(|it| it.id == "happy/one-byte").unwrap();
    let secret = secret.job(1).credentials.secret_key;
    let read = || {
        let of = |end: &str| unfolded(&exchanges.join(format!("happy__one-byte.{end}")));
        ["json.gz", "raw.gz"].map(|end| String::from_utf8_lossy(&of(end)).into_owned())
    };
    let have = |what: &str| read().iter().filter(|text| text.contains(what)).count();
    slicecheck(&[&scenario[..], &["--", &hostile, "secret"]].concat());
    assert_eq!((have("********"), have(&secret)), (2, 0), "{:?}", read());
    assert!(fs::read_to_string(exchanges.join("index.txt")).unwrap().contains("asterisks"));
    assert_eq!(slicecheck(&[&scenario[..], &["--", &client()]].concat()).status.code(), Some(0));
    let again = slicecheck(&["check", exchanges.to_str().unwrap(), "--report", &json]);
    assert_eq!(again.status.code(), Some(0), "{again:#?}");
    let report = fs::read_to_string(folder.path().join("again.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for rule in report["rules"].as_array().unwrap() {
        let is_idle = rule["verdict"] == "not-exercised";
        assert!(is_idle || !rule["id"].as_str().unwrap().starts_with("auth/"), "{rule}");
    }
    slicecheck(&[&scenario[..], &["--show-secrets", "--", &client()]].concat());
    assert_eq!(have(&secret), 1, "{:?}", read());
    let hostile = ["--show-secrets", "--", &hostile, "secret"];
    slicecheck(&[&scenario[..], &hostile].concat());
    assert_eq!((have("********"), have(&secret)), (0, 2), "{:?}", read());
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = |name: &str, seed: &str| {
        let path = folder.path().join(name);
        let target = format!("transcript={}", path.display());
        let output = run(&["-s", "happy/one-byte", "--seed", seed, "--report", &target], &[]);
        assert_eq!(output.status.code(), Some(0));
        path.join("happy__one-byte.json.gz").to_str().unwrap().to_owned()
    };
    let (one, two) = (exchanges("one", "1"), exchanges("two", "2"));
    for (files, detail) in [
        ([one.as_str(), one.as_str()], "happy__one-byte.json.gz again"),
        ([one.as_str(), two.as_str()], "happy__one-byte.json.gz"),
        ([one.as_str(), "/nonexistent.json"], "/nonexistent.json: No such file"),
    ] {
        let output = slicecheck(&["check", files[0], files[1]]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(detail), "{message}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(slicecheck(&["check", empty.path().to_str().unwrap()]).status.code(), Some(4));
    fs::write(empty.path().join("x.json"), "{}").unwrap();
    assert_eq!(slicecheck(&["check", empty.path().to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn transcripts_are_not_written_where_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let [exchanges, link, other] =
        ["exchanges", "link", "other"].map(|name| folder.path().join(name));
    let target = |path: &Path| format!("transcript={}", path.display());
    run(&["-s", "happy/one*", "--show-secrets", "--report", &target(&exchanges)], &[]);
    std::os::unix::fs::symlink(&exchanges, &link).unwrap();
    let all = || {
        let files = fs::read_dir(&exchanges).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        files
    };
    let before = all();
    let one = exchanges.join("happy__one-byte.json.gz");
    for source in [&one, &exchanges] {
        let source = source.to_str().unwrap();
        let in_place = format!("json={}", one.display());
        for report in [target(&exchanges), target(&link), target(&exchanges.join(".")), in_place] {
            let output = slicecheck(&["check", source, "--report", &report]);
            let message = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{source} {report}: {message}");
            assert!(message.contains("read"), "{message}");
            assert!(all() == before, "{source} {report}");
        }
        let output = slicecheck(&["check", source, "--report", &target(&other)]);
        assert_eq!(output.status.code(), Some(0), "the control: another folder");
    }
}

#[test]
fn what_a_run_left_out_is_known_when_it_is_judged_again() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = folder.path().join("exchanges");
    let [first, second] = ["first.json", "second.json"].map(|name| folder.path().join(name));
    let json = |path: &Path| format!("json={}", path.display());
    let transcript = format!("transcript={}", exchanges.display());
    let (first_json, second_json) = (json(&first), json(&second));
    let summary = |path: &Path| -> serde_json::Value {
        let report = fs::read_to_string(path).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        serde_json::json!([report["summary"], report["shard"]])
    };
    let check =
        |options: &[&str]| slicecheck(&[&["check", exchanges.to_str().unwrap()], options].concat());
    for (options, end) in [
        (&["-s", "server-choice/*", "--jobs", "1", "--max-fail", "1"][..], "stopped"),
        (&["-s", "server-choice/*", "--shard", "1/2"], "complete"),
        (&["-s", "happy/*"], "complete"),
    ] {
        let reports = ["--show-secrets", "--report", &first_json, "--report", &transcript];
        let ran = run(&[options, &reports[..]].concat(), &["stubborn"]);
        let again = check(&["--report", &second_json]);
        assert_eq!(ran.status.code(), again.status.code(), "{again:#?}");
        let told = summary(&first);
        assert_eq!(told[0]["end"], end);
        assert_eq!(told[0]["not_played"] == 0, end == "complete");
        assert_eq!(told, summary(&second));
    }
    // What fails the stopped run is accepted: only what it left out can fail it now.
    let options = ["--jobs", "1", "--max-fail", "1", "--report", &transcript];
    run(&[&["-s", "server-choice/*"], &options[..]].concat(), &["stubborn"]);
    let known = folder.path().join("known.toml");
    let known = known.to_str().unwrap();
    run(&["-s", "server-choice/*", "--write-known", known], &["stubborn"]);
    let known = ["--known", known];
    assert_eq!(check(&known).status.code(), Some(0), "the control: nothing is required");
    let required = ["--require-exercised", "server-choice=90"];
    let missed = check(&[&known[..], &required].concat());
    let text = String::from_utf8_lossy(&missed.stdout).into_owned();
    assert_eq!(missed.status.code(), Some(1), "{missed:#?}");
    assert!(text.contains("90 % of server-choice"), "{text}");

    let without = slicecheck(&["check", exchanges.to_str().unwrap()]);
    assert!(!String::from_utf8_lossy(&without.stderr).contains("index.txt"), "{without:#?}");
    fs::remove_file(exchanges.join("index.txt")).unwrap();
    let killed = String::from_utf8(check(&[]).stderr).unwrap();
    assert!(killed.contains("exchanges: there is no index.txt"), "{killed}");
}
