//! The page: nothing foreign is markup in it, all its links lead somewhere, and it is not too large.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use slicecheck::mutant::mutants;
use slicecheck::protocol::{Op, Stored};
use slicecheck::results::{Disposition, JudgedScenario, ResolvedFinding};
use slicecheck::results::{Results, Run, RunEnd, Terms};
use slicecheck::rules::{Finding, catalogue};
use slicecheck::scenario::{Scenario, Simulation, scenarios};

use crate::formats::{document, hostile};

/// What the page is made of: elements, and their attributes.
const ELEMENTS: &[&str] = &[
    "!DOCTYPE",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "p",
    "h1",
    "small",
    "code",
    "ul",
    "li",
    "b",
    "nav",
    "main",
    "section",
    "h2",
    "svg",
    "rect",
    "span",
    "details",
    "summary",
    "div",
    "table",
    "thead",
    "tr",
    "th",
    "tbody",
    "td",
    "ol",
    "dl",
    "dt",
    "dd",
    "article",
    "h4",
    "pre",
    "mark",
    "label",
    "input",
    "figure",
    "path",
    "figcaption",
    "h5",
    "script",
    "i",
];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "href",
    "aria-label",
    "aria-labelledby",
    "id",
    "role",
    "viewBox",
    "preserveAspectRatio",
    "x",
    "y",
    "width",
    "height",
    "tabindex",
    "scope",
    "data-row",
    "html",
    "type",
    "checked",
    "hidden",
    "autocomplete",
    "d",
];

/// All tags of a page but those within its style and its script: names, and attributes with values.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let mut inner = rest[start + 1..end].trim_start_matches('/');
        rest = &rest[end + 1..];
        let name: String = inner.chars().take_while(|c| !c.is_ascii_whitespace()).collect();
        inner = inner[name.len()..].trim_start();
        let mut attributes = Vec::new();
        while !inner.is_empty() {
            let word = inner.find(['=', ' ']).unwrap_or(inner.len());
            let (attribute, after) = inner.split_at(word);
            let value = after.strip_prefix("=\"").map(|quoted| quoted.split('"').next().unwrap());
            let taken = value.map_or(0, |value| value.len() + 3);
            attributes.push((attribute.to_owned(), value.unwrap_or_default().to_owned()));
            inner = after[taken..].trim_start();
        }
        if ["style", "script"].contains(&name.as_str())
            && tags.last().is_none_or(|(it, _)| *it != name)
        {
            rest = &rest[rest.find(&format!("</{name}>")).unwrap()..];
        }
        tags.push((name, attributes));
    }
    tags
}

