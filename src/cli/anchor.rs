//! The file of the user's repository that reports point at.

use std::env::current_dir;
use std::fs;
use std::path::{Component, Path};

use super::OutputOptions;

/// The one that is named, or else the first word of the command that is a file below the working directory.
pub(super) fn of(options: &OutputOptions, command: &[String]) -> Option<String> {
    options.sarif_anchor.clone().or_else(|| {
        let here = fs::canonicalize(current_dir().ok()?).ok()?;
        command.iter().find_map(|word| below(&here, word))
    })
}

/// The path of a file from a folder on, with slashes, as the user wrote it.
fn below(folder: &Path, word: &str) -> Option<String> {
    let path = Path::new(word);
    let is_below = fs::canonicalize(folder.join(path)).ok()?.starts_with(folder);
    let found = path.strip_prefix(folder).unwrap_or(path);
    let normal = found.components().filter(|part| !matches!(part, Component::CurDir));
    let names: Option<Vec<&str>> = normal
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    (is_below && folder.join(path).is_file()).then(|| names.map(|names| names.join("/")))?
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
