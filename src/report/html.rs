//! One page that needs nothing else, and works without its script: what a client breaks, where, and how that
//! can be seen in its requests.
//!
//! Everything that comes from the client is text here, and what cannot be seen is escaped.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::secrets::Secrets;
use super::words::{count, line};
use super::{Format, View, Writer};
use crate::results::Results;

mod budget;
mod causes;
mod changes;
mod evidence;
mod exchanges;
mod file_bar;
mod filters;
mod ladder;
mod matrix;
mod overview;
mod rules;
mod scenarios;
mod timeline;

/// One page of HTML.
pub const FORMAT: Format = Format { name: "html", writer: Writer::Document(write) };

const STYLE: &str = concat!(include_str!("matrix/style.css"), include_str!("html/style.css"));
const SCRIPT: &str = include_str!("html/script.js");
/// A page has at most this many bytes.
const MOST: usize = 3 << 20;
/// More characters of a text are cut.
const TEXT: usize = 240;

/// What all sections are made of.
struct Page<'a> {
    results: &'a Results,
    view: View<'a>,
    secrets: Secrets,
}

fn write(results: &Results, view: View, out: &mut dyn io::Write) -> io::Result<()> {
    let page = Page { results, view, secrets: view.secrets(results) };
    let around = page.whole(&html! {}).into_string().len();
    let scenarios = scenarios::within(&page, MOST.saturating_sub(around));
    out.write_all(page.whole(&scenarios).into_string().as_bytes())
}

impl Page<'_> {
    fn whole(&self, scenarios: &Markup) -> Markup {
        let title = self.text(&self.results.run.title());
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { "slicecheck: " (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a class="skip" href="#scenarios" { "To the scenarios" }
                    (overview::header(self, &title))
                    main {
                        (overview::coverage(self))
                        (changes::section(self))
                        (causes::section(self))
                        (rules::section(self))
                        (matrix::section(self))
                        h2 id="scenarios" { "Scenarios" }
                        (filters::form())
                        (scenarios)
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }

    /// A foreign text in one line that can be seen, without secrets.
    fn text(&self, text: &str) -> String {
        line(text, TEXT, &self.secrets)
    }
}

/// Nothing is loaded from anywhere, and nothing runs but the script of the page.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// A name for a place on the page. Ids of the catalogue have letters, digits, slashes and hyphens; those of
/// a user's own scenario may have anything.
fn anchor(kind: &str, id: &str) -> String {
    let known = |character: char| character.is_ascii_alphanumeric() || "/-.".contains(character);
    let id: String = id.chars().map(|it| if known(it) { it } else { '_' }).collect();
    format!("{kind}/{id}")
}

/// The place of an exchange of a scenario.
fn exchange_anchor(scenario: &str, exchange: usize) -> String {
    format!("{}/{}", anchor("s", scenario), exchange.saturating_add(1))
}
