//! What is judged where a client got literal bytes for a reply.

use slicecheck::protocol::{Claim, Op, Request, Stored, Transcript};
use slicecheck::rules::{findings, judge};
use slicecheck::scenario::Scenario;

/// The reference client, whose finish is answered with this, each time.
fn transcript(reply: &str) -> Transcript {
    let text = format!(
        "id = \"mine/literal\"\nkey = \"/a.bin\"\n[file]\nsize = 3000\n[[behaviour.faults]]\n\
         trigger = \"finish\"\nrepeats = true\nreactions = [{{ stored = \"nothing\", replied = {{ {reply} }} }}]\n"
    );
    let transcript = Scenario::from_toml(&text).unwrap().simulate(1);
    assert!(transcript.is_exercised());
    transcript
}

fn broken(transcript: &Transcript) -> Vec<&'static str> {
    findings(&judge(transcript)).map(|finding| finding.rule.id).collect()
}

fn ended(reply: &str, claim: Claim) -> Vec<&'static str> {
    let mut transcript = transcript(reply);
    let outcome = transcript.outcome.as_mut().unwrap();
    (outcome.claim, outcome.stored) = (claim, Stored::Absent);
    // What would be a finding of many rules.
    let init = transcript.tamper(&Op::Init, 0).unwrap();
    *init = Request::write("PUT", "/nowhere", &[], b"");
    broken(&transcript)
}

const REFUSED: &str = "literal_body = '{\"code\":-5997,\"message\":\"busy\"}'";
const ARGUABLE: &str = "literal_body = '{\"code\":-5997,\"code\":0}'";
const NO_HTTP: &str = "literal_response = \"HTTP/1.1 200 OK\\nContent-Length: 1\\n\\n1\"";

#[test]
fn the_reference_client_is_accused_of_no_literal_reply() {
    for reply in [REFUSED, ARGUABLE, NO_HTTP, "literal_body = { base64 = \"/w==\" }"] {
        assert_eq!(broken(&transcript(reply)), [""; 0], "{reply}");
    }
}

#[test]
fn whatever_a_reply_is_a_client_does_not_crash_or_hang() {
    for reply in [REFUSED, ARGUABLE, NO_HTTP] {
        assert_eq!(ended(reply, Claim::Crashed), ["outcome/no-crash"], "{reply}");
        assert_eq!(ended(reply, Claim::Failed), [""; 0], "{reply}");
    }
}

#[test]
fn only_what_nobody_takes_for_a_success_makes_a_false_one() {
    assert_eq!(ended(REFUSED, Claim::Ok), ["outcome/truthful"]);
    assert_eq!(ended(ARGUABLE, Claim::Ok), [""; 0]);
    assert_eq!(ended(NO_HTTP, Claim::Ok), [""; 0]);
}

#[test]
fn a_literal_reply_that_cannot_be_played_is_refused() {
    let error = |reply: &str| {
        let text = format!(
            "id = \"a/b\"\nkey = \"/a\"\n[file]\nsize = 1\n[[behaviour.faults]]\ntrigger = \"finish\"\n\
             reactions = [{{ {reply} }}]\n"
        );
        Scenario::from_toml(&text).unwrap_err().message
    };
    let base64 = error("replied = { literal_body = { base64 = \"?\" } }");
    assert_eq!(base64, "expected base64, with padding");
    let delivered = error("replied = { literal_body = \"\" }, delivered = \"reset\"");
    assert!(delivered.starts_with("expected no other delivery"), "{delivered}");
    assert_eq!(error("delivered = \"literal\""), "expected a reply whose bytes are written down");
}
