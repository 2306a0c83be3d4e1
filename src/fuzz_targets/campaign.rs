use std::sync::Arc;

use crate::campaign::from_bytes;
use crate::protocol::{Claim, Stored};
use crate::rules::{findings, judge};
use crate::scenario::Scenario;
use crate::spec::Level;

/// The bytes decide about a setup, which a file can hold. In it the reference client comes to an end, tells the
/// truth, and breaks no `must`.
pub fn campaign(input: &[u8]) {
    let (id, summary) = ("fuzz/bytes".to_owned(), "what bytes decide about".to_owned());
    let scenario = Scenario { id, summary, control: None, setup: from_bytes(input) };
    let text = scenario.to_toml();
    assert_eq!(Scenario::from_toml(&text).as_ref(), Ok(&scenario), "{text}");
    let transcript = Arc::new(scenario).simulate(1);
    let rulings = judge(&transcript);
    let broken = findings(&rulings).filter(|finding| finding.rule.level() == Level::Must);
    let broken: Vec<_> = broken.map(|finding| finding.rule.id).collect();
    assert!(broken.is_empty(), "{broken:?} in {text}");
    let outcome = transcript.outcome.expect("a simulation ends");
    assert!(matches!(outcome.claim, Claim::Ok | Claim::Failed), "{:?} in {text}", outcome.claim);
    // A literal reply may say that it is stored where it is not.
    let is_literal = text.contains("literal_");
    let is_true = outcome.claim != Claim::Ok || outcome.stored == Stored::Complete;
    assert!(is_true || is_literal, "a success that is none in {text}");
}
