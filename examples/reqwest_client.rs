//! A client over reqwest's multipart forms, judged in the same process.
//!
//! ```sh
//! cargo run --example reqwest_client
//! ```
//!
//! [`upload`] is all that the suite needs to know of it. Each thing in it that looks like too much care is
//! asked for by a scenario: replies that are no JSON or end in the middle, that acknowledge another slice;
//! an upload that somebody else has begun.
#![expect(clippy::print_stdout, reason = "the report is what it is run for")]

use std::collections::HashSet;
use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha1::Sha1;
use slicecheck::harness::{Job, check};
use slicecheck::protocol::UploadPart;
use slicecheck::results::RunVerdict;

const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(20);

/// All but what a path may contain as it is, and the slashes between its segments.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The code that says that somebody has begun an upload to this place.
const UNFINISHED: i64 = -4019;

/// Codes of the error table that ask to come again, or that are transient by nature.
const TRANSIENT: [i64; 7] = [-71, -195, -196, -5997, -20_034, -21_095, -29_302];

#[tokio::main]
async fn main() -> ExitCode {
    let checked = check(upload).all_scenarios().await;
    println!("{checked}");
    if checked.verdict() == RunVerdict::Conforms { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Uploads the file of a job.
pub(crate) async fn upload(job: Job) -> Result<(), Error> {
    let transport = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
    let transport = transport.map_err(|error| Error::Refused(0, error.to_string()))?;
    let key = utf8_percent_encode(&job.key, ESCAPED);
    let url = format!("{}/files/v2/{}/{}{key}", job.endpoint, job.appid, job.bucket);
    let content = job.file.whole().filter(|_| job.wishes.sha);
    let sha = content.map(|content| hex(&Sha1::digest(&content)));
    Upload { job, transport, url, sha }.run().await
}

/// Why a request, and in the end an upload, did not succeed.
#[derive(Debug)]
pub(crate) enum Error {
    /// The service said no, with this code, and will say so again.
    Refused(i64, String),
    /// No usable answer came; the next attempt may bring one.
    Lost(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code, detail) => write!(formatter, "code {code}: {detail}"),
            Self::Lost(detail) => formatter.write_str(detail),
        }
    }
}

/// One file on its way.
struct Upload {
    job: Job,
    transport: reqwest::Client,
    url: String,
    /// The digest of the file, if it is asked for: all requests have it then.
    sha: Option<String>,
}

impl Upload {
    async fn run(&self) -> Result<(), Error> {
        let granted = self.begin().await?;
        let Some(session) = session(&granted) else {
            return Ok(()); // an address instead of a session: the object is there already
        };
        // The service's choice, whatever was asked for. Without one it is not for us to guess.
        let step = count(&granted["slice_size"]).filter(|step| *step > 0);
        let step = step.ok_or_else(|| Error::Refused(0, "no slice size was granted".to_owned()))?;
        let parts = granted["listparts"].as_array().into_iter().flatten();
        let held: HashSet<_> =
            parts.map(|part| (count(&part["offset"]), count(&part["datalen"]))).collect();
        let mut offset = 0;
        while offset < self.job.file.len() {
            let end = offset.saturating_add(step).min(self.job.file.len());
            if !held.contains(&(Some(offset), Some(end - offset))) {
                let content = self.job.file.bytes(offset..end).ok_or_else(too_long)?;
                persist(async || self.send(&session, offset, content.clone()).await).await?;
            }
            offset = end;
        }
        persist(async || self.finish(&session).await).await
    }

    /// Opens an upload, or takes up the one that is open.
    async fn begin(&self) -> Result<Value, Error> {
        let (size, asked) = (self.job.file.len(), self.job.slice_size);
        let init = async || {
            let form = Form::new().text("op", "upload_slice_init");
            let form = form.text("filesize", size.to_string());
            self.granted(self.with_wishes(form.text("slice_size", asked.to_string()))).await
        };
        match persist(init).await {
            Err(Error::Refused(UNFINISHED, _)) => {}
            decided => return decided,
        }
        let list = async || self.granted(Form::new().text("op", "upload_slice_list")).await;
        let granted = persist(list).await?;
        match count(&granted["filesize"]) {
            Some(other) if other != size => {
                Err(Error::Refused(UNFINISHED, format!("an upload of {other} bytes is open")))
            }
            _ => Ok(granted),
        }
    }

    /// `data` with a session or an address: a success that has neither is none.
    async fn granted(&self, form: Form) -> Result<Value, Error> {
        let data = self.call(form).await?;
        if session(&data).is_none() && !data["access_url"].is_string() {
            return Err(Error::Lost("neither a session nor an address".to_owned()));
        }
        Ok(data)
    }

