//! Headers that the service compares with what it knows.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::upload_call;
use crate::protocol::{ObjectPath, Request, md5_hex};
use crate::rules::counterexample::{Counterexample, Edit, INIT};
use crate::rules::{Check, Evidence, Rule, Span, Verdict, quote};
use crate::spec;

pub(in crate::rules) const RULES: &[Rule] = &[HOST_OF_SERVICE, CONTENT_MD5];

const HOST_OF_SERVICE: Rule = Rule {
    id: "request/host-of-service",
    clause: &spec::HOST_OF_SERVICE,
    summary: "Host names the service",
    why: "The service answers -29015 to a request for another host, or another service answers it.",
    fix: "Derive Host from the endpoint that was given or from the region, such as \
          gz.file.myqcloud.com; hosts with the bucket in their name belong to downloads and to the \
          XML API.",
    check: Check::Request(|annotated| {
        let field = upload_call(annotated)?.request.head().all("host").next()?;
        let host = host_of(&field.value);
        let path = annotated.job.path.as_ref();
        let is_upload_host = is_of_service(host) && !is_of_downloads(host, path);
        Verdict::of(is_upload_host || is_here(host), || {
            let expected =
                "<region>.file.myqcloud.com, web.file.myqcloud.com, or the address that was given";
            let found = quote(field.value.as_bytes());
            let span = Span::raw(field.value_span.clone());
            Evidence::at("Host").expected(expected).found(found).span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::HeaderLine("Host", Some("Host: newbucket-1251668577.cos.ap-guangzhou.myqcloud.com")),
    ),
};

const CONTENT_MD5: Rule = Rule {
    id: "request/content-md5",
    clause: &spec::CONTENT_MD5,
    summary: "Content-MD5, if sent, is the MD5 of the body",
    why: "The service refuses the request with -5961.",
    fix: "Leave Content-MD5 out, or take the MD5 of the whole encoded form, not of the slice, and \
          write the base64 of its 16 bytes, not of hex digits.",
    check: Check::Request(|annotated| {
        let request = &upload_call(annotated)?.request;
        let field = request.head().all("content-md5").next()?;
        let digits = md5_hex(&request.body());
        let expected = base64_of_hex(&digits)?;
        Verdict::of(field.value == expected, || {
            let found = quote(field.value.as_bytes());
            let found = match other_md5(request, &field.value, &digits) {
                Some(what) => format!("{found}: {what}"),
                None => found,
            };
            let span = Span::raw(field.value_span.clone());
            Evidence::at("Content-MD5")
                .expected(format!("\"{expected}\", the base64 of the MD5 of the body"))
                .found(found)
                .span(span)
        })
    }),
    counterexample: Counterexample::edited(
        INIT,
        Edit::Head("Host:", "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\nHost:"),
    ),
};

/// A host without its port.
fn host_of(value: &str) -> &str {
    match value.strip_prefix('[') {
        // An IPv6 address has colons of its own, and stands in brackets (RFC 3986 §3.2.2).
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => value.rsplit_once(':').map_or(value, |(host, _)| host),
    }
}

/// The documented hosts [SEED L14, L97].
fn is_of_service(host: &str) -> bool {
    // A name may end in the dot of the root, and has no case (RFC 3986 §3.2.2).
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "file.myqcloud.com" || host.ends_with(".file.myqcloud.com")
}

/// The host that an object is downloaded from: its bucket and appid are in the name [SEED L97].
fn is_of_downloads(host: &str, path: Option<&ObjectPath>) -> bool {
    let Some(ObjectPath { appid, bucket, .. }) = path else { return false };
    let first = host.split('.').next().unwrap_or_default();
    first.eq_ignore_ascii_case(&format!("{bucket}-{appid}"))
}

/// An address, a name without a dot, or one of those that are set aside for machines close by (RFC 6761,
/// RFC 6762): what a client is told that is tested.
fn is_here(host: &str) -> bool {
    const CLOSE_BY: [&str; 4] = ["localhost", "local", "test", "internal"];
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = !host.is_empty() && (!host.contains('.') || CLOSE_BY.contains(&last));
    is_name || host.parse::<IpAddr>().is_ok()
}

fn base64_of_hex(digits: &str) -> Option<String> {
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at.checked_add(2)?)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    Some(STANDARD.encode(bytes?))
}

/// What else the value is the MD5 of, or in what other form it is written.
fn other_md5(request: &Request, value: &str, digits: &str) -> Option<&'static str> {
    if value.eq_ignore_ascii_case(digits) {
        return Some("this is the MD5 in hex digits");
    }
    if value == STANDARD.encode(digits) {
        return Some("this is the base64 of the hex digits, not of the 16 bytes");
    }
    let content = base64_of_hex(request.content_md5()?)?;
    // In either form: base64, as the header has it, or hex digits, as datamd5 has them.
    (value == content || Some(value) == request.content_md5())
        .then_some("this is the MD5 of the slice, not of the body that it is sent in")
}
