//! A folder of transcripts: written by a run, and judged again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::{Digest, Sha1};
use slicecheck::report::saved::{INDEX, listed};
use slicecheck::report::{NamedFile, View};
use slicecheck::results::{Played, Results, Run};

use super::files::{Folder, place};
use super::input::{self, Links};

/// A transcript may have this many bytes, compressed or not: more than any that a run has written.
pub(super) const MOST_BYTES: u64 = 384 << 20;
/// A line for each scenario is less by far.
const MOST_INDEX_BYTES: u64 = 4 << 20;

type WriteScenario = fn(&Run, &Played, View) -> io::Result<Vec<NamedFile>>;
type WriteIndex = fn(&Results, View, &BTreeMap<String, String>) -> String;

/// The folder into which a run writes: documents when a scenario ends, and the index in the end.
pub(super) struct Transcripts {
    path: PathBuf,
    folder: Folder,
    scenario: WriteScenario,
    index: WriteIndex,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The digest of each document that was written, by the name of its file.
    kept: BTreeMap<String, String>,
    /// Why documents could not be written.
    lost: Vec<String>,
}

impl Transcripts {
    /// The folder, which is made if it is missing; an error names it.
    pub(super) fn open(
        path: &Path,
        scenario: WriteScenario,
        index: WriteIndex,
    ) -> Result<Self, String> {
        let (folder, path) = (Folder::open(path)?, path.to_owned());
        Ok(Self { path, folder, scenario, index, state: Mutex::default() })
    }

    /// Writes the documents of one scenario. What cannot be written is told at the end.
    pub(super) fn keep(&self, run: &Run, played: &Played, view: View) {
        let documents = (self.scenario)(run, played, view);
        let documents = documents.map_err(|error| format!("{}: {error}", played.scenario.id));
        let kept = documents.and_then(|documents| {
            let kept = documents.into_iter().map(|(name, content)| {
                let document = compressed(&content);
                self.folder.replace(&name, &document)?;
                Ok((name, digest(&document)))
            });
            kept.collect::<Result<Vec<_>, String>>()
        });
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match kept {
            Ok(kept) => state.kept.extend(kept),
            Err(error) => state.lost.push(error),
        }
    }

    /// Writes the index, and takes out what an earlier run has left in the folder; tells what was lost.
    pub(super) fn finish(self, results: &Results, view: View) -> Option<String> {
        let State { kept, mut lost } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Before the old index is replaced: it alone says which files are ours.
        if let Err(error) = take_out_others(&self.path, &kept) {
            lost.push(error);
        }
        let index = (self.index)(results, view, &kept);
        if let Err(error) = self.folder.replace(INDEX, index.as_bytes()) {
            lost.push(error);
        }
        let more = lost.len().saturating_sub(1);
        let mut first = lost.into_iter().next()?;
        if more > 0 {
            let _ = write!(first, "; nor could {more} more transcripts be kept");
        }
        Some(first)
    }
}

/// Removes the documents of an earlier run that this one has not written again, as a report that is one file is
/// replaced as a whole. Only what the old index lists, and has not been changed since, is known to be such a
/// document.
fn take_out_others(folder: &Path, kept: &BTreeMap<String, String>) -> Result<(), String> {
    // An index that cannot be read lists nothing, so that nothing is removed.
    let Some(index) = index_of(folder).unwrap_or_default() else { return Ok(()) };
    for (name, digest) in listed(&index).filter(|(name, _)| !kept.contains_key(*name)) {
        let path = folder.join(name);
        if is_plain(name) && digest_of(&path).as_deref() == Ok(digest) {
            fs::remove_file(&path).map_err(|error| place(&path, &error))?;
        }
    }
    Ok(())
}

/// The transcripts in a folder, in the order of their names.
///
/// A folder is judged as the run left it: without a file that failed, or with another in its place, the verdict
/// would be another. Earlier versions wrote no index, or one without digests.
pub(super) fn transcripts(folder: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let found = all_documents(folder).map_err(|error| place(folder, &error))?;
    let transcripts = found.iter().filter(|path| ends_with(path, &[".json", ".json.gz"])).cloned();
    let transcripts = transcripts.collect();
    let Some(index) = index_of(folder)? else { return Ok(transcripts) };
    let listed: BTreeMap<_, _> =
        listed(&index).map(|(name, digest)| (folder.join(name), digest)).collect();
    if listed.is_empty() {
        return Ok(transcripts);
    }
    if let Some(missing) = listed.keys().find(|path| !found.contains(*path)) {
        return Err(place(missing, &format!("is missing, and {INDEX} lists it")));
    }
    for path in &found {
        match listed.get(path) {
            None => return Err(place(path, &format!("is not listed in {INDEX}"))),
            Some(digest) if digest_of(path)? != *digest => {
                return Err(place(path, &format!("is not the file that {INDEX} lists")));
            }
            Some(_) => {}
        }
    }
    Ok(transcripts)
}

/// What runs write, in this version or an earlier one.
fn all_documents(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let paths = paths.collect::<io::Result<Vec<_>>>()?.into_iter();
    Ok(paths.filter(|path| ends_with(path, &[".json", ".json.gz", ".raw.gz"])).collect())
}

fn ends_with(path: &Path, ends: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    ends.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// The text of its index, if it has one; an error names the file.
pub(super) fn index_of(folder: &Path) -> Result<Option<String>, String> {
    let path = folder.join(INDEX);
    if fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    input::read_text(&path, MOST_INDEX_BYTES).map(Some)
}

/// Whether a name leads to nowhere else.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}

fn digest_of(path: &Path) -> Result<String, String> {
    let mut document = Vec::new();
    let file = input::open(path, MOST_BYTES, Links::Refused)?;
    let read = file.take(MOST_BYTES).read_to_end(&mut document);
    read.map_err(|error| place(path, &error))?;
    Ok(digest(&document))
}

/// SHA-1 as hex, as `sha1sum` prints it.
fn digest(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// In gzip's format.
fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}
