//! The catalogue in small: what it shows is compared with what was found.

use std::sync::Arc;

use super::pool::LARGEST_DRAWN_FILE;
use crate::scenario::{Costly, Scenario, playable};
use crate::server::Trigger;

/// How much smaller slices and files are.
const SMALL: u64 = 16;

/// The scenarios that need little time, with smaller files and slices.
pub(super) fn in_small() -> impl Iterator<Item = Arc<Scenario>> {
    let all = playable(Costly::default());
    let small = all.filter(|scenario| scenario.setup.file.size <= LARGEST_DRAWN_FILE);
    small.map(|scenario| {
        let faults = &scenario.setup.behaviour.faults;
        // What these wait for depends on the length of a body: clients ask with Expect for long ones
        // only.
        let needs_size = |trigger| matches!(trigger, Trigger::LongBody | Trigger::Expecting);
        let is_plain = scenario.setup.machine.is_plain();
        if !is_plain || faults.iter().any(|fault| needs_size(fault.trigger)) {
            return Arc::clone(scenario);
        }
        let mut scenario = Scenario::clone(scenario);
        let setup = &mut scenario.setup;
        let granted = setup.behaviour.slice_size.granted(setup.slice_size);
        let named = setup.behaviour.slice_size.named(setup.slice_size);
        setup.behaviour.slice_size = named.map(|size| (size / SMALL).max(1));
        let size = setup.file.size as u64;
        let (whole, rest) = (size / granted.max(1), size % granted.max(1));
        // A file that ends within a slice still does.
        let rest = if rest == 0 { 0 } else { (rest / SMALL).max(1) };
        let size = whole.saturating_mul(granted / SMALL).saturating_add(rest);
        setup.file.size = usize::try_from(size).unwrap_or(usize::MAX);
        Arc::new(scenario)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_in_small_breaks_nothing_of_the_reference_client() {
        let mut played = 0;
        for scenario in in_small().step_by(9) {
            let findings = crate::rules::judge(&scenario.simulate(1));
            let broken: Vec<_> = crate::rules::findings(&findings).map(|it| it.rule.id).collect();
            assert!(broken.is_empty(), "{}: {broken:?}", scenario.id);
            played += 1;
        }
        assert!(played > 30);
    }
}
