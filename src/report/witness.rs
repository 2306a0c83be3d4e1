//! One failing exchange as a script in Python that shows and repeats it without this program.
//!
//! Whatever comes from the client stands in it as base64 or as escaped comments. What follows from something else
//! does not: the file from its seed, and the bytes of the file in the request from the file.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

use super::View;
use super::saved::mask::Mask;
use super::text::safe_text;
use crate::protocol::{BodyFraming, Delivery, Exchange, FileView, ObjectPath, Request};
use crate::results::{JudgedScenario, Played, Run};
use crate::rules::{Finding, Span, SpanOf};

mod command;
mod packed;

use command::curl;
use packed::{FileData, Packed, Packing};

/// The script without its data.
const TEMPLATE: &str = include_str!("witness/template.py");
/// Where the data stand in it.
const PLACE: &str = "@DATA@";
/// How many characters of base64 a line has.
const LINE: usize = 100;
/// A larger file is left out, and so is a larger request: nobody can attach them to a report. In bytes.
const MOST_BYTES: usize = 8 << 20;
/// A larger file is not made by a script: that of so many bytes takes some seconds each time.
const MOST_MADE: usize = 32 << 20;

/// What a script shows.
pub struct Witness<'a> {
    /// The run that it is of.
    pub run: &'a Run,
    /// What was played.
    pub played: &'a Played,
    /// What was found in it.
    pub judged: &'a JudgedScenario,
    /// The replies, each as its bytes went over the wire.
    pub replies: Vec<Vec<u8>>,
}

#[derive(Serialize)]
struct Data {
    job: JobData,
    replies: Vec<ReplyData>,
    findings: Vec<FindingData>,
    /// The number of the exchange that is shown, counted from 0.
    failing: usize,
    request: Option<Packed>,
    /// Where the finding is in the request.
    span: Option<(usize, usize)>,
    body: Option<BodyData>,
    curl: Option<Vec<String>>,
    /// Why there is no request, or none that curl could send.
    no_curl: String,
}

#[derive(Serialize)]
struct JobData {
    appid: String,
    bucket: String,
    key: String,
    slice_size: u64,
    length: u64,
    file: Option<FileData>,
    /// Where in the file the bytes of `file` are, run by run, and how many: all others are zeros.
    runs: Vec<(u64, usize)>,
}

#[derive(Serialize)]
struct ReplyData {
    bytes: String,
    delivery: String,
    end: &'static str,
    early: bool,
    #[serde(rename = "continue")]
    says_continue: bool,
    pieces: usize,
    /// In seconds.
    wait: f64,
}

#[derive(Serialize)]
struct FindingData {
    rule: &'static str,
    level: &'static str,
    summary: &'static str,
    exchange: Option<usize>,
    at: String,
    expected: String,
    found: String,
}

/// The body of the request.
#[derive(Serialize)]
#[serde(untagged)]
enum BodyData {
    /// The bytes of the request from here on.
    From(usize),
    /// What its chunks have in them.
    Decoded(Packed),
}

