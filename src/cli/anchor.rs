//! The file of the user's repository that reports point at.

use std::env::current_dir;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::OutputOptions;

/// The one that is named, or else the first word of the command that is a file below the working directory.
pub(super) fn of(options: &OutputOptions, command: &[String]) -> Option<String> {
    options.sarif_anchor.clone().or_else(|| {
        let here = here()?;
        command.iter().find_map(|word| below(&here, word))
    })
}

/// A file that there is in the working directory, for reports that have to name one: that with the options, or
/// what describes the repository, or else the first by its name.
pub(super) fn stand_in() -> Option<String> {
    let here = here()?;
    let known = ["slicecheck.toml", "README.md", "README"];
    let known = known.into_iter().find(|name| here.join(name).is_file()).map(str::to_owned);
    known.or_else(|| {
        let files = fs::read_dir(&here).ok()?.flatten().filter(|entry| entry.path().is_file());
        let names = files.filter_map(|entry| entry.file_name().into_string().ok());
        // The same on each machine, in whatever order it lists a folder.
        names.filter(|name| !name.starts_with('.')).min()
    })
}

/// The file that `--sarif-anchor` names: who reads the report looks for it from the root of the repository on.
pub(super) fn named(text: &str) -> Result<String, String> {
    let here = here().ok_or("the working directory cannot be found")?;
    let path = Path::new(text);
    // An absolute path to elsewhere keeps its root, and is refused for that.
    let inside = path.strip_prefix(&here).unwrap_or(path);
    match normal(inside) {
        Some(path) if !path.is_empty() => Ok(path),
        _ => Err("expected a path from the working directory on, without ..".to_owned()),
    }
}

fn here() -> Option<PathBuf> {
    fs::canonicalize(current_dir().ok()?).ok()
}

/// The path of a file from a folder on, with slashes, as the user wrote it.
fn below(folder: &Path, word: &str) -> Option<String> {
    let path = Path::new(word);
    // A link may lead out of the folder: what counts is where the file is.
    let is_below = fs::canonicalize(folder.join(path)).ok()?.starts_with(folder);
    let found = path.strip_prefix(folder).unwrap_or(path);
    (is_below && folder.join(path).is_file()).then(|| normal(found))?
}

/// A path with slashes, without dots; `None` if it leads out.
fn normal(path: &Path) -> Option<String> {
    let parts = path.components().filter(|part| !matches!(part, Component::CurDir));
    let names: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    Some(names?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_is_named_from_the_working_directory_on() {
        let folder = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(folder.join("ci")).unwrap();
        fs::write(folder.join("ci/driver.py"), "").unwrap();
        let absolute = folder.join("ci/driver.py");
        for word in ["ci/driver.py", "./ci/driver.py", absolute.to_str().unwrap()] {
            assert_eq!(below(&folder, word).as_deref(), Some("ci/driver.py"), "{word}");
        }
        for word in ["ci", "/bin/sh", "nosuch", "", "../x"] {
            assert_eq!(below(&folder, word), None, "{word}");
        }
    }
}
