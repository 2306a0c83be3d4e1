use arbitrary::Unstructured;

use crate::protocol::{LARGEST_FILE, PlanError, Slice, SlicePlan};

/// The bytes choose a file, how it is cut, and slices that a list reply could name; each answer is
/// compared with one that is found byte by byte, or boundary by boundary where there are too many.
pub fn plan(input: &[u8]) {
    let _ = small(&mut Unstructured::new(input));
    let _ = large(&mut Unstructured::new(input));
}

/// Few bytes, so that each is looked at.
fn small(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let (size, slice_size) = (bytes.int_in_range(0..=300)?, bytes.int_in_range(1..=80)?);
    let plan = SlicePlan::new(size, slice_size).expect("there is a plan");
    let mut listed = Vec::new();
    for _ in 0..bytes.int_in_range(0..=8)? {
        let (offset, length) = (bytes.int_in_range(0..=320)?, bytes.int_in_range(0..=100)?);
        listed.push(Slice { offset, length });
    }

    let slices: Vec<_> = plan.slices().collect();
    let times = times_covered(&slices, size);
    assert!(times.iter().all(|times| *times == 1), "{plan:?} covers bytes {times:?} times");
    assert!(slices.iter().rev().skip(1).all(|slice| slice.length == slice_size), "{slices:?}");
    assert_eq!(slices.len(), (0..size).step_by(to_usize(slice_size)).count(), "of {plan:?}");
    assert_eq!(to_usize(plan.count()), slices.len());
    for offset in 0..size + 2 {
        let here = slices.iter().find(|slice| slice.offset == offset);
        assert_eq!(plan.slice_at(offset).as_ref(), here, "at {offset} in {plan:?}");
        let number = to_usize(offset);
        assert_eq!(plan.slice(offset).as_ref(), slices.get(number), "slice {number} of {plan:?}");
    }

    // A list may name what is beyond the end of the file.
    let held = times_covered(&listed, 500);
    let sent: Vec<_> = plan.missing(listed.iter().copied()).collect();
    let is_held = |slice: &Slice| {
        let bytes = to_usize(slice.offset)..to_usize(slice.offset + slice.length);
        held[bytes].iter().all(|times| *times > 0)
    };
    let expected: Vec<_> = slices.iter().copied().filter(|slice| !is_held(slice)).collect();
    assert_eq!(sent, expected, "missing of {plan:?} with {listed:?}");
    let whole = sent.iter().chain(&listed).copied();
    assert_eq!(Slice::first_gap(whole, size), None, "{listed:?} and what is missing");

    let gaps = runs(&held[..to_usize(size)], |times| times == 0);
    assert_eq!(Slice::gaps(listed.clone(), size).collect::<Vec<_>>(), gaps, "of {listed:?}");
    assert_eq!(Slice::overlaps(listed.clone()), runs(&held, |times| times > 1), "of {listed:?}");
    Ok(())
}

fn times_covered(slices: &[Slice], size: u64) -> Vec<u32> {
    let covers = |slice: &&Slice, byte| (slice.offset..slice.offset + slice.length).contains(&byte);
    let times = |byte| slices.iter().filter(|slice| covers(slice, byte)).count();
    (0..size).map(|byte| u32::try_from(times(byte)).expect("there are few")).collect()
}

/// The bytes of which this is true, those that follow each other together.
fn runs(times: &[u32], is: fn(u32) -> bool) -> Vec<Slice> {
    let mut runs: Vec<Slice> = Vec::new();
    for (offset, times) in (0..).zip(times) {
        match runs.last_mut() {
            _ if !is(*times) => {}
            Some(run) if run.offset + run.length == offset => run.length += 1,
            _ => runs.push(Slice { offset, length: 1 }),
        }
    }
    runs
}

/// Any numbers, so that between two boundaries of slices one byte stands for all.
fn large(bytes: &mut Unstructured) -> arbitrary::Result<()> {
    let (size, slice_size, index) = (number(bytes)?, number(bytes)?, number(bytes)?);
    match SlicePlan::new(size, slice_size) {
        Err(PlanError::ZeroSliceSize) => assert_eq!(slice_size, 0),
        Err(error) => {
            assert!(size > LARGEST_FILE && error == PlanError::FileTooLarge(size), "{error}");
        }
        Ok(plan) => is_in_the_file(plan, size, index),
    }

    let mut slices = Vec::new();
    for _ in 0..bytes.int_in_range(0..=8)? {
        slices.push(Slice { offset: number(bytes)?, length: number(bytes)? });
    }
    let end = |slice: &Slice| slice.offset.saturating_add(slice.length);
    let mut edges: Vec<u64> = slices.iter().flat_map(|slice| [slice.offset, end(slice)]).collect();
    edges.extend([0, size, u64::MAX]);
    edges.sort_unstable();
    let between = |is: &dyn Fn(usize, u64) -> bool| {
        let mut runs: Vec<Slice> = Vec::new();
        for edge in edges.windows(2).filter(|edge| edge[0] < edge[1]) {
            let (offset, length) = (edge[0], edge[1] - edge[0]);
            let covers = |slice: &&Slice| (slice.offset..end(slice)).contains(&offset);
            match runs.last_mut() {
                _ if !is(slices.iter().filter(covers).count(), offset) => {}
                Some(run) if run.offset + run.length == offset => run.length += length,
                _ => runs.push(Slice { offset, length }),
            }
        }
        runs
    };
    let gaps = between(&|times, offset| times == 0 && offset < size);
    assert_eq!(Slice::gaps(slices.clone(), size).collect::<Vec<_>>(), gaps, "{slices:?} of {size}");
    assert_eq!(Slice::overlaps(slices.clone()), between(&|times, _| times > 1), "of {slices:?}");
    Ok(())
}

fn is_in_the_file(plan: SlicePlan, size: u64, index: u64) {
    let (offset, end) = (
        u128::from(index) * u128::from(plan.slice_size()),
        u128::from(size).div_ceil(u128::from(plan.slice_size())),
    );
    assert_eq!(u128::from(plan.count()), end, "slices of {plan:?}");
    let expected = (offset < u128::from(size)).then(|| {
        let offset = u64::try_from(offset).expect("it is within the file");
        Slice { offset, length: plan.slice_size().min(size - offset) }
    });
    assert_eq!(plan.slice(index), expected, "slice {index} of {plan:?}");
    let Some(slice) = expected else { return };
    assert_eq!(plan.slice_at(slice.offset), Some(slice));
    assert!(plan.slice_size() == 1 || plan.slice_at(slice.offset + 1).is_none(), "{plan:?}");
}

fn to_usize(small: u64) -> usize {
    usize::try_from(small).expect("it is small")
}

/// Any number, and more often one at an edge.
fn number(bytes: &mut Unstructured) -> arbitrary::Result<u64> {
    let edge = *bytes.choose(&[0, 1 << 20, LARGEST_FILE, 1 << 32, u64::MAX])?;
    let aside: u8 = bytes.arbitrary()?;
    Ok(match aside {
        0..=99 => edge.saturating_add(aside.into()),
        100..=199 => edge.saturating_sub((aside - 100).into()),
        _ => bytes.arbitrary()?,
    })
}
