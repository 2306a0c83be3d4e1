//! Keys and signatures in what is saved.

use std::ops::Range;

use crate::protocol::{JobFacts, Outcome, Request};
use crate::report::View;
use crate::report::secrets::Secrets;
use crate::results::signatures;

/// What overwrites them, byte for byte, unless they are to be seen.
pub(in crate::report) struct Mask {
    /// Nothing if they are to be seen.
    secrets: Option<Secrets>,
}

impl Mask {
    /// Of a job. What is masked already stays as it is.
    pub(in crate::report) fn new(job: &JobFacts, view: View) -> Self {
        let hides = job.secrets_masked || !view.show_secrets;
        Self { secrets: hides.then(|| Secrets::of_job(job)) }
    }

    pub(super) fn hides(&self) -> bool {
        self.secrets.is_some()
    }

    pub(in crate::report) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut masked = bytes.to_vec();
        if let Some(secrets) = &self.secrets {
            secrets.mask_bytes(&mut masked);
        }
        masked
    }

    /// A range of a request's bytes.
    pub(in crate::report) fn request(&self, request: &Request, range: Range<usize>) -> Vec<u8> {
        let raw = request.raw();
        let mut masked = self.bytes(raw.get(range.clone()).unwrap_or_default());
        if self.hides() {
            // Signatures are found in the whole request, of which this is a part.
            let here = |place: usize| place.saturating_sub(range.start).min(masked.len());
            let spans =
                signatures(request).into_iter().map(|span| here(span.start)..here(span.end));
            for span in spans.collect::<Vec<_>>() {
                masked[span].fill(b'*');
            }
        }
        masked
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> Outcome {
        let detail = self.bytes(outcome.detail.as_bytes());
        Outcome { detail: String::from_utf8_lossy(&detail).into_owned(), ..outcome }
    }
}
