//! What is in a folder of transcripts, for people, and for who judges the folder again.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::file_name;
use crate::report::{View, words};
use crate::results::Results;

/// The name of the index.
pub const INDEX: &str = "index.txt";

/// More characters of a text are cut.
const TEXT: usize = 200;
/// What stands before the name of a file.
const BEFORE_FILE: &str = " exchanges  ";

/// The name of the index, and its text: who was judged, and a line for each file.
pub(super) fn index(results: &Results, view: View) -> (String, String) {
    let secrets = &view.secrets(results);
    let mut text = String::new();
    let (client, seed) = (words::line(&results.run.title(), TEXT, secrets), results.run.seed);
    let verdict = words::verdict(results.verdict);
    let _ = writeln!(text, "{client}: {verdict} (exit {})", results.verdict.exit_code());
    let _ = writeln!(text, "{}; seed {seed}\n", words::findings(results));
    text.push_str(
        "Each file is JSON in gzip; gzip -dc FILE shows it, and slicecheck check FOLDER judges all of them again.\n\
         Bytes of the uploaded file are ranges of it, and the file is left out where the seed makes it again.\n",
    );
    text.push_str(if view.show_secrets {
        "Nothing is masked: the files hold the credentials that were made for the run.\n\n"
    } else {
        "Keys and signatures are asterisks, as many as there were bytes: check does not exercise the rules of auth.\n\
         With --show-secrets a run keeps them.\n\n"
    });
    for result in results.scenarios.iter().filter(|result| result.judged().is_some()) {
        let id = result.judged.id();
        let exchanges = result.judged().map_or(0, |judged| judged.exchanges);
        let (verdict, file) = (result.verdict.as_str(), file_name(id));
        let summary = words::line(&result.scenario().summary, TEXT, secrets);
        let _ = writeln!(text, "{verdict:<14}{exchanges:>5}{BEFORE_FILE}{file}  {summary}");
    }
    (INDEX.to_owned(), text)
}

/// The names of the files that an index lists.
pub fn listed(index: &str) -> BTreeSet<&str> {
    // What stands before the list has texts of the client.
    let list = index.rsplit("\n\n").next().unwrap_or_default();
    list.lines().filter_map(|line| line.split_once(BEFORE_FILE)?.1.split(' ').next()).collect()
}
