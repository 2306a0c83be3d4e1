use arbitrary::Unstructured;
use bytes::Bytes;

use super::counterexamples::CONVERSATIONS;
use crate::protocol::{Request, Response, Transcript};
use crate::rules::{Finding, findings, judge as judge_all};

/// One conversation in this many is read and judged a second time.
const AGAIN: u8 = 4;

/// The bytes choose a scenario, one of its counterexamples or none, and what else is changed: bytes of
/// requests and responses, and which exchanges there are.
///
/// Whatever a client sends and hears, judging ends, and points into the requests; of some
/// conversations, that judging what was read again gives the same.
pub fn judge(input: &[u8]) {
    let _ = play(&mut Unstructured::new(input));
}

fn play(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let conversation = bytes.choose(&CONVERSATIONS)?;
    let again = bytes.ratio(1, AGAIN)?;
    let mut transcript = conversation.conforming.clone();
    if bytes.arbitrary()? {
        let broken = bytes.choose(&conversation.counterexamples)?;
        // One that cannot be applied may have begun to.
        let _ = broken.rule.counterexample.apply(&mut transcript);
    }
    for _ in 0..bytes.int_in_range(1..=3)? {
        change(&mut transcript, bytes)?;
    }
    let rulings = judge_all(&transcript);
    for finding in findings(&rulings) {
        is_in_its_request(finding, &transcript);
    }
    if again {
        let second = judge_all(&read_again(&transcript));
        let text = |finding: &Finding| {
            let Finding { rule, exchange, evidence, times } = finding;
            format!("{} {exchange:?} {evidence:?} {times}", rule.id)
        };
        let first: Vec<_> = findings(&rulings).map(text).collect();
        let second: Vec<_> = findings(&second).map(text).collect();
        assert_eq!(first, second, "read and judged again");
    }
    Ok(())
}

/// Changes one exchange, as a client or a service could have.
fn change(transcript: &mut Transcript, bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let Some(last) = transcript.exchanges.len().checked_sub(1) else { return Ok(()) };
    let number = bytes.int_in_range(0..=last)?;
    let Some(exchange) = transcript.exchanges.get_mut(number) else { return Ok(()) };
    match bytes.int_in_range(0..=7)? {
        0 => drop(transcript.exchanges.remove(number)),
        1 => {
            let copy = exchange.clone();
            transcript.exchanges.push(copy);
        }
        2 => transcript.exchanges.swap(number, last),
        3 => {
            let raw = overwritten(exchange.response.raw(), bytes)?;
            exchange.response = Response::new(raw);
        }
        _ => {
            let raw = overwritten(&exchange.request.raw(), bytes)?;
            exchange.request = Request::new(raw);
        }
    }
    Ok(())
}

/// Other bytes in the place of some.
fn overwritten(raw: &Bytes, bytes: &mut Unstructured) -> arbitrary::Result<Bytes> {
    let start = bytes.int_in_range(0..=raw.len())?;
    let end = start.saturating_add(bytes.int_in_range(0..=40)?).min(raw.len());
    let length = bytes.int_in_range(0..=40)?.min(bytes.len());
    let new = bytes.bytes(length)?;
    Ok([&raw[..start], new, &raw[end..]].concat().into())
}

fn read_again(transcript: &Transcript) -> Transcript {
    let mut again = transcript.clone();
    for exchange in &mut again.exchanges {
        exchange.request = Request::new(exchange.request.raw().clone());
        exchange.response = Response::new(exchange.response.raw().clone());
    }
    again
}

fn is_in_its_request(finding: &Finding, transcript: &Transcript) {
    let Some(span) = &finding.evidence.span else { return };
    let number = finding.exchange.expect("a place in a request names the request");
    let request =
        &transcript.exchanges.get(number).expect("the exchange is one of the transcript").request;
    let bytes = span.of.bytes(request);
    assert!(bytes.get(span.range.clone()).is_some(), "{}: {span:?}", finding.rule.id);
}
