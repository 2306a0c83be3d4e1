//! Runs of the real program in folders of their own, with bounds on their time and their memory.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::thread::{spawn, yield_now};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cli::example;

/// Which processes are of which run: all that a run starts inherit it, whatever they do.
const MARK: &str = "SLICECHECK_TEST_MARK";

/// Only a run that never ends takes as long.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a run may have for data at any time, in KiB: `ulimit -d`.
const MEMORY: u64 = 512 << 10;

/// A run that has not begun.
pub(super) struct Guarded {
    place: tempfile::TempDir,
    memory: u64,
    before: &'static str,
}

/// A run that is under way.
pub(super) struct Started {
    child: Child,
    place: tempfile::TempDir,
}

/// A run that is over, of which no process and no folder is left.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
    place: tempfile::TempDir,
}

pub(super) fn hostile() -> String {
    static HOSTILE: OnceLock<String> = OnceLock::new();
    HOSTILE.get_or_init(|| example("hostile")).clone()
}

/// What a hostile client is told, and how a run of it ends.
pub(super) fn run_hostile(options: &[&str], behaviour: &[&str]) -> Ended {
    Guarded::new().run(&[&["run"], options, &["--", &hostile()], behaviour].concat())
}

impl Guarded {
    pub(super) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        for folder in ["tmp", "reports"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        Self { place, memory: MEMORY, before: "" }
    }

    /// Allows it so many MiB of data.
    pub(super) fn with_memory(self, mib: u64) -> Self {
        Self { memory: mib << 10, ..self }
    }

    /// What the shell does before it becomes the program.
    pub(super) fn after(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    /// A place for a report, alone in its folder.
    pub(super) fn report(&self) -> PathBuf {
        self.place.path().join("reports").join("report.json")
    }

    /// A folder that no run knows of.
    pub(super) fn place(&self) -> &Path {
        self.place.path()
    }

    pub(super) fn run(self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    pub(super) fn start(self, arguments: &[&str]) -> Started {
        let limits = format!("ulimit -c 0; ulimit -d {}; {}", self.memory, self.before);
        let child = Command::new("sh")
            .args(["-c", &format!("{limits}\nexec \"$@\""), "sh", env!("CARGO_BIN_EXE_slicecheck")])
            .args(arguments)
            .env(MARK, self.place.path())
            .env("TMPDIR", self.place.path().join("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Started { child, place: self.place }
    }
}

impl Started {
    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end, and asserts that nothing of it is left.
    pub(super) fn end(self) -> Ended {
        let Self { child, place } = self;
        let program = Pid::from_child(&child);
        let (sender, receiver) = channel();
        spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(PATIENCE) else {
            kill_all(place.path());
            panic!("{program:?} did not end");
        };
        let output = output.unwrap();
        let left = left_behind(place.path());
        kill_all(place.path());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let ended = Ended { status: output.status, stdout, stderr, place };
        assert!(left.is_empty(), "left behind: {left:?}\n{ended:#?}");
        let files: Vec<_> = ended.files("tmp");
        assert!(files.is_empty(), "left behind: {files:?}\n{ended:#?}");
        ended
    }
}

impl Ended {
    pub(super) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub(super) fn killed_by(&self) -> Option<i32> {
        self.status.signal()
    }

    /// All that it said.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// A file in its place.
    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.place.path().join(file)).unwrap()
    }

    /// The names in one of its folders.
    pub(super) fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.place.path().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The text of the report; nothing is beside it.
    pub(super) fn report_text(&self) -> Option<String> {
        let files = self.files("reports");
        if files.is_empty() {
            return None;
        }
        assert_eq!(files, ["report.json"]);
        Some(self.read("reports/report.json"))
    }

    /// The report, which is whole or not there.
    pub(super) fn report(&self) -> Option<Value> {
        let report: Value = serde_json::from_str(&self.report_text()?).unwrap();
        assert_eq!(report["tool"]["name"], "slicecheck");
        Some(report)
    }

    /// It ended with this exit code, and said all of this.
    pub(super) fn tells(&self, code: i32, detail: &[&str]) {
        assert_eq!(self.code(), Some(code), "{self:#?}");
        let text = self.text();
        for word in detail {
            assert!(text.contains(word), "{word:?} is not in {self:#?}");
        }
    }
}

/// Processes that outlive their run: killed ones are given the moment that they need to die.
fn left_behind(mark: &Path) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(3);
    loop {
        let left = marked(mark);
        if left.is_empty() || Instant::now() > until {
            return left.into_iter().map(|(_, command)| command).collect();
        }
        yield_now();
    }
}

fn kill_all(mark: &Path) {
    for (process, _) in marked(mark) {
        // It may have died of itself.
        let _ = kill_process(process, Signal::KILL);
    }
}

/// The processes of a run, and their commands.
fn marked(mark: &Path) -> Vec<(Pid, String)> {
    let mark = format!("{MARK}={}", mark.display());
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        let process = entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
        // A process that is dead, or another user's, cannot be read.
        let read = |file| -> io::Result<Vec<u8>> { fs::read(entry.path().join(file)) };
        let environment = read("environ").ok()?;
        let is_ours = environment.split(|byte| *byte == 0).any(|word| word == mark.as_bytes());
        is_ours.then(|| {
            (
                process,
                String::from_utf8_lossy(&read("cmdline").unwrap_or_default()).replace('\0', " "),
            )
        })
    });
    processes.collect()
}
