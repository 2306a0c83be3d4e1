//! The command line.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use slicecheck::harness::{self, HarnessError};
use slicecheck::report::near::hint;
use slicecheck::report::screen::Screen;
use slicecheck::report::{FORMATS, Format, Writer};
use slicecheck::results::{Requirement, ShardNumber};

use crate::exit::Exit;
use duration::positive_duration;
use pattern::Pattern;

mod anchor;
pub(crate) mod arguments;
pub(crate) mod check;
mod config;
mod duration;
mod ended;
pub(crate) mod explain;
mod files;
pub(crate) mod fingerprint;
pub(crate) mod fuzz;
mod input;
mod known;
pub(crate) mod manual;
pub(crate) mod matrix;
pub(crate) mod merge;
pub(crate) mod mutants;
mod names;
mod output;
mod pattern;
mod places;
mod plan;
mod playing;
mod progress;
pub(crate) mod run;
mod selection;
pub(crate) mod signals;
mod supervise;
mod transcripts;
mod width;
pub(crate) mod witness;

/// Headings of options.
const WHAT: &str = "What to run";
const CLIENT: &str = "The client";
const VERDICT: &str = "The verdict";
const OUTPUT: &str = "Output";

const RUN_HELP: &str = "\
The client is started once per scenario. It learns what to do from the environment, or from the same \
words in braces in its arguments: SLICECHECK_ENDPOINT {endpoint}, SLICECHECK_FILE {file}, \
SLICECHECK_KEY {key}, SLICECHECK_APPID {appid}, SLICECHECK_BUCKET {bucket}, SLICECHECK_REGION \
{region}, SLICECHECK_SECRET_ID {secret_id}, SLICECHECK_SECRET_KEY {secret_key}, \
SLICECHECK_SLICE_SIZE {slice_size}, SLICECHECK_OP {op}; with --via proxy: SLICECHECK_PROXY {proxy}; with --tls: SLICECHECK_CA {ca}; \
elsewhere these two are unset, and empty in arguments. Exit status 0 claims that the object is stored, 89 that this is not supported, any other that it \
failed.

Options may stand in slicecheck.toml in the working directory, under their long names, and the command \
under command; what stands on the command line wins.

Examples:
  slicecheck run -s 'happy/*' -- ./uploader --endpoint {endpoint} --key {key} {file}
  slicecheck run --driver --name 'my client' --report junit=junit.xml -- python3 driver.py
  slicecheck run -s '!machine/*' -r 'data/*' --max-fail 1 -q -- ./uploader

Exit codes: 0 conforms; 1 does not conform; 2 usage, or a machine that is short of something; 3 could \
not be judged; 4 nothing that matters was exercised, or a glob matches nothing; 70 our own fault; 130 interrupted.";

/// Judges clients of the COS JSON API's slice upload: do they speak the protocol, and do they tell
/// the truth about what they stored?
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Whether to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge a client; without a command: the built-in reference client
    Run(Box<Run>),
    /// Look for situations and replies in which a client lies, crashes, hangs or breaks a `must`; without a command:
    /// the built-in reference client, in memory
    Fuzz(Box<fuzz::Fuzz>),
    /// Tell a client's habits, as TOML that can be compared; without a command: those of the built-in reference client
    Fingerprint(fingerprint::FingerprintOptions),
    /// Judge transcripts that `run --report transcript=FOLDER` has saved
    Check(Check),
    /// Write a script that shows and repeats one failing exchange without this program: for a bug report
    Witness(witness::WitnessOptions),
    /// List all rules
    Rules(List),
    /// List all scenarios
    Scenarios(List),
    /// Run every mutant of the reference client in all scenarios, and show which rules catch it
    Mutants(Mutants),
    /// Compare JSON reports of several clients or versions
    Matrix(matrix::Matrix),
    /// Put the JSON reports of all parts of a run together, as `run --shard` has written them
    Merge(merge::Merge),
    /// Show the clause ledger: what is normative, from where, and which rules enforce it
    Spec(List),
    /// Show one rule, scenario, clause, mutant, error code or topic in full
    Explain(Explain),
    /// Print a script that completes words in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a page for man, as roff: slicecheck man run | man -l -
    Man {
        /// A command of this program; without one: the program itself
        command: Option<String>,
    },
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal.
    Auto,
    /// In any case.
    Always,
    /// Not at all.
    Never,
}

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  slicecheck explain data/length\n  slicecheck explain data\n  \
    slicecheck explain -4019\n  slicecheck explain --all --out manual"
)]
pub(crate) struct Explain {
    /// Its id, as the lists show it, its number, or a topic
    #[arg(allow_negative_numbers = true, required_unless_present = "all")]
    pub(crate) id: Option<String>,
    /// Print a scenario as a file for `run --case`, to be changed
    #[arg(long, requires = "id")]
    pub(crate) case: bool,
    /// Write a page for each of them as Markdown, with links
    #[arg(long, requires = "out", conflicts_with = "id")]
    pub(crate) all: bool,
    /// The folder for all pages, which is made if it is missing
    #[arg(long, value_name = "FOLDER", requires = "all", conflicts_with = "id")]
    pub(crate) out: Option<PathBuf>,
}

