use std::collections::BTreeSet;

use arbitrary::Unstructured;

use super::counterexamples::{CONVERSATIONS, Conversation, Effect, fired};

/// The bytes choose a scenario, and which of its counterexamples are applied together.
///
/// Counterexamples that touch different exchanges, and nothing that later ones build upon, break
/// exactly the rules that each of them breaks alone.
pub fn conversation(input: &[u8]) {
    let _ = play(&mut Unstructured::new(input));
}

fn play(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let conversation = bytes.choose(&CONVERSATIONS)?;
    let mut chosen = Vec::new();
    for _ in 0..bytes.int_in_range(0..=4)? {
        chosen.push(bytes.choose(&conversation.counterexamples)?);
    }
    each_breaks_what_it_breaks_alone(conversation, &chosen);
    Ok(())
}

/// Applies those that touch what none before them touches.
fn each_breaks_what_it_breaks_alone(conversation: &Conversation, chosen: &[&Effect]) {
    let mut transcript = conversation.conforming.clone();
    let mut applied = Vec::new();
    let mut touched = BTreeSet::new();
    for broken in chosen {
        let Some(changes) = &broken.changes else { continue };
        if changes.iter().any(|(number, _)| touched.contains(number)) {
            continue;
        }
        for (number, exchange) in changes {
            let place =
                transcript.exchanges.get_mut(*number).expect("a change is one of an exchange");
            place.clone_from(exchange);
            touched.insert(*number);
        }
        applied.push(broken);
    }
    // What a single one breaks is known from itself.
    if applied.len() > 1 {
        let names: Vec<_> = applied.iter().map(|broken| broken.rule.id).collect();
        let expected = applied.iter().flat_map(|broken| broken.fires.iter().copied());
        assert_eq!(fired(&transcript), expected.collect(), "with the counterexamples of {names:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_any_two_counterexamples_each_breaks_what_it_breaks_alone() {
        let mut pairs = 0;
        for conversation in CONVERSATIONS.iter() {
            for (index, one) in conversation.counterexamples.iter().enumerate() {
                for other in &conversation.counterexamples[index + 1..] {
                    each_breaks_what_it_breaks_alone(conversation, &[one, other]);
                    pairs += 1;
                }
            }
        }
        assert!(pairs > 1_000, "{pairs}");
    }
}
