//! `slicecheck explain`.

use std::io;
use std::path::Path;

use slicecheck::report::screen::Screen;
use slicecheck::report::{explain as pages, manual};
use slicecheck::scenario::scenarios;

use super::Explain;
use super::files::Folder;
use crate::exit::Exit;

/// Shows one page, or writes all of them.
pub(crate) fn explain(explain: &Explain, out: &mut Screen, err: &mut Screen) -> io::Result<Exit> {
    let shown = match explain {
        Explain { out: Some(folder), .. } => write_all(folder),
        Explain { id: Some(id), case: true, .. } => case(id),
        Explain { id: Some(id), .. } => page(id),
        // Clap has refused it.
        Explain { id: None, .. } => Err(Vec::new()),
    };
    match shown {
        Ok(page) => out.document().write_all(page.as_bytes())?,
        Err(lines) => {
            for line in lines {
                writeln!(err, "{line}")?;
            }
            return Ok(Exit::Usage);
        }
    }
    Ok(Exit::Shown)
}

/// An error, and a line for each name that may have been meant.
type Lines = Vec<String>;

fn page(id: &str) -> Result<String, Lines> {
    pages::page(id).ok_or_else(|| {
        let error = format!(
            "error: there is no rule, scenario, clause, mutant, error code or topic {id:?}"
        );
        lines(error, pages::ids_like(id))
    })
}

fn case(id: &str) -> Result<String, Lines> {
    let found = scenarios().find(|scenario| scenario.id == *id);
    found.map(|scenario| scenario.to_toml()).ok_or_else(|| {
        lines(format!("error: there is no scenario {id:?}"), pages::scenarios_near(id))
    })
}

fn lines(error: String, names: Vec<String>) -> Lines {
    let near = names.into_iter().map(|name| format!("  there is {name}"));
    [error].into_iter().chain(near).collect()
}

/// Writes the manual: a page for each id, and an index of them.
fn write_all(path: &Path) -> Result<String, Lines> {
    let write = || {
        let folder = Folder::open(path)?;
        let pages = manual::pages();
        for (name, text) in &pages {
            folder.replace(name, text.as_bytes())?;
        }
        Ok(format!(
            "{} pages in {}\n",
            pages.len(),
            slicecheck::report::screen::escaped(&path.display().to_string())
        ))
    };
    write().map_err(|error: String| vec![format!("error: {error}")])
}
