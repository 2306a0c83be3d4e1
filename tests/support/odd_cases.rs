//! Cases in which a conforming client may be kept from completing its upload, for tests of the library and of the
//! program.

/// A case with nothing special in it.
pub(crate) const PLAIN: &str =
    "id = \"mine/one\"\nkey = \"/a.bin\"\nslice_size = 1048576\n[file]\nsize = 3000\n";
/// One reply that is held back.
pub(crate) const HELD: &str =
    "[[behaviour.faults]]\ntrigger = { slice = \"any\" }\nreactions = [{ delivered = \"held\" }]\n";

/// What is instead of what stands in the plain case, or after it, and may keep a client from its end.
pub(crate) fn odd() -> Vec<String> {
    let instead = [
        ("/a.bin", "/a//b.bin"),
        ("/a.bin", "/a/../b.bin"),
        ("/a.bin", "/what?.bin"),
        ("/a.bin", "/ /b.bin"),
        ("/a.bin", "/a\\tb.bin"),
        ("1048576", "65535"),
        ("1048576", "1048577"),
        ("1048576", "4194304"),
        ("3000", "0"),
    ];
    let more = [
        "[behaviour]\nslice_size = { fixed = 0 }\n",
        "[behaviour]\nslice_size = { fixed = 100 }\n",
        "[behaviour]\nslice_size = { fixed = 68719476736 }\n",
        "[behaviour]\nslice_size = { fixed = 1048577 }\n",
        "[behaviour]\nslice_size = { fixed = 65536 }\n[wishes]\nsha = true\n",
        "[behaviour]\nmost_content = 100\n",
        "[behaviour]\nmost_content = 0\n",
        "[behaviour]\npreexisting = \"other_file\"\n",
        "[behaviour]\npreexisting = { unfinished_but = [] }\n",
        "[machine.environment]\nLD_LIBRARY_PATH = \"/nonexistent\"\n",
        "[machine.environment]\nhttp_proxy = \"http://127.0.0.1:9\"\n",
        "[machine]\nfile_name = \"a\\nb\"\n",
        "[machine]\nsource = \"absent\"\n",
        "[machine]\nsource = { shrinks = 10 }\n",
        "[machine]\nunknown_ca = true\n",
        "[machine]\ncertificate = \"other_host\"\n",
    ];
    let long =
        [("/a.bin", format!("/{}", "a".repeat(850))), ("/a.bin", format!("/{}", "é".repeat(200)))];
    let held = [format!("{HELD}repeats = true\n"), HELD.repeat(9)];
    let instead = instead.into_iter().map(|(from, to)| PLAIN.replacen(from, to, 1));
    let long = long.into_iter().map(|(from, to)| PLAIN.replacen(from, &to, 1));
    let more = more.into_iter().map(|more| format!("{PLAIN}{more}"));
    instead.chain(long).chain(more).chain(held.map(|held| format!("{PLAIN}{held}"))).collect()
}
