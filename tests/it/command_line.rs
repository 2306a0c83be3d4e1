//! What the command line and the file of options can say, and what is said of mistakes in them.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::{client, report, run, slicecheck};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A run in a folder with this file of options.
fn run_with_file(file: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("slicecheck.toml"), file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
    command.current_dir(folder.path()).args(arguments).output().unwrap()
}

fn ids(report: &Value, list: &str) -> Vec<String> {
    let all = report[list].as_array().unwrap().iter();
    all.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn only_the_chosen_rules_count_and_are_shown() {
    let options = ["-s", "server-choice/*"];
    let (code, all) = report(&options, &["stubborn"]);
    assert_eq!(code, Some(1));
    let (code, data) = report(&[&options[..], &["-r", "data/*"]].concat(), &["stubborn"]);
    assert!(ids(&data, "rules").iter().all(|id| id.starts_with("data/")));
    assert_eq!(code, Some(1));
    let (code, others) = report(&[&options[..], &["-r", "!data/*"]].concat(), &["stubborn"]);
    assert!(ids(&others, "rules").iter().all(|id| !id.starts_with("data/")));
    assert_eq!(code, Some(1));
    let must = |report: &Value| report["summary"]["must"].as_u64().unwrap();
    assert!(must(&data) > 0 && must(&others) > 0);
    assert_eq!(must(&data) + must(&others), must(&all));
    let (code, kept) = report(&[&options[..], &["-r", "auth/*"]].concat(), &["stubborn"]);
    assert_eq!((code, must(&kept)), (Some(0), 0), "{kept:#}");
}

#[test]
fn scenarios_after_an_exclamation_mark_are_left_out() {
    let (_, report) = report(&["-s", "happy/one-*", "-s", "!happy/one-byte"], &[]);
    let ids = ids(&report, "scenarios");
    assert!(ids.iter().all(|id| id != "happy/one-byte") && !ids.is_empty(), "{ids:?}");
    assert_eq!(slicecheck(&["run", "-s", "!*"]).status.code(), Some(4));
    assert_eq!(slicecheck(&["run", "-r", "nosuch/*"]).status.code(), Some(4));
}

#[test]
fn a_quiet_run_says_the_verdict_in_one_line() {
    let output = run(&["-s", "server-choice/*", "-q", "--name", "mine"], &["stubborn"]);
    let out = text(&output.stdout);
    assert!(out.starts_with("mine: does not conform: ") && out.ends_with("(exit 1)\n"), "{out}");
    assert_eq!((out.lines().count(), text(&output.stderr).as_str()), (1, ""));
}

#[test]
fn a_run_ends_when_enough_scenarios_have_failed() {
    let options = ["-s", "happy/*", "-j", "1", "--max-fail", "2"];
    let output = run(&[&options[..], &["--report", "json=-"]].concat(), &["denier"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdicts = report["scenarios"].as_array().unwrap().iter().map(|entry| &entry["verdict"]);
    assert_eq!(verdicts.filter(|verdict| **verdict == "fail").count(), 2, "{report:#}");
    assert_eq!(output.status.code(), Some(1));
    let (summary, all) = (&report["summary"], report["scenarios"].as_array().unwrap().len());
    let unplayed = usize::try_from(summary["not_played"].as_u64().unwrap()).unwrap();
    assert_eq!(summary["end"], "stopped");
    let words = format!("stopped by --max-fail after {all} of {} scenarios", all + unplayed);
    assert!(text(&output.stderr).contains(&words), "{output:#?}");
    let quiet = run(&[&options[..], &["-q"]].concat(), &["denier"]);
    assert!(text(&quiet.stdout).contains("; stopped by --max-fail after "), "{quiet:#?}");
}

#[test]
fn a_file_in_the_working_directory_has_options_and_the_command() {
    let client = client();
    let file = format!(
        "scenario = [\"happy/one-byte\"]\nreport = [\"json=-\"]\nseed = 9\ncommand = [{client:?}]\n"
    );
    let output = run_with_file(&file, &["run"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(ids(&report, "scenarios"), ["happy/one-byte"]);
    assert_eq!((&report["seed"], &report["client"]["command"][0]), (&"9".into(), &client.into()));
    let output = run_with_file(&file, &["run", "--seed", "3", "-s", "happy/one-slice"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (ids(&report, "scenarios"), &report["seed"]),
        (vec!["happy/one-slice".to_owned()], &"3".into())
    );
}

#[test]
fn mistakes_in_the_file_of_options_have_a_place_and_what_is_near() {
    for (file, expected) in [
        (
            "strikt = true\n",
            "slicecheck.toml: line 1: there is no option \"strikt\" (near: strict) (column 1)",
        ),
        ("\nreport = [\"jsn=x\"]\n", "unknown format \"jsn\" (near: json)"),
    ] {
        let output = run_with_file(file, &["run"]);
        assert_eq!(output.status.code(), Some(2), "{output:#?}");
        assert!(text(&output.stderr).contains(expected), "{output:#?}");
    }
    // Other commands have no use for it.
    assert_eq!(run_with_file("strikt = true\n", &["rules"]).status.code(), Some(0));
}

#[test]
fn a_misspelt_name_is_told_what_is_near() {
    for (arguments, expected) in [
        (&["run", "-s", "hapy/*"] as &[_], "near: happy/*"),
        (&["run", "-r", "data/lenght"], "near: data/length"),
        (&["run", "--report", "juint=a"], "near: junit"),
        (&["run", "--replay", "1:happy/one-bite"], "near: happy/one-byte"),
        (&["explain", "data/lenght"], "there is data/length"),
        (&["explain", "happy/one-bite"], "there is happy/one-byte"),
        (&["explain", "trying/onec"], "there is trying/once"),
        (&["explain", "finihs"], "there is finish"),
        (&["witness", "1:happy/one-bite", "--from", "x"], "near: happy/one-byte"),
        (&["man", "rum"], "near: run"),
    ] {
        let output = slicecheck(arguments);
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {output:#?}");
        assert!([Some(2), Some(4)].contains(&output.status.code()), "{arguments:?}");
    }
}

#[test]
fn completions_and_pages_for_man_name_every_option_of_run() {
    let help = text(&slicecheck(&["run", "--help"]).stdout);
    let options: BTreeSet<_> = help
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect();
    assert!(options.len() > 20, "{options:?}");
    let man = text(&slicecheck(&["man", "run"]).stdout).replace("\\-", "-");
    assert!(man.contains(".TH"), "{man}");
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&slicecheck(&["completions", shell]).stdout);
        for option in ["scenario", "report", "max-fail"] {
            assert!(script.contains(option), "{shell}: {option}");
        }
    }
    for option in ["--scenario", "--rule", "--report", "--max-fail", "--name", "--quiet"] {
        assert!(options.contains(option) && man.contains(option), "{option}: {man}");
    }
    for heading in ["What to run", "The client", "The verdict", "Output", "Examples:"] {
        assert!(help.contains(heading), "{heading}: {help}");
    }
}

#[test]
fn a_program_that_takes_flags_is_told_the_proxy() {
    let script = "test \"$1\" = \"$SLICECHECK_PROXY\" && test -n \"$1\" && exit 89";
    let client = ["--", "sh", "-c", script, "sh", "{proxy}"];
    let options = ["run", "-s", "happy/one-byte", "--via", "proxy", "--report", "json=-"];
    let output = slicecheck(&[&options[..], &client].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["scenarios"][0]["claim"], "unsupported", "{report:#}");
}

#[test]
fn words_about_what_a_run_does_not_have_are_empty_in_arguments() {
    let script = "test -z \"$1$2$3$SLICECHECK_PROXY$SLICECHECK_CA\" && exit 89";
    let words = ["{proxy}", "{ca}", "{state}"];
    let options = ["run", "-s", "happy/one-byte", "--report", "json=-", "--", "sh", "-c", script];
    let output = slicecheck(&[&options[..], &["sh"], &words].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["scenarios"][0]["claim"], "unsupported", "{report:#}");
}

#[test]
fn everything_that_has_an_id_can_be_explained() {
    for (id, expected) in [
        (
            "data/length",
            &["Clause", "Why", "Exercised by:", "Fix ", "Mutants:", "To try a client:"] as &[_],
        ),
        (
            "happy/last-slice-short",
            &["The reference client", "Why it matters:", "Mutants that it kills:", "Play it"],
        ),
        (
            "trying/once",
            &[
                "(mutant)",
                "In scenario ",
                "What a conforming client does:",
                "How to mend a client:",
                "Rules that name it",
                "Shows first in:",
            ],
        ),
        ("spec/retry-numbered", &["because:\n\n  data/offset-aligned names it"]),
        (
            "request-line",
            &["Why it matters:", "How to mend", "Exercised by:", "Mutants that these rules name:"],
        ),
        ("-29096", &["Rules about another attempt:\n\n  flow/permanent-not-retried  "]),
        ("-71", &["Rules about another attempt:\n\n  flow/retries  "]),
        ("data", &["(topic)", "data/length", "Rules:"]),
        (
            "-4019",
            &[
                "Meaning",
                "Mutants that these rules name:",
                "Answered in:",
                "  resume/",
                "not their controls:",
                "  flow/",
            ],
        ),
        (
            "faults/slice-503-once",
            &[
                "Special: ",
                ": at request ",
                "Services are overloaded",
                "after a pause",
                "trying/once",
                "Rules that its control does not exercise:",
                "  flow/",
            ],
        ),
    ] {
        let page = text(&slicecheck(&["explain", id]).stdout);
        assert!(page.starts_with(id), "{page}");
        assert!(expected.iter().all(|words| page.contains(words)), "{id}: {page}");
    }
}

#[test]
fn every_link_of_the_manual_leads_to_a_page_and_every_page_is_linked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manual");
    let output = slicecheck(&["explain", "--all", "--out", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:#?}");
    let names: BTreeSet<String> = fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut linked = BTreeSet::from(["index.md".to_owned()]);
    for name in &names {
        let page = fs::read_to_string(path.join(name)).unwrap();
        // Only what stands outside the fences.
        for prose in page.split("`````").step_by(2) {
            for (at, _) in prose.match_indices("](") {
                let target = prose[at + 2..].split(')').next().unwrap();
                assert!(names.contains(target), "{name} links {target}");
                linked.insert(target.to_owned());
            }
        }
    }
    assert_eq!(names, linked);
    let rules = slicecheck::rules::catalogue().count();
    assert_eq!(names.iter().filter(|name| name.starts_with("rule-")).count(), rules);
}

#[test]
fn text_is_as_wide_as_the_terminal_but_for_lines_to_copy() {
    let shown = |columns: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
        let options = ["run", "-s", "server-choice/*", "--color", "never", "--", &client()];
        command.env("COLUMNS", columns).args(options).arg("stubborn");
        text(&command.output().unwrap().stdout)
    };
    let is_command = |line: &&str| line.trim_start().starts_with("replay ");
    for columns in [40, 60, 80] {
        let shown = shown(&columns.to_string());
        let long = |line: &&str| line.chars().count() > columns;
        let long: Vec<_> = shown.lines().filter(|line| !is_command(line)).filter(long).collect();
        assert!(long.is_empty(), "{columns}: {long:#?}");
    }
    let shown = shown("1000");
    assert!(shown.lines().any(|line| line.chars().count() > 100), "{shown}");
    assert!(shown.lines().any(|line| is_command(&line)), "{shown}");
}

#[test]
fn an_error_code_is_explained_by_its_name_too() {
    let by = |id: &str| text(&slicecheck(&["explain", id]).stdout);
    assert_eq!(by("ERROR_SAME_FILE_UPLOAD"), by("-4018"));
    assert!(by("-4018").contains("ERROR_SAME_FILE_UPLOAD"));
    let missing = slicecheck(&["explain", "SAME_FILE"]);
    assert!(text(&missing.stderr).contains("ERROR_SAME_FILE_UPLOAD"), "{missing:#?}");
}

#[test]
fn names_that_cannot_be_meant_are_refused_with_what_is_near() {
    for (options, words) in [
        (["--name", " "], "a name has at least one letter"),
        (["--require-exercised", "fault=90"], "(near: faults)"),
        (["--sarif-anchor", "/nosuch/x.py"], "from the working directory on"),
        (["--sarif-anchor", "../x.py"], "from the working directory on"),
    ] {
        let output = slicecheck(&["run", "-s", "happy/one-byte", options[0], options[1]]);
        assert_eq!(output.status.code(), Some(2), "{output:#?}");
        assert!(text(&output.stderr).contains(words), "{output:#?}");
    }
    let merged = slicecheck(&["merge", "--require-exercised", "fault=90", "1.json"]);
    assert!(text(&merged.stderr).contains("(near: faults)"), "{merged:#?}");
}

#[test]
fn an_option_that_no_report_heeds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("slicecheck.toml"), "sarif-anchor = \"ci/driver.py\"\n").unwrap();
    let run = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
        let command = command.current_dir(folder.path()).args(["run", "-s", "happy/one-byte"]);
        command.args(options).output().unwrap()
    };
    for (options, words) in [
        (&["--baseline", "a.json"][..], "--baseline has no effect without --report html=PATH"),
        (&["--baseline", "a.json", "--report", "json=b.json"], "--baseline has no effect"),
        (
            &["--sarif-anchor", "x.py", "--report", "json=b.json"],
            "--sarif-anchor has no effect without --report sarif=PATH or --report github=PATH",
        ),
    ] {
        let output = run(options);
        assert_eq!(output.status.code(), Some(2), "{output:#?}");
        assert!(text(&output.stderr).contains(words), "{output:#?}");
    }
    let checked = slicecheck(&["check", "--sarif-anchor", "x.py", "nowhere"]);
    assert!(text(&checked.stderr).contains("--sarif-anchor has no effect"), "{checked:#?}");
    // In the file it waits for the report that needs it.
    assert_eq!(run(&[]).status.code(), Some(0));
    let heeded = run(&["--sarif-anchor", "x.py", "--report", "github=-"]);
    assert_eq!(heeded.status.code(), Some(0), "{heeded:#?}");
}

#[test]
fn sarif_points_at_a_file_that_there_is_in_the_repository() {
    let uri = |files: &[&str], options: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let run = ["run", "-s", "happy/one-byte", "--report", "sarif=-"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_slicecheck"));
        let command = command.current_dir(folder.path()).args(run).args(options);
        let output = command.args(["--", &client(), "denier"]).output().unwrap();
        let log: Value = serde_json::from_slice(&output.stdout).unwrap();
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        location["artifactLocation"]["uri"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(uri(&["README.md", "a.txt"], &[]), "README.md");
    assert_eq!(uri(&[".hidden", "b.txt", "a.txt"], &[]), "a.txt");
    assert_eq!(uri(&["README.md"], &["--sarif-anchor", "./ci/driver.py"]), "ci/driver.py");
}