    /// With the optional fields that somebody asks for.
    fn with_wishes(&self, mut form: Form) -> Form {
        let Job { wishes, file, slice_size, .. } = &self.job;
        if let Some(content) = file.whole().filter(|_| wishes.sha) {
            let size = usize::try_from(*slice_size).unwrap_or(usize::MAX);
            form = form.text("uploadparts", json!(UploadPart::all(&content, size)).to_string());
        }
        match wishes.insert_only {
            Some(keeps) => form.text("insertOnly", u8::from(keeps).to_string()),
            None => form,
        }
    }

    async fn send(&self, session: &str, offset: u64, content: Bytes) -> Result<(), Error> {
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let mut sent = json!({ "session": session, "offset": offset, "datalen": length });
        let digest = hex(&Md5::digest(&content));
        let form = Form::new().text("op", "upload_slice_data").text("session", session.to_owned());
        let content = Part::stream_with_length(content, length).file_name("slice");
        let form = form.text("offset", offset.to_string()).part("filecontent", content);
        let reply = self.call(form).await?;
        if reply.get("datamd5").is_some() {
            sent["datamd5"] = digest.into(); // replies of 2016 have none
        }
        let same = |name: &str, value: &Value| match value.as_u64() {
            Some(_) => count(&reply[name]) == value.as_u64(),
            None => reply[name] == *value,
        };
        let fields = sent.as_object().into_iter().flatten();
        match fields.into_iter().find(|(name, value)| !same(name, value)) {
            None => Ok(()),
            Some((name, value)) => {
                Err(Error::Lost(format!("{name}: sent {value}, acknowledged {}", reply[name])))
            }
        }
    }

    async fn finish(&self, session: &str) -> Result<(), Error> {
        let form = Form::new().text("op", "upload_slice_finish");
        let form = form.text("session", session.to_owned());
        let reply = self.call(form.text("filesize", self.job.file.len().to_string())).await?;
        match reply.get("access_url") {
            Some(_) => Ok(()),
            None => Err(Error::Lost("finish succeeded without an address".to_owned())),
        }
    }

    /// Posts a form and returns `data` of a reply whose code is 0.
    async fn call(&self, form: Form) -> Result<Value, Error> {
        let form = match &self.sha {
            Some(sha) => form.text("sha", sha.clone()),
            None => form,
        };
        let lost = |error: &dyn fmt::Display| Error::Lost(error.to_string());
        let request = self.transport.post(&self.url).header("Authorization", self.signature());
        let response = request.multipart(form).send().await.map_err(|error| lost(&error))?;
        let status = response.status();
        // An error has a code in its body, too.
        let body = response.bytes().await.map_err(|error| lost(&error))?;
        let reply: Value = serde_json::from_slice(&body).map_err(|error| lost(&error))?;
        match number(&reply["code"]) {
            None => Err(Error::Lost(format!("a reply without a code: {reply}"))),
            Some(code) if TRANSIENT.contains(&code) => Err(Error::Lost(reply.to_string())),
            Some(0) if status == 200 => Ok(reply["data"].clone()),
            Some(0) => Err(Error::Lost(format!("HTTP {status}"))),
            Some(code) => Err(Error::Refused(code, reply.to_string())),
        }
    }

    fn signature(&self) -> String {
        static NONCE: AtomicU32 = AtomicU32::new(1);
        let Job { appid, bucket, credentials, .. } = &self.job;
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        let clear = format!(
            "a={appid}&b={bucket}&k={}&e={}&t={now}&r={}&f=",
            credentials.secret_id,
            now + 600,
            NONCE.fetch_add(1, Ordering::Relaxed),
        );
        let mut mac = Hmac::<Sha1>::new_from_slice(credentials.secret_key.as_bytes())
            .expect("a key may have any length");
        mac.update(clear.as_bytes());
        STANDARD.encode([&mac.finalize().into_bytes()[..], clear.as_bytes()].concat())
    }
}

/// The session; some pages type it as a number.
fn session(granted: &Value) -> Option<String> {
    match &granted["session"] {
        Value::String(session) => Some(session.clone()),
        Value::Number(session) => Some(session.to_string()),
        _ => None,
    }
}

/// A number; some services spell it in a string.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn count(value: &Value) -> Option<u64> {
    number(value)?.try_into().ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(digit).collect()
}

fn digit(value: u8) -> Option<char> {
    char::from_digit(value.into(), 16)
}

fn too_long() -> Error {
    Error::Refused(0, "a slice is longer than is read at a time".to_owned())
}

/// Does what may succeed the next time up to three times.
async fn persist<T>(attempt: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(Error::Lost(_)) => tokio::time::sleep(PAUSE).await,
            decided => return decided,
        }
    }
    attempt().await
}