/// Options of the lists.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct List {
    /// How to write it
    #[arg(long, default_value = "text")]
    pub(crate) format: ListFormat,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Text,
    /// One JSON array.
    Json,
}

/// Options of `mutants`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Mutants {
    /// How it is written.
    #[command(flatten)]
    pub(crate) list: List,
    /// Which mutants
    #[arg(long, default_value = "catalogue")]
    pub(crate) set: MutantSet,
    /// Show which mutants would be missed if a rule were deleted, for each rule
    #[arg(long, conflicts_with = "format")]
    pub(crate) without_each_rule: bool,
}

/// Who has written the mutants, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MutantSet {
    /// Those that were written with the rules
    Catalogue,
    /// Those that were written from the clauses alone, before any was played
    Spec,
    /// Public reports about upload clients
    Public,
}

/// Options of `run`, in the order in which they are looked for.
#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct Run {
    /// Run only scenarios that match, and their controls; with ! before it: all others. May be repeated
    #[arg(short, long = "scenario", value_name = "GLOB", help_heading = WHAT)]
    pub(crate) scenarios: Vec<Pattern>,
    /// Run one scenario again with the same bytes
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["scenarios", "seed"], help_heading = WHAT)]
    pub(crate) replay: Option<Replay>,
    /// Run the scenario of a file, as `explain SCENARIO --case` prints one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenarios", "replay", "large"], help_heading = WHAT)]
    pub(crate) case: Option<PathBuf>,
    /// Run also what sends gigabytes: a file of 2 GiB and one byte, in slices
    #[arg(long, help_heading = WHAT)]
    pub(crate) large: bool,
    /// Run also what leaves a request without a reply, and wait for so long until the client gives up; no
    /// client that waits longer breaks a `must`
    #[arg(long, value_name = "TIME", value_parser = positive_duration, help_heading = WHAT)]
    pub(crate) patience: Option<Duration>,
    /// Run one of several parts of the scenarios, and the controls that it needs: `slicecheck merge` puts the
    /// JSON reports of all parts together
    #[arg(long, value_name = "K/N", conflicts_with_all = ["replay", "case", "required"], help_heading = WHAT)]
    pub(crate) shard: Option<ShardNumber>,
    /// Stop as soon as so many scenarios have failed
    #[arg(long, value_name = "NUMBER", help_heading = WHAT)]
    pub(crate) max_fail: Option<NonZeroUsize>,
    /// Start the client once and tell it what to do in lines of JSON on its stdin
    #[arg(long, requires = "client", help_heading = CLIENT)]
    pub(crate) driver: bool,
    #[command(flatten)]
    pub(crate) plan: plan::PlanOptions,
    /// How the client finds the service: by its address, through an HTTP proxy, or by its documented name
    #[arg(long, value_name = "HOW", default_value = "endpoint", help_heading = CLIENT)]
    pub(crate) via: ViaOption,
    /// Have the service speak TLS, with a CA that is made for the run and named in the environment
    #[arg(long, help_heading = CLIENT)]
    pub(crate) tls: bool,
    /// How long the client may take for a scenario
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration, help_heading = CLIENT)]
    pub(crate) deadline: Duration,
    /// How many scenarios run at a time [default: number of cores; for the built-in client twice as many]
    #[arg(short, long, value_name = "NUMBER", help_heading = CLIENT)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Where contents and credentials come from
    #[arg(long, value_name = "NUMBER", default_value_t = 1, help_heading = CLIENT)]
    pub(crate) seed: u64,
    /// How it is told.
    #[command(flatten)]
    pub(crate) options: OutputOptions,
    /// Draft a file for --known, from what fails this run; it must not exist yet
    #[arg(long, value_name = "FILE", help_heading = VERDICT)]
    pub(crate) write_known: Option<PathBuf>,
    /// The client and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) client: Vec<OsString>,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// How it is told.
    #[command(flatten)]
    pub(crate) options: OutputOptions,
    /// The files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Which findings count, and where the reports go.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct OutputOptions {
    /// Only these rules count and are shown; with ! before it: all others. May be repeated
    #[arg(short, long = "rule", value_name = "GLOB", help_heading = VERDICT)]
    pub(crate) rules: Vec<Pattern>,
    /// Let broken `should` rules fail the run, too
    #[arg(long, help_heading = VERDICT)]
    pub(crate) strict: bool,
    /// Fail a run that exercises less of a topic's scenarios, in per cent; may be repeated
    #[arg(long = "require-exercised", value_name = "TOPIC=PERCENT", value_parser = names::requirement, help_heading = VERDICT)]
    pub(crate) required: Vec<Requirement>,
    /// Whether that counts only for topics of which something is selected: it stands in slicecheck.toml.
    #[arg(skip)]
    pub(crate) required_where_selected: bool,
    /// Findings that do not fail the run, as TOML; entries that have become wrong fail it
    #[arg(long, value_name = "FILE", help_heading = VERDICT)]
    pub(crate) known: Option<PathBuf>,
    /// Write a report; may be repeated. PATH is a file, - for stdout, which moves the text to stderr, or, for
    /// transcript, a folder
    #[arg(long = "report", value_name = "FORMAT=PATH", help_heading = OUTPUT, long_help = format!(
        "Write a report; may be repeated. PATH is a file, - for stdout, which moves the text to stderr, \
         or, for transcript, a folder. The formats are: {}", format_names()))]
    pub(crate) reports: Vec<ReportTarget>,
    /// An earlier JSON report, of which html tells what has changed since
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) baseline: Option<PathBuf>,
    /// What reports call the client
    #[arg(long, value_parser = names::client, help_heading = OUTPUT)]
    pub(crate) name: Option<String>,
    /// The file of your repository at which SARIF and annotations show findings, from the working directory on
    /// [default: the driver, if it is below that]
    #[arg(long, value_name = "PATH", value_parser = anchor::named, help_heading = OUTPUT)]
    pub(crate) sarif_anchor: Option<String>,
    /// Show all findings in full
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) verbose: bool,
    /// Show the verdict alone, in one line
    #[arg(short, long, conflicts_with = "verbose", help_heading = OUTPUT)]
    pub(crate) quiet: bool,
    /// Show signatures and keys as they are
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) show_secrets: bool,
}

