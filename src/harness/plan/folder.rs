use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

/// A larger file is not served.
const MOST_BYTES: u64 = 64 << 20;

/// Files of the user for browsers: drivers and what they import.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        // Fails if it is none.
        fs::read_dir(&path)?;
        Ok(Self(path))
    }

    /// The content of a file by its escaped path, and its media type; `None` if there is none in this folder.
    pub(super) fn read(&self, path: &str) -> Option<(Vec<u8>, &'static str)> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        // Two dots or a link may lead out of the folder.
        let path = fs::canonicalize(self.0.join(path.trim_start_matches('/'))).ok()?;
        if !path.starts_with(&self.0) || !fs::metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut content = Vec::new();
        // One byte more than that tells a longer file from one of just this length.
        File::open(&path).ok()?.take(MOST_BYTES + 1).read_to_end(&mut content).ok()?;
        (content.len() as u64 <= MOST_BYTES).then(|| (content, media_type(&path)))
    }
}

/// Browsers take no module of another type than JavaScript's.
fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("js" | "mjs" | "cjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_folder_is_read() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("secret.js"), "secret").unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir_all(inner.join("a b")).unwrap();
        fs::write(inner.join("a b/driver.mjs"), "export {}").unwrap();
        std::os::unix::fs::symlink("../secret.js", inner.join("link.js")).unwrap();
        let folder = Folder::open(&inner).unwrap();
        let (content, kind) = folder.read("a%20b/driver.mjs").unwrap();
        assert_eq!(
            (content.as_slice(), kind),
            (&b"export {}"[..], "text/javascript; charset=utf-8")
        );
        let secret = outer.path().join("secret.js");
        let absolute = secret.to_str().unwrap();
        for path in [
            "../secret.js",
            "..%2fsecret.js",
            "link.js",
            "a%20b",
            "",
            "%ff",
            "none.js",
            "a%00b",
            absolute,
        ] {
            assert!(folder.read(path).is_none(), "{path}");
        }
        assert!(Folder::open(&outer.path().join("secret.js")).is_err());
        assert!(Folder::open(&outer.path().join("none")).is_err());
    }
}
