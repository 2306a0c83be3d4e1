use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use slicecheck::protocol::{LARGEST_FILE, PlanError, Slice, SlicePlan};

use super::config;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn slices_follow_each_other_without_gap_and_end_with_the_file(plan in small_plan()) {
        let (plan, size) = plan;
        let mut end = 0;
        for slice in plan.slices() {
            prop_assert_eq!(slice.offset, end);
            end = slice.end().unwrap();
        }
        prop_assert_eq!(end, size);
        prop_assert_eq!(Slice::first_gap(plan.slices(), size), None);
    }

    #[test]
    fn only_the_last_slice_may_be_short_and_none_is_empty(plan in small_plan()) {
        let (plan, _) = plan;
        let slices: Vec<_> = plan.slices().collect();
        if let Some((last, others)) = slices.split_last() {
            prop_assert!(others.iter().all(|slice| slice.length == plan.slice_size()));
            prop_assert!((1..=plan.slice_size()).contains(&last.length));
        }
    }

    #[test]
    fn there_are_as_many_slices_as_the_size_divided_and_rounded_up(plan in small_plan()) {
        let (plan, size) = plan;
        let whole = size / plan.slice_size();
        let expected = if size.is_multiple_of(plan.slice_size()) { whole } else { whole + 1 };
        prop_assert_eq!(plan.count(), expected);
        prop_assert_eq!(u64::try_from(plan.slices().count()).unwrap(), expected);
    }

    #[test]
    fn a_slice_is_found_by_its_offset_and_by_no_other(
        size in 1..=LARGEST_FILE,
        slice_size in 1_u64..=4 << 20,
        index in any::<Index>(),
        aside in 1_u64..4 << 20,
    ) {
        let plan = SlicePlan::new(size, slice_size).unwrap();
        let index = u64::try_from(index.index(usize::try_from(plan.count()).unwrap())).unwrap();
        let slice = plan.slice(index).unwrap();
        prop_assert_eq!(plan.slice_at(slice.offset), Some(slice));
        prop_assert_eq!(slice.offset, index * slice_size);
        let beside = slice.offset + aside;
        prop_assert_eq!(plan.slice_at(beside).is_some(), aside % slice_size == 0 && beside < size);
    }

    #[test]
    fn plans_of_any_size_keep_within_the_file(
        size in edge(),
        slice_size in edge(),
        index in edge(),
    ) {
        let plan = match SlicePlan::new(size, slice_size) {
            Ok(plan) => plan,
            Err(PlanError::ZeroSliceSize) => {
                prop_assert_eq!(slice_size, 0);
                return Ok(());
            }
            Err(error) => {
                prop_assert_eq!(error, PlanError::FileTooLarge(size));
                prop_assert!(size > LARGEST_FILE);
                return Ok(());
            }
        };
        let slice = plan.slice(index);
        prop_assert_eq!(slice.is_some(), index < plan.count());
        if let Some(slice) = slice {
            prop_assert!(slice.end().unwrap() <= size);
            prop_assert_eq!(plan.slice_at(slice.offset), Some(slice));
        }
        if let Some(last) = plan.count().checked_sub(1) {
            prop_assert_eq!(plan.slice(last).unwrap().end(), Some(size));
        }
    }

    #[test]
    fn the_gaps_are_the_runs_of_bytes_that_a_bitmap_leaves_unset(
        slices in vec(slice(), 0..12),
        size in 0_u64..64,
    ) {
        let covered = times_covered(&slices);
        let expected = runs((0..size).filter(|byte| !covered.contains_key(byte)));
        let gaps: Vec<_> = Slice::gaps(slices.iter().copied(), size).collect();
        prop_assert_eq!(&gaps, &expected);
        let first = Slice::first_gap(slices, size);
        prop_assert_eq!(first, expected.first().map(|gap| gap.offset));
    }

    #[test]
    fn the_overlaps_are_the_runs_of_bytes_that_a_bitmap_has_twice(slices in vec(slice(), 0..12)) {
        let covered = times_covered(&slices);
        let twice = covered.iter().filter(|(_, times)| **times > 1).map(|(byte, _)| *byte);
        prop_assert_eq!(Slice::overlaps(slices), runs(twice));
    }

    #[test]
    fn there_are_no_more_gaps_and_overlaps_than_slices_and_one(
        slices in vec((edge(), edge()), 0..12),
        size in edge(),
    ) {
        let slices = slices.into_iter().map(|(offset, length)| Slice { offset, length });
        let slices: Vec<_> = slices.collect();
        let gaps: Vec<_> = Slice::gaps(slices.clone(), size).collect();
        prop_assert!(gaps.len() <= slices.len() + 1);
        prop_assert!(gaps.iter().all(|gap| gap.end().unwrap() <= size));
        prop_assert_eq!(Slice::gaps(slices.iter().copied().chain(gaps), size).next(), None);
        prop_assert!(Slice::overlaps(slices.clone()).len() <= slices.len().saturating_sub(1));
    }

    #[test]
    fn slices_at_the_end_of_the_number_range_cover_up_to_it(
        offset in edge(),
        length in edge(),
        size in edge(),
    ) {
        let gap = Slice::first_gap([Slice { offset, length }], size);
        let end = offset.saturating_add(length);
        let expected = if offset == 0 { end } else { 0 };
        prop_assert_eq!(gap, (expected < size).then_some(expected));
    }

    #[test]
    fn what_is_missing_and_what_is_listed_are_the_whole_file(
        plan in small_plan(),
        listed in vec(listed(), 0..12),
    ) {
        let (plan, size) = plan;
        let sent: Vec<_> = plan.missing(listed.clone()).collect();
        prop_assert_eq!(Slice::first_gap(sent.into_iter().chain(listed), size), None);
    }

    #[test]
    fn a_slice_is_sent_again_only_if_a_byte_of_it_is_not_listed(
        plan in small_plan(),
        listed in vec((0_u64..2000, 0_u64..400), 0..12),
    ) {
        let (plan, size) = plan;
        let listed = listed.into_iter().map(|(offset, length)| Slice { offset, length });
        let listed: Vec<Slice> = listed.collect();
        let held = times_covered(&listed);
        let lacks = |slice: &Slice| {
            (slice.offset..slice.offset + slice.length).any(|byte| !held.contains_key(&byte))
        };
        let expected: Vec<_> = plan.slices().filter(lacks).collect();
        prop_assert_eq!(plan.missing(listed).collect::<Vec<_>>(), expected, "of {}", size);
    }

    #[test]
    fn what_was_listed_in_any_order_leaves_the_same_missing(
        plan in small_plan(),
        listed in vec(listed(), 0..8).prop_shuffle(),
    ) {
        let (plan, _) = plan;
        let mut ordered = listed.clone();
        ordered.sort_unstable();
        let missing = |listed| plan.missing(listed).collect::<Vec<_>>();
        prop_assert_eq!(missing(listed), missing(ordered));
    }

    #[test]
    fn the_slices_of_a_plan_never_overlap(plan in small_plan()) {
        prop_assert_eq!(Slice::overlaps(plan.0.slices()), []);
    }

    #[test]
    fn a_resume_of_65536_slices_sends_what_is_not_listed(held in 0_u64..65_536) {
        let plan = SlicePlan::new(LARGEST_FILE, 1 << 20).unwrap();
        let listed: Vec<_> = plan.slices().filter(|slice| slice.offset >> 20 != held).collect();
        let missing: Vec<_> = plan.missing(listed.into_iter().rev()).collect();
        prop_assert_eq!(missing, [plan.slice(held).unwrap()]);
    }

    #[test]
    fn a_slice_covers_what_begins_and_ends_within_it(outer in slice(), inner in slice()) {
        let within = (inner.offset..inner.offset + inner.length)
            .chain([inner.offset, inner.offset + inner.length])
            .all(|byte| (outer.offset..=outer.offset + outer.length).contains(&byte));
        prop_assert_eq!(outer.covers(inner), within);
    }
}

