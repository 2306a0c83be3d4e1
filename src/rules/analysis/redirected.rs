//! Requests that follow a redirect and have lost their bodies: many libraries make a GET of a POST then (RFC 9110
//! §15.4), or send it again without what has been read already.

use std::collections::BTreeMap;

use super::AnnotatedExchange;
use crate::rules::{Rule, Verdict};

/// The redirect that each of these requests follows, by the numbers of both.
pub(super) struct Redirected<'a>(BTreeMap<usize, &'a AnnotatedExchange>);

impl<'a> Redirected<'a> {
    pub(super) fn of(exchanges: &'a [AnnotatedExchange]) -> Self {
        // By where they lead to: the last redirect that nobody has followed.
        let mut open: BTreeMap<&str, &AnnotatedExchange> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for annotated in exchanges {
            let request = &annotated.request;
            if request.body_length() == 0
                && let Some(redirect) = open.get(request.path())
                && redirect.exchange.answered <= annotated.exchange.started
            {
                found.insert(annotated.number, *redirect);
                open.remove(request.path());
            }
            if let Some(target) = target(annotated).filter(|_| request.body_length() > 0) {
                open.insert(target, annotated);
            }
        }
        Self(found)
    }

    /// Names the redirect where a rule about the request alone was broken by what followed it.
    pub(super) fn name(&self, rule: &Rule, verdicts: &mut [(Option<usize>, Verdict)]) {
        if self.0.is_empty() || !["form", "request"].contains(&rule.topic()) {
            return;
        }
        for (place, verdict) in verdicts {
            let redirect = place.and_then(|number| self.0.get(&number));
            if let (Verdict::Broken(evidence), Some(redirect)) = (verdict, redirect) {
                let status = redirect.exchange.response.status();
                let what = format!(
                    "answered with HTTP {status} and a Location: the request that followed it there has \
                     lost its body"
                );
                *evidence = std::mem::take(evidence).related(redirect.number, what);
            }
        }
    }
}

/// The path to which the reply redirects.
fn target(annotated: &AnnotatedExchange) -> Option<&str> {
    let response = &annotated.exchange.response;
    if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.head().get("location")?;
    let address = location.split(['?', '#']).next().unwrap_or_default();
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => address,
    };
    // What names no path leads to where the request was (RFC 3986 §5.2.2).
    Some(if path.is_empty() { annotated.request.path() } else { path })
}
