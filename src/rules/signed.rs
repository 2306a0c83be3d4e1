//! A request's signature as the rules see it, verified once for all of them.

use super::{AnnotatedExchange, Evidence, Span, Verdict};
use crate::protocol::{
    Credentials, MacMistake, Signature, SignatureFault, SignatureFaultKind as Fault, Uses,
    Verification,
};

/// A request's readable signature, and what is wrong with it.
pub(super) struct Signed {
    pub(super) signature: Signature,
    pub(super) faults: Vec<SignatureFault>,
    span: Option<Span>,
}

impl Signed {
    /// That of an upload's request.
    pub(super) fn of(annotated: &AnnotatedExchange) -> Option<&Self> {
        annotated.of_upload()?;
        annotated.signed.get_or_init(|| Self::read(annotated, Uses::Many)).as_ref()
    }

    pub(super) fn read(annotated: &AnnotatedExchange, uses: Uses) -> Option<Self> {
        let (text, span) = annotated.request.signature_text()?;
        let signature = Signature::read(&text).ok()?;
        // What can only be told with them is not asked for where they are not known.
        let unknown = Credentials { secret_id: String::new(), secret_key: String::new() };
        let verification = Verification {
            credentials: annotated.job.credentials.as_ref().unwrap_or(&unknown),
            path: annotated.request.object_path().ok(),
            uses,
            clock: annotated.exchange.clock,
        };
        let faults = verification.faults(&text);
        Some(Self { signature, faults, span: span.map(Span::raw) })
    }

    /// If begin and end are there.
    pub(super) fn with_times(&self) -> Option<&Self> {
        self.signature.field("e").and(self.signature.field("t")).is_some().then_some(self)
    }

    /// If it begins, and ends later.
    pub(super) fn with_validity(&self) -> Option<&Self> {
        let never = self.faults.iter().any(|fault| is_no_validity(&fault.kind));
        self.with_times().filter(|_| !never)
    }

    /// Whether there is no such fault; none if the field is not there.
    pub(super) fn verdict(&self, at: &str, is: fn(&Fault) -> bool) -> Option<Verdict> {
        if Signature::FIELDS.contains(&at) {
            // A field that is missing breaks `auth/fields`, and no rule about its value.
            self.signature.field(at)?;
        }
        let fault = self.faults.iter().find(|fault| is(&fault.kind));
        let Some(fault) = fault else { return Some(Verdict::Holds) };
        Verdict::of(false, || self.evidence(at, fault.expected.clone(), fault.found.clone()))
    }

    /// What was done to the MAC, if that is known: one of another length moves the beginning of the string
    /// to sign.
    pub(super) fn mac_mistake(&self) -> Option<&'static str> {
        self.faults.iter().find_map(|fault| match &fault.kind {
            Fault::Mac(mistake) => mistake.map(MacMistake::describe),
            _ => None,
        })
    }

    pub(super) fn evidence(
        &self,
        at: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Evidence {
        Evidence::at(at).expected(expected).found(found).span(self.span.clone())
    }
}

/// Faults with which a signature is valid at no time.
pub(super) fn is_no_validity(kind: &Fault) -> bool {
    matches!(kind, Fault::Seconds | Fault::NoEnd | Fault::NeverValid)
}
