//! SARIF 2.1.0, as code scanning reads it: each finding at a file of the user's repository, for results
//! without a place are refused there.

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::secrets::Secrets;
use super::text::ladder_line;
use super::words::{self, line};
use super::{Format, View, Writer, json_text};
use crate::results::{
    self, Disposition, Judged, KnownResult, ResolvedFinding, Results, RunEnd, ScenarioResult,
};
use crate::rules::{Rule, catalogue};
use crate::spec::Level;

mod log;

use log::{
    ArtifactLocation, Automation, Configuration, Driver, Entry, EntryProperties, Help, Invocation,
    Location, Log, LogicalLocation, Message, Notification, PhysicalLocation, Region,
    RuleProperties, Run, Suppression, Tool,
};

/// Static analysis results interchange format, version 2.1.0.
pub const FORMAT: Format = Format { name: "sarif", writer: Writer::Document(write) };

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// More characters of a text are cut.
const TEXT: usize = 400;
/// What stands for itself in the path of a URI.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What is named where nothing is known of the user's repository.
const NO_ANCHOR: &str = "slicecheck.toml";

struct Writing<'a> {
    results: &'a Results,
    secrets: Secrets,
    anchor: String,
}

fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let results::Run { anchor, stand_in, .. } = &results.run;
    let anchor = anchor.as_deref().or(stand_in.as_deref()).unwrap_or(NO_ANCHOR);
    let anchor = utf8_percent_encode(anchor, PATH).to_string();
    let writing = Writing { results, secrets: view.secrets(results), anchor };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [writing.run()] };
    json_text::write(&log, out)
}

impl Writing<'_> {
    fn run(&self) -> Run {
        let results = self.results;
        let pairs =
            results.scenarios.iter().flat_map(|it| it.findings.iter().map(move |of| (it, of)));
        let counts = [Level::Must, Level::Should, Level::Note]
            .map(|level| (level.as_str(), results.count(level)));
        let suppressed =
            [("known", results.count_known()), ("discounted", results.count_discounted())];
        let driver = Driver {
            name: env!("CARGO_PKG_NAME"),
            semantic_version: env!("CARGO_PKG_VERSION"),
            rules: catalogue().map(rule).collect(),
        };
        Run {
            tool: Tool { driver },
            automation_details: Automation {
                id: format!("slicecheck/{}/", self.text(&results.run.title())),
            },
            invocations: [self.invocation()],
            column_kind: "utf16CodeUnits",
            results: distinct(pairs.map(|(result, found)| self.entry(result, found)).collect()),
            properties: counts.into_iter().chain(suppressed).collect(),
        }
    }

    fn invocation(&self) -> Invocation {
        let Results { verdict, end, scenarios, .. } = self.results;
        let mut errors: Vec<String> = Vec::new();
        if let RunEnd::GivenUp { detail, .. } = end {
            errors.push(self.text(detail));
        }
        for failure in scenarios.iter().filter_map(ScenarioResult::failure) {
            let message = self.text(&failure.message);
            if !errors.contains(&message) {
                errors.push(message);
            }
        }
        let notification = |(level, text)| Notification { level, message: Message { text } };
        let errors = errors.into_iter().map(|text| ("error", text));
        let cut_short = words::cut_short(self.results).map(|text| ("warning", text));
        Invocation {
            execution_successful: verdict.is_judgement(),
            exit_code: verdict.exit_code(),
            exit_code_description: words::verdict(self.results),
            tool_execution_notifications: errors.chain(cut_short).map(notification).collect(),
        }
    }

    fn entry(&self, result: &ScenarioResult, found: &ResolvedFinding) -> Entry {
        let ResolvedFinding { finding, disposition } = found;
        let (rule, evidence, id) = (finding.rule, &finding.evidence, result.judged.id());
        let text = |text: &str| self.text(text);
        let message = format!(
            "{}\nIn scenario {id}, {}: expected {}; found {}.",
            rule.summary,
            text(&evidence.at),
            text(&evidence.expected),
            text(&evidence.found)
        );
        let own = finding.exchange.map(|exchange| (exchange, "where it was found".to_owned()));
        let others = evidence.related.iter().map(|related| (related.exchange, text(&related.what)));
        let judged = result.judged();
        let related = own.into_iter().chain(others).enumerate().map(|(place, (exchange, what))| {
            let row = judged.and_then(|judged| row(judged, exchange));
            let row = row.unwrap_or_else(|| format!("{:>3}", exchange + 1));
            let words = format!("request {}: {}", row.trim_start(), what);
            let name = format!("{id}/request {}", exchange + 1);
            self.location(Some(place + 1), name, Some(self.text(&words)))
        });
        Entry {
            rule_id: rule.id,
            // Into the rules of the driver, which are all of the catalogue, in its order.
            rule_index: catalogue().position(|of| of.id == rule.id).unwrap_or_default(),
            level: level(rule.level()),
            message: Message { text: message },
            locations: [self.location(None, id.to_owned(), None)],
            related_locations: related.collect(),
            partial_fingerprints: BTreeMap::from([(
                "slicecheck/v1",
                format!("{}:{id}:{}", rule.id, text(&evidence.at)),
            )]),
            occurrence_count: finding.times.max(1),
            suppressions: self.suppressions(disposition, rule, id),
            properties: EntryProperties {
                scenario: id.to_owned(),
                replay: words::replay(&self.results.run, id, &self.secrets),
            },
        }
    }

    /// Why a finding does not count, if it does not.
    fn suppressions(&self, of: &Disposition, rule: &Rule, scenario: &str) -> Vec<Suppression> {
        let justification = match of {
            Disposition::Counts => return Vec::new(),
            Disposition::Discounted(discount) => discount.to_string(),
            Disposition::Known => {
                let is_about = |known: &&KnownResult| known.entry.is_about(rule, scenario);
                let known = self.results.known.iter().find(is_about);
                known.map_or_else(String::new, |known| self.text(&known.entry.reason))
            }
        };
        vec![Suppression { kind: "external", justification }]
    }

    fn location(&self, id: Option<usize>, name: String, words: Option<String>) -> Location {
        Location {
            id,
            physical: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: self.anchor.clone() },
                region: Region { start_line: 1 },
            },
            logical_locations: [LogicalLocation { fully_qualified_name: name, kind: "resource" }],
            message: words.map(|text| Message { text }),
        }
    }

    /// A foreign text, in which nothing is a link.
    fn text(&self, text: &str) -> String {
        // In a message of SARIF, [text](target) is a link.
        line(text, TEXT, &self.secrets).replace("](", "] (")
    }
}

