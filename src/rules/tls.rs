use super::{Analysis, Check, Evidence, Rule, Verdict};
use crate::protocol::{FailedConnection, Outcome};
use crate::rules::counterexample::{Breaks, Counterexample};
use crate::spec;

pub(super) const RULES: &[Rule] = &[CERTIFICATE_VERIFIED];

const CERTIFICATE_VERIFIED: Rule = Rule {
    id: "tls/certificate-verified",
    clause: &spec::CERTIFICATE_VERIFIED,
    summary: "nothing is sent to a service whose certificate is signed by an unknown CA",
    why: "Anybody on the way can read the file, and the signature that allows to overwrite it.",
    fix: "Remove the option that turns certificate checks off, such as verify=False, \
          InsecureSkipVerify or a trust manager that accepts all, and end with an error when the \
          handshake fails.",
    check: Check::Outcome(certificate_verified),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        transcript.job.unknown_ca = true;
        Some(())
    })),
};

fn certificate_verified(analysis: &Analysis, outcome: &Outcome) -> Option<Verdict> {
    let first = analysis.exchanges().first();
    let was_refused = outcome.failed_connections.contains(&FailedConnection::CertificateRefused);
    // Who never connected has not looked at the certificate.
    if !analysis.job().unknown_ca || (first.is_none() && !was_refused) {
        return None;
    }
    Verdict::broken_by(first, |first| {
        Evidence::at("certificate")
            .expected("the connection is given up: no CA that the client trusts has signed it")
            .found("requests were sent")
            .related(first.number, "was the first")
    })
}
