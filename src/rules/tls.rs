use super::{Analysis, Check, Evidence, Rule, Verdict};
use crate::protocol::{Certificate, FailedConnection, Outcome};
use crate::rules::counterexample::{Breaks, Counterexample};
use crate::spec;

pub(super) const RULES: &[Rule] = &[CERTIFICATE_VERIFIED];

const CERTIFICATE_VERIFIED: Rule = Rule {
    id: "tls/certificate-verified",
    clause: &spec::CERTIFICATE_VERIFIED,
    summary: "nothing is sent to a service whose certificate is not to be trusted",
    why: "Anybody on the way can read the file, and the signature that allows to overwrite it.",
    fix: "Remove the option that turns certificate checks off, such as verify=False, \
          InsecureSkipVerify or a trust manager that accepts all, and end with an error when the \
          handshake fails.",
    check: Check::Outcome(certificate_verified),
    counterexample: Counterexample::plain(Breaks::Conversation(|transcript| {
        transcript.job.certificate = Certificate::UnknownCa;
        Some(())
    })),
};

fn certificate_verified(analysis: &Analysis, outcome: &Outcome) -> Option<Verdict> {
    let first = analysis.exchanges().first();
    let was_refused = outcome.failed_connections.contains(&FailedConnection::CertificateRefused);
    let expected = match analysis.job().certificate {
        Certificate::Valid => return None,
        Certificate::UnknownCa => "no CA that the client trusts has signed it",
        Certificate::OtherHost => "it does not name the host that was asked for",
        Certificate::Expired => "its time was over a month ago",
    };
    // Who never connected has not looked at the certificate.
    if first.is_none() && !was_refused {
        return None;
    }
    // A certificate that is refused is no reason to go without one.
    if first.is_none() && outcome.failed_connections.contains(&FailedConnection::PlainUnexpected) {
        let evidence = Evidence::at("connection")
            .expected(format!("the connection is given up: {expected}"))
            .found("the certificate was refused, and plain HTTP was sent as well");
        return Some(Verdict::Broken(evidence));
    }
    Verdict::broken_by(first, |first| {
        Evidence::at("certificate")
            .expected(format!("the connection is given up: {expected}"))
            .found("requests were sent")
            .related(first.number, "was the first")
    })
}