fn values<'a>(tags: &'a [(String, Vec<(String, String)>)], name: &str) -> Vec<&'a str> {
    let all = tags.iter().flat_map(|(_, attributes)| attributes);
    all.filter(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn nothing_foreign_is_markup_in_html() {
    let page = document(&hostile(), "html");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    for (name, attributes) in tags(&page) {
        assert!(ELEMENTS.contains(&name.as_str()), "{name}");
        for (attribute, _) in attributes {
            assert!(ATTRIBUTES.contains(&attribute.as_str()), "{name} {attribute}");
        }
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
}

#[test]
fn only_the_script_and_the_style_of_the_page_are_allowed() {
    let page = document(&hostile(), "html");
    let tags = tags(&page);
    let policy = values(&tags, "content")[0];
    assert!(
        policy.starts_with("default-src &#39;none&#39;")
            || policy.starts_with("default-src 'none'"),
        "{policy}"
    );
    for name in ["style", "script"] {
        let (_, after) = page.split_once(&format!("<{name}>")).unwrap();
        let (text, _) = after.split_once(&format!("</{name}>")).unwrap();
        let hash = STANDARD.encode(Sha256::digest(text));
        assert!(policy.contains(&format!("{name}-src 'sha256-{hash}'")), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
}

#[test]
fn every_link_of_the_page_leads_to_one_place_on_it() {
    for results in [hostile(), failing(usize::MAX)] {
        let page = document(&results, "html");
        let tags = tags(&page);
        let ids = values(&tags, "id");
        let places: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(places.len(), ids.len(), "an id twice");
        let links = values(&tags, "href");
        assert!(links.len() > 20, "{links:?}");
        for link in links {
            assert!(link.strip_prefix('#').is_some_and(|place| places.contains(place)), "{link}");
        }
    }
}

/// A client that stores nothing, in so many scenarios.
fn failing(most: usize) -> Results {
    let all = scenarios().take(most).map(|scenario| {
        let mut transcript = scenario.simulate(1);
        if let Some(request) = transcript.tamper(&Op::Data, 0) {
            request.edit(|form| form.set("offset", "7"));
        }
        if let Some(outcome) = transcript.outcome.as_mut() {
            outcome.stored = Stored::Absent;
        }
        JudgedScenario::of(scenario.clone(), &transcript)
    });
    resolved(all.collect())
}

#[test]
fn the_page_of_a_client_that_breaks_everything_is_not_too_large() {
    let mut results = failing(usize::MAX);
    for scenario in &mut results.scenarios {
        let Some(first) = scenario.findings.first() else { continue };
        let mut evidence = first.finding.evidence.clone();
        evidence.found = "<".repeat(400);
        evidence.expected.clone_from(&evidence.found);
        let finding = first.finding.clone();
        let all =
            catalogue().map(|rule| Finding { rule, evidence: evidence.clone(), ..finding.clone() });
        let all = all.map(|finding| ResolvedFinding { finding, disposition: Disposition::Counts });
        scenario.findings = all.collect();
    }
    let page = document(&results, "html");
    assert!(page.len() <= 3 << 20, "{}", page.len());
    assert!(page.contains("This page has no room for its exchanges"));
    for result in &results.scenarios {
        assert!(
            page.contains(&format!("id=\"s/{}\"", result.judged.id())),
            "{}",
            result.judged.id()
        );
    }
    // Where less is broken there is room for all.
    assert!(!document(&failing(40), "html").contains("This page has no room"));
}

/// The section of a scenario in a page.
pub(crate) fn section_of<'a>(page: &'a str, id: &str) -> &'a str {
    let from = page.find(&format!("id=\"s/{id}\"")).expect("a section");
    let after = &page[from..];
    after.find("<details class=\"scenario").map_or(after, |end| &after[..end])
}

/// The mutant that cuts the file as it asked to, whatever the service grants.
pub(crate) fn stubborn() -> Results {
    let mutant =
        mutants().find(|mutant| mutant.id == "cutting/asked-slice-size").expect("a mutant");
    let topic = scenarios().filter(|scenario| scenario.id.starts_with("server-choice/"));
    let play = |scenario: &Arc<Scenario>| {
        let transcript = Simulation::new(scenario, 1).play(&mutant.policy);
        JudgedScenario::of(scenario.clone(), &transcript)
    };
    resolved(topic.map(play).collect())
}

pub(crate) fn resolved(all: Vec<JudgedScenario>) -> Results {
    // Where rules are chosen, nobody looks which mutant the client resembles, which takes long.
    let rules = catalogue().map(|rule| rule.id).collect();
    let terms = Terms { rules: Some(rules), ..Terms::default() };
    Results::resolve(Run::default(), terms, RunEnd::Complete, all, NonZeroUsize::MIN)
}

#[test]
fn every_finding_has_its_exchange_and_its_bytes_in_html_and_json() {
    let results = stubborn();
    let page = document(&results, "html");
    let report: Value = serde_json::from_str(&document(&results, "json")).unwrap();
    let (mut later, mut with_bytes) = (0, 0);
    for (number, result) in results.scenarios.iter().enumerate() {
        let id = result.judged.id();
        let section = section_of(&page, id);
        let mut rules = BTreeSet::new();
        let mut spans = 0;
        for (place, found) in result.findings.iter().enumerate() {
            let Finding { rule, exchange, evidence, .. } = &found.finding;
            let Some(exchange) = exchange else { continue };
            let wire = format!("<details class=\"wire\" id=\"s/{id}/{}\">", exchange + 1);
            assert!(section.contains(&wire), "{}: {wire} {section}", rule.id);
            let bytes = &report["scenarios"][number]["findings"][place]["bytes"];
            assert_eq!(bytes["hex"].is_string(), evidence.span.is_some(), "{id} {}", rule.id);
            let has_bytes = usize::from(evidence.span.is_some());
            spans += has_bytes;
            later += if rules.insert(rule.id) { 0 } else { has_bytes };
        }
        assert_eq!(section.matches("class=\"hex\"").count(), spans, "{id}: {section}");
        assert!(spans == 0 || section.contains("<mark>"), "{id}: {section}");
        with_bytes += spans;
    }
    assert!(later > 0 && with_bytes > 0, "{later} {with_bytes}");
}

#[test]
fn a_scenario_that_passes_shows_what_happened_in_it() {
    let id = "faults/slice-503-once";
    let scenario = scenarios().find(|scenario| scenario.id == id).unwrap();
    let judged = JudgedScenario::of(scenario.clone(), &scenario.simulate(1));
    let (run, terms) = (Run::default(), Terms::default());
    let results = Results::resolve(run, terms, RunEnd::Complete, vec![judged], NonZeroUsize::MIN);
    assert!(results.scenarios[0].findings.is_empty());
    let page = document(&results, "html");
    let section = section_of(&page, id);
    for shown in [
        "class=\"ladder\"",
        "class=\"file\"",
        "class=\"wire\"",
        "HTTP/1.1 503",
        "upload_slice_data",
    ] {
        assert!(section.contains(shown), "{shown}: {section}");
    }
    // All that there were are shown.
    assert!(!section.contains("of which"), "{section}");
}