/// How the client finds the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViaOption {
    /// The endpoint is the address of the emulated service
    Endpoint,
    /// The endpoint is the documented host, and the emulated service is the HTTP proxy
    Proxy,
    /// The endpoint is the documented host, whose name leads to the emulated service on ports 80 and 443
    Hosts,
}

impl ViaOption {
    /// The same for the harness, with what it takes.
    fn open(self) -> Result<harness::Via, HarnessError> {
        Ok(match self {
            Self::Endpoint => harness::Via::Endpoint,
            Self::Proxy => harness::Via::Proxy,
            Self::Hosts => harness::Via::Hosts(harness::Hosts::new()?),
        })
    }

    /// What a replay line says of it.
    fn replay_options(self) -> Vec<String> {
        let word = match self {
            Self::Endpoint => return Vec::new(),
            Self::Proxy => "proxy",
            Self::Hosts => "hosts",
        };
        vec!["--via".to_owned(), word.to_owned()]
    }
}

/// A format and where to write it.
#[derive(Clone, Debug)]
pub(crate) struct ReportTarget {
    /// The format.
    pub(crate) format: Format,
    /// The file; `-` is stdout.
    pub(crate) path: PathBuf,
}

/// Why nothing is done.
struct Refused {
    exit: Exit,
    message: String,
}

/// A token of an earlier run.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// The seed of that run.
    pub(crate) seed: u64,
    /// The id of the scenario.
    pub(crate) scenario: String,
}

impl ReportTarget {
    /// Whether it goes to stdout.
    pub(crate) fn is_stdout(&self) -> bool {
        output::is_stdout(&self.path)
    }
}

impl Refused {
    /// Tells it, and how the program ends.
    fn tell(self, err: &mut Screen) -> Exit {
        // Nothing is left to tell it to, should this fail.
        let _ = writeln!(err, "error: {}", self.message);
        self.exit
    }
}

/// What the user has to mend.
impl From<String> for Refused {
    fn from(message: String) -> Self {
        Self { exit: Exit::Usage, message }
    }
}

impl FromStr for ReportTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((_, "")) => Err("a path is missing after the =".to_owned()),
            Some((name, path)) => {
                let Some(format) = FORMATS.iter().copied().find(|format| format.name == name)
                else {
                    let near = hint(name, FORMATS.iter().map(|format| format.name));
                    let names = format_names();
                    return Err(format!("unknown format {name:?}{near}; the formats are: {names}"));
                };
                match format.writer {
                    // Several files do not fit into one stream.
                    Writer::Folder { .. } if path == "-" => Err(format!("{name} needs a folder")),
                    Writer::Folder { .. } | Writer::Document(_) => {
                        Ok(Self { format, path: path.into() })
                    }
                }
            }
            None => Err("expected FORMAT=PATH, such as json=report.json or json=-".to_owned()),
        }
    }
}

impl FromStr for Replay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seed, scenario) =
            text.split_once(':').ok_or("expected SEED:SCENARIO, as a report shows it")?;
        let seed = seed.parse().map_err(|error| format!("the seed {seed:?}: {error}"))?;
        if !slicecheck::scenario::with_large_uploads().any(|known| known.id == scenario) {
            let all = slicecheck::scenario::with_large_uploads().map(|known| known.id.as_str());
            return Err(format!("there is no scenario {scenario:?}{}", hint(scenario, all)));
        }
        Ok(Self { seed, scenario: scenario.to_owned() })
    }
}

fn format_names() -> String {
    FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
}