/// Gives each result a fingerprint of its own: of those with the same rule, scenario and place, the second and
/// further ones are numbered, in the order of their exchanges. Who reads the log takes equal ones for one result.
fn distinct(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for fingerprint in entries.iter_mut().flat_map(|it| it.partial_fingerprints.values_mut()) {
        let count = counts.entry(fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            *fingerprint = format!("{fingerprint}#{count}");
        }
    }
    entries
}

/// An exchange in short, as other reports show it.
fn row(judged: &Judged, exchange: usize) -> Option<String> {
    let (number, row) = judged.ladder(Some(exchange)).find(|(number, _)| *number == exchange)?;
    Some(ladder_line(number, row))
}

fn rule(rule: &Rule) -> log::Rule {
    let clause = rule.clause;
    let paragraphs = [
        format!("A conforming client: {}.", rule.summary),
        format!("Clause {}: {}", clause.id, clause.text),
        format!("Source: {}", clause.source),
        format!("Why: {}", rule.why),
        format!("Fix: {}", rule.fix),
        format!("See slicecheck explain {}.", rule.id),
    ];
    log::Rule {
        id: rule.id,
        short_description: Message { text: rule.summary.to_owned() },
        full_description: Message { text: format!("{} {}", clause.text, rule.why) },
        help: Help { text: paragraphs.join("\n"), markdown: paragraphs.join("\n\n") },
        default_configuration: Configuration { level: level(rule.level()) },
        properties: RuleProperties {
            tags: vec!["conformance", rule.topic()],
            severity: match rule.level() {
                Level::Must => "error",
                Level::Should => "warning",
                Level::Note => "recommendation",
            },
            precision: "very-high",
        },
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::Note => "note",
    }
}