impl Witness<'_> {
    /// Writes the script; says whether there was a finding to show, of a rule that is chosen. `compress` is
    /// zlib's.
    pub fn write(
        &self,
        is_chosen: impl Fn(&str) -> bool,
        view: View,
        compress: impl Fn(&[u8]) -> Vec<u8>,
        out: &mut dyn io::Write,
    ) -> io::Result<bool> {
        let mut findings = self.judged.findings();
        findings.retain(|finding| is_chosen(finding.rule.id));
        let Some(first) = findings.first() else { return Ok(false) };
        let transcript = &self.played.transcript;
        let mask = Mask::new(&transcript.job, view);
        let text = |text: &str| safe_text(&String::from_utf8_lossy(&mask.bytes(text.as_bytes())));
        let last = transcript.exchanges.len().saturating_sub(1);
        let failing = first.exchange.unwrap_or(last);
        let exchange = transcript.exchanges.get(failing);
        let shown = exchange.filter(|of| of.request.raw_length() <= MOST_BYTES);
        // What is masked is masked everywhere: everything below is taken from these bytes.
        let request = shown.map(|Exchange { request, .. }| {
            Request::new(mask.request(request, 0..request.raw_length()).into())
        });
        let command = match (&request, exchange) {
            (Some(request), _) => curl(request),
            (None, Some(_)) => Err("the request is too large for this script"),
            (None, None) => Err("the client sent none"),
        };
        let span = first.evidence.span.as_ref().filter(|_| first.exchange.is_some());
        let content = self.content();
        let packing = Packing::new(content.as_deref().unwrap_or_default());
        let data = Data {
            job: self.job(content.as_ref(), text),
            replies: self.replies(&mask),
            findings: findings.iter().map(|finding| finding_data(finding, text)).collect(),
            failing,
            span: request.as_ref().zip(span).and_then(|(request, span)| place(request, span)),
            body: request.as_ref().and_then(|request| body(request, &packing)),
            request: request.map(|request| packing.pack(&request.raw())),
            no_curl: command.as_ref().err().copied().unwrap_or_default().to_owned(),
            curl: command.ok(),
        };
        let heading = self.heading(first, text);
        let packed = STANDARD.encode(compress(&serde_json::to_vec(&data)?));
        let mut lines = Vec::with_capacity(packed.len() + packed.len() / LINE);
        for line in packed.as_bytes().chunks(LINE) {
            lines.extend_from_slice(line);
            lines.push(b'\n');
        }
        let (before, after) = TEMPLATE.split_once(PLACE).unwrap_or((TEMPLATE, ""));
        // Where Python looks for the encoding, nothing foreign stands.
        let (own, before) = before.split_once("\n\"\"\"").unwrap_or(("", before));
        write!(out, "{own}\n{heading}\"\"\"{before}")?;
        out.write_all(lines.trim_ascii_end())?;
        out.write_all(after.as_bytes())?;
        Ok(true)
    }

    /// What a reader sees before anything is run.
    fn heading(&self, first: &Finding, text: impl Fn(&str) -> String) -> String {
        let place = match first.exchange {
            Some(number) => format!("request {}", number.saturating_add(1)),
            None => "how the upload ended".to_owned(),
        };
        let title = self.run.title();
        // Where the client is on this machine is nobody's business.
        let title = text(title.rsplit('/').next().unwrap_or_default());
        let replay = text(&self.run.replay(self.judged.id()).join(" "));
        // Who reads this has another command for it.
        let client = if self.run.command.is_empty() { "" } else { " -- COMMAND" };
        let (at, expected) = (text(&first.evidence.at), text(&first.evidence.expected));
        [
            format!("{} ({}): {}", first.rule.id, first.rule.level().as_str(), first.rule.summary),
            format!("client    {title}"),
            format!("in        {place}: {at}"),
            format!("expected  {expected}"),
            format!("found     {}", text(&first.evidence.found)),
            format!("slicecheck run {replay}{client}"),
        ]
        .iter()
        .fold(String::new(), |all, line| format!("{all}# {line}\n"))
    }

    fn job(&self, content: Option<&Bytes>, text: impl Fn(&str) -> String) -> JobData {
        let job = &self.played.transcript.job;
        let path = job.path.as_ref();
        let of_path =
            |part: fn(&ObjectPath) -> &str| path.map_or(String::new(), |it| text(part(it)));
        let file_data = |content: &Bytes| FileData::of(content, self.noise(content.len()));
        let runs = job.file.iter().flat_map(FileView::runs);
        JobData {
            appid: of_path(|path| &path.appid),
            bucket: of_path(|path| &path.bucket),
            key: of_path(|path| &path.key),
            slice_size: job.slice_size.unwrap_or(0),
            length: job.file.as_ref().map_or(0, FileView::len),
            file: content.map(file_data),
            runs: runs.map(|(offset, run)| (offset, run.len())).collect(),
        }
    }

    /// The bytes of the file that are not left out as zeros, one run after the other, unless they are more than a
    /// script can hold and than one can make.
    fn content(&self) -> Option<Bytes> {
        let file = self.played.transcript.job.file.as_ref()?;
        let length = file.runs().fold(0_usize, |sum, (_, run)| sum.saturating_add(run.len()));
        if length > MOST_MADE {
            return None;
        }
        let mut runs = file.runs().map(|(_, run)| run);
        // The only run is shared, and not copied: it may have 32 MiB.
        let content = match (runs.next(), runs.next()) {
            (Some(only), None) => only.clone(),
            _ => file.runs().flat_map(|(_, run)| run).copied().collect(),
        };
        (length <= MOST_BYTES || content == self.noise(length).1).then_some(content)
    }

    /// What the generator makes of which the file is, and its state before that.
    fn noise(&self, length: usize) -> (u64, Bytes) {
        self.played.scenario.noise(self.run.seed, length)
    }

    fn replies(&self, mask: &Mask) -> Vec<ReplyData> {
        let exchanges = self.played.transcript.exchanges.iter().zip(&self.replies);
        let reply = |(exchange, sent): (&Exchange, &Vec<u8>)| ReplyData {
            bytes: STANDARD.encode(mask.bytes(sent)),
            delivery: exchange.delivery.to_string(),
            end: end(exchange),
            early: exchange.delivery.is_early(),
            says_continue: exchange.delivery != Delivery::ContinueNever,
            pieces: match exchange.delivery {
                Delivery::Dribbled | Delivery::Segmented => 16,
                _ => 1,
            },
            wait: match exchange.delivery {
                Delivery::Held => 0.5,
                Delivery::HeldUntilFinish => 2.0,
                _ => 0.0,
            },
        };
        exchanges.map(reply).collect()
    }
}

