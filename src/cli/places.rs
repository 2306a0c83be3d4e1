//! Where files are, so that none is overwritten that is still needed.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::files::place;

/// One file cannot hold two reports.
pub(super) fn no_two_are_the_same<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<(), String> {
    let mut before: Vec<PathBuf> = Vec::new();
    for path in paths {
        let real = real(path);
        if before.contains(&real) {
            return Err(place(path, &"two reports cannot go to the same place"));
        }
        before.push(real);
    }
    Ok(())
}

/// A file that is read cannot be written as well.
pub(super) fn none_is_read<'a>(
    targets: impl Iterator<Item = &'a Path>,
    inputs: &[PathBuf],
) -> Result<(), String> {
    let inputs: Vec<_> = inputs.iter().map(|path| real(path)).collect();
    for target in targets {
        if inputs.contains(&real(target)) {
            return Err(place(target, &"is read, so that nothing can be written there"));
        }
    }
    Ok(())
}

/// A folder whose files are read cannot get others: what an earlier run has left in it is taken out.
pub(super) fn none_is_read_from<'a>(
    folders: impl Iterator<Item = &'a Path>,
    inputs: &[PathBuf],
) -> Result<(), String> {
    for folder in folders {
        let real_folder = real(folder);
        let is_read = |input: &PathBuf| {
            // A link that stands in the folder is no more to be replaced than a file to which one leads.
            let [named, meant] =
                [input.parent().map(real), real(input).parent().map(Path::to_owned)];
            [named, meant, Some(real(input))].contains(&Some(real_folder.clone()))
        };
        if inputs.iter().any(is_read) {
            let message =
                "transcripts are read from this folder, so that none can be written there";
            return Err(place(folder, &message));
        }
    }
    Ok(())
}

/// The path without links and other names for the same.
fn real(path: &Path) -> PathBuf {
    // The parent of a name alone is empty.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    // A file that is not there yet has no real path, but its folder has: a.json is ./a.json.
    let parent = || {
        let parent = path.parent()?;
        Some(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
    };
    let by_parent = || Some(fs::canonicalize(parent()?).ok()?.join(path.file_name()?));
    let real = fs::canonicalize(path).ok().or_else(by_parent);
    real.or_else(|| absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}
