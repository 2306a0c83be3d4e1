//! What is in a folder of transcripts, for people, and for who judges the folder again.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{ended, file_name, raw_name};
use crate::report::{View, words};
use crate::results::Results;

/// The name of the index.
pub const INDEX: &str = "index.txt";

/// More characters of a text are cut.
const TEXT: usize = 200;
/// What stands before the name of a file.
const BEFORE_FILE: &str = " exchanges  ";
const BEFORE_RAW: &str = " as bytes  ";

/// The text of the index: who was judged, and a line for each file that was kept. What is kept is the digest of
/// each file by its name.
pub(super) fn index(results: &Results, view: View, kept: &BTreeMap<String, String>) -> String {
    let secrets = &view.secrets(results);
    let mut text = String::new();
    let (client, seed) = (words::line(&results.run.title(), TEXT, secrets), results.run.seed);
    let verdict = words::verdict(results);
    let _ = writeln!(text, "{client}: {verdict} (exit {})", results.verdict.exit_code());
    let cut_short = words::cut_short(results).map(|words| format!("; {words}"));
    let (findings, cut_short) = (words::findings(results), cut_short.unwrap_or_default());
    let _ = writeln!(text, "{findings}; seed {seed}{cut_short}\n");
    text.push_str(
        "What ends in .json.gz is JSON in gzip, and slicecheck check FOLDER judges all of it again. What ends in .raw.gz\n\
         has the same requests and replies as they came: zless FILE shows them, and gzip -dc FILE | xxd each byte.\n\
         Each is listed with its SHA-1: a folder that is not as listed is not judged.\n\
         Bytes of the uploaded file are ranges of it, and the file is left out where the seed makes it again.\n",
    );
    text.push_str(if view.show_secrets {
        "Nothing is masked: the files hold the credentials that were made for the run.\n\n"
    } else {
        "Keys and signatures are asterisks, as many as there were bytes: check does not exercise the rules of auth.\n\
         With --show-secrets a run keeps them.\n\n"
    });
    text.push_str(&ended::lines(results, view, kept));
    for result in &results.scenarios {
        let file = file_name(result.judged.id());
        let Some(digest) = kept.get(&file) else { continue };
        let exchanges = result.judged().map_or(0, |judged| judged.exchanges);
        let summary = words::line(&result.scenario().summary, TEXT, secrets);
        let verdict = result.verdict.as_str();
        let _ =
            writeln!(text, "{verdict:<14}{exchanges:>5}{BEFORE_FILE}{file}  {digest}  {summary}");
        let raw = raw_name(result.judged.id());
        if let Some(digest) = kept.get(&raw) {
            let _ = writeln!(text, "{:20}{BEFORE_RAW}{raw}  {digest}", "");
        }
    }
    text
}

/// The names of the files that an index lists, and their digests.
pub fn listed(index: &str) -> impl Iterator<Item = (&str, &str)> {
    list(index).lines().filter_map(|line| {
        let listed = [BEFORE_FILE, BEFORE_RAW].map(|before| line.split_once(before));
        let mut words = listed.into_iter().flatten().next()?.1.split("  ");
        let (name, digest) = (words.next()?, words.next()?);
        is_digest(digest).then_some((name, digest))
    })
}

/// What stands before the list has texts of the client.
pub(super) fn list(index: &str) -> &str {
    index.rsplit("\n\n").next().unwrap_or_default()
}

/// Earlier versions wrote none.
fn is_digest(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}