fn small_plan() -> impl Strategy<Value = (SlicePlan, u64)> {
    (0_u64..2000, 1_u64..300)
        .prop_map(|(size, slice_size)| (SlicePlan::new(size, slice_size).unwrap(), size))
}

fn slice() -> impl Strategy<Value = Slice> {
    (0_u64..80, 0_u64..24).prop_map(|(offset, length)| Slice { offset, length })
}

/// What a list may name: slices of any part of a small file, and nonsense.
fn listed() -> impl Strategy<Value = Slice> {
    let slice = |(offset, length)| Slice { offset, length };
    prop_oneof![4 => (0_u64..2200, 0_u64..400), 1 => (edge(), edge())].prop_map(slice)
}

/// How many slices cover a byte, of those that one does.
fn times_covered(slices: &[Slice]) -> BTreeMap<u64, u32> {
    let mut times = BTreeMap::new();
    for byte in slices.iter().flat_map(|slice| slice.offset..slice.offset + slice.length) {
        *times.entry(byte).or_default() += 1;
    }
    times
}

/// Ascending bytes, those that follow each other together.
fn runs(bytes: impl Iterator<Item = u64>) -> Vec<Slice> {
    let mut runs: Vec<Slice> = Vec::new();
    for byte in bytes {
        match runs.last_mut() {
            Some(run) if run.offset + run.length == byte => run.length += 1,
            _ => runs.push(Slice { offset: byte, length: 1 }),
        }
    }
    runs
}

/// Any number, and more often one at an edge of the range.
fn edge() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4_u64,
        LARGEST_FILE - 2..LARGEST_FILE + 2,
        u64::MAX - 4..=u64::MAX,
        Just(1 << 20),
        any::<u64>(),
    ]
}
