use std::sync::LazyLock;
use std::time::Duration;

use arbitrary::Unstructured;
use serde_json::{Value, json};

use super::counterexamples::CONVERSATIONS;
use crate::protocol::Transcript;
use crate::report::View;
use crate::report::saved::{Saved, read, write};
use crate::results::{Judged, Played, Run};
use crate::rules::Finding;
use crate::scenario::scenarios;

/// What is masked is not read as it was written.
const SHOWN: View = View { verbose: false, show_secrets: true, width: None, baseline: None };

/// What was saved of conversations, conforming ones and others.
static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let documents = CONVERSATIONS.iter().map(|conversation| {
        let mut transcript = conversation.conforming.clone();
        if let Some(broken) = conversation.counterexamples.first() {
            let _ = broken.rule.counterexample.apply(&mut transcript);
        }
        serde_json::from_str(&text_of(&played(transcript))).expect("JSON is written")
    });
    documents.collect()
});

/// The bytes are read as a saved conversation, and, apart from that, choose changes of one that was
/// written.
pub fn saved(input: &[u8]) {
    survives(input);
    let _ = changed(&mut Unstructured::new(input));
}

fn changed(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let mut document = bytes.choose(&DOCUMENTS)?.clone();
    for _ in 0..bytes.int_in_range(1..=4)? {
        change(&mut document, bytes)?;
    }
    survives(document.to_string().as_bytes());
    Ok(())
}

/// Walks down to some value, and puts something in its place.
fn change(value: &mut Value, bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let go_down = !bytes.ratio(1, 8)?;
    match value {
        Value::Object(object) if go_down && !object.is_empty() => {
            let number = bytes.choose_index(object.len())?;
            object.values_mut().nth(number).map_or(Ok(()), |value| change(value, bytes))
        }
        Value::Array(array) if go_down && !array.is_empty() => {
            let number = bytes.choose_index(array.len())?;
            match bytes.int_in_range(0..=7)? {
                0 => drop(array.remove(number)),
                1 => array.push(array[number].clone()),
                2 => array.swap(0, number),
                _ => return change(&mut array[number], bytes),
            }
            Ok(())
        }
        value => {
            *value = other(value, bytes)?;
            Ok(())
        }
    }
}

fn other(value: &Value, bytes: &mut Unstructured) -> arbitrary::Result<Value> {
    Ok(match bytes.int_in_range(0..=9)? {
        0 => Value::Null,
        1 => json!(bytes.arbitrary::<bool>()?),
        2 => json!(bytes.arbitrary::<u64>()?),
        3 => json!(bytes.arbitrary::<u8>()?),
        4 => json!(bytes.arbitrary::<&str>()?),
        5 => json!({ "base64": bytes.arbitrary::<&str>()? }),
        6 => {
            json!({ "file": { "start": bytes.arbitrary::<u16>()?, "end": bytes.arbitrary::<u16>()? } })
        }
        7 => json!([value, value]),
        // As the words of witnesses and deliveries that have a number.
        8 => json!({ "Truncated": bytes.arbitrary::<u16>()? }),
        _ => match value {
            Value::String(text) => {
                let mut text = text.clone();
                let places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
                let at = places.get(bytes.int_in_range(0..=places.len())?);
                text.insert_str(at.copied().unwrap_or(text.len()), bytes.arbitrary::<&str>()?);
                json!(text)
            }
            _ => json!(bytes.arbitrary::<i8>()?),
        },
    })
}

/// What is read and written is read again with the same findings, and written in the same way.
fn survives(text: &[u8]) {
    let Ok(first) = read(text) else { return };
    let findings_of_first = told(&first);
    let written = written(&first);
    let second = read(written.as_bytes()).unwrap_or_else(|error| panic!("{error} in {written}"));
    assert_eq!(told(&second), findings_of_first, "{written}");
    assert_eq!(self::written(&second), written);
}

fn told(saved: &Saved) -> Vec<String> {
    let told = |finding: &Finding| {
        let Finding { rule, exchange, evidence, times } = finding;
        format!("{} {exchange:?} {evidence:?} {times}", rule.id)
    };
    Judged::new(&saved.played.transcript).findings().map(told).collect()
}

fn written(saved: &Saved) -> String {
    write(&saved.run, &saved.played, SHOWN).expect("JSON has a place for everything")
}

fn text_of(played: &Played) -> String {
    write(&Run::default(), played, SHOWN).expect("JSON has a place for everything")
}

fn played(transcript: Transcript) -> Played {
    let scenario = scenarios().find(|scenario| scenario.id == transcript.job.scenario);
    Played {
        scenario: scenario.cloned().expect("it was played in one"),
        transcript,
        elapsed: Duration::from_millis(1),
        stdout: Vec::new(),
        stderr: Vec::new(),
    }
}