/// What becomes of the connection.
fn end(exchange: &Exchange) -> &'static str {
    match exchange.delivery {
        Delivery::Unanswered => "no reply",
        Delivery::Reset
        | Delivery::ResetWithin(_)
        | Delivery::ResetAfter
        | Delivery::EarlyReset => "reset",
        Delivery::Truncated(_)
        | Delivery::CutHead(_)
        | Delivery::ClosedAfter
        | Delivery::Overstated(_)
        | Delivery::Understated(_)
        | Delivery::WithoutLastChunk
        | Delivery::UntilClose
        | Delivery::EarlyClosed => "closed",
        Delivery::Literal if !exchange.response.is_well_framed() => "closed",
        Delivery::Head(form) if form.ends_connection() => "closed",
        _ => {
            let head = exchange.response.head();
            let is_endless =
                head.get("content-length").is_none() && exchange.response.status() != 204;
            if is_endless || head.has_token("connection", "close") {
                "closed"
            } else {
                "stays open"
            }
        }
    }
}

fn finding_data(finding: &Finding, text: impl Fn(&str) -> String) -> FindingData {
    FindingData {
        rule: finding.rule.id,
        level: finding.rule.level().as_str(),
        summary: finding.rule.summary,
        exchange: finding.exchange,
        at: text(&finding.evidence.at),
        expected: text(&finding.evidence.expected),
        found: text(&finding.evidence.found),
    }
}

fn body(request: &Request, packing: &Packing) -> Option<BodyData> {
    match request.framing() {
        BodyFraming::None => None,
        _ if is_in_chunks(request) => Some(BodyData::Decoded(packing.pack(&request.body()))),
        _ => Some(BodyData::From(request.head().end)),
    }
}

fn is_in_chunks(request: &Request) -> bool {
    matches!(request.framing(), BodyFraming::Chunked { .. } | BodyFraming::BrokenChunks(_))
}

/// A place in the bytes of the request; `None` if its body is in chunks.
fn place(request: &Request, span: &Span) -> Option<(usize, usize)> {
    let from = match span.of {
        SpanOf::Raw => 0,
        SpanOf::Body if *request.framing() == BodyFraming::None || is_in_chunks(request) => {
            return None;
        }
        SpanOf::Body => request.head().end,
    };
    Some((from.checked_add(span.range.start)?, from.checked_add(span.range.end)?))
}
