//! Covering arrays of strength 2: few combinations that have, between them, every pair of levels that
//! some valid combination has.
//!
//! The method is IPOG (in-parameter-order, general): the array of the first factors is extended by one
//! factor after the other, first in its rows, then by new rows for the pairs that found no place. Where
//! several levels do, the one is taken that has been beside its neighbours least often.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A factor, and one of its levels, both by number.
type Level = (usize, usize);
/// The levels of two factors.
type Pair = (Level, Level);
/// A combination in the making: a level for each factor that has one so far.
type Row = Vec<Option<usize>>;

/// All combinations of so many levels of each factor, in their order.
pub(super) fn combinations(levels: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for count in levels {
        let longer = |row: &Vec<usize>| {
            let row = row.clone();
            (0..*count).map(move |level| row.iter().copied().chain([level]).collect())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Some of the valid combinations, `given` among them, that have every pair which any of them has; the
/// same for the same arguments. All valid ones are looked at again and again, which is for models of some
/// thousand.
pub(super) fn covering(valid: &[Vec<usize>], given: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut array = Array {
        valid,
        missing: valid.iter().flat_map(|row| pairs(row)).collect(),
        times: BTreeMap::new(),
        rows: Vec::new(),
    };
    for row in given {
        array.count(pairs(row));
    }
    for factor in 1..valid.first().map_or(0, Vec::len) {
        array.extend_rows(factor);
        array.add_rows(factor);
    }
    given.iter().cloned().chain(array.complete()).collect()
}

/// The pairs of a combination.
pub(crate) fn pairs(row: &[usize]) -> impl Iterator<Item = Pair> {
    let levels = || row.iter().copied().enumerate();
    levels().flat_map(move |second| levels().take(second.0).map(move |first| (first, second)))
}

struct Array<'a> {
    valid: &'a [Vec<usize>],
    /// The pairs that no row has yet.
    missing: BTreeSet<Pair>,
    /// How often rows have come to have each of the others.
    times: BTreeMap<Pair, usize>,
    rows: Vec<Row>,
}

impl Array<'_> {
    /// Gives each row the level of a factor with which it has most of the missing pairs, and none where no
    /// level has any.
    fn extend_rows(&mut self, factor: usize) {
        for number in 0..self.rows.len() {
            let levels: BTreeSet<_> = self.valid.iter().map(|row| row[factor]).collect();
            let options = levels.into_iter().filter_map(|level| {
                let row = with(&self.rows[number], &[(factor, level)]);
                let new = || known_pairs(&row).filter(|pair| pair.1.0 == factor);
                let gain = new().filter(|pair| self.missing.contains(pair)).count();
                let times = self.times(new());
                (gain > 0 && self.is_possible(&row)).then_some((gain, times, row))
            });
            // Of several the first.
            let best = options.min_by_key(|(gain, times, _)| (Reverse(*gain), *times));
            if let Some((.., row)) = best {
                self.put(number, row);
            }
        }
    }

    /// Finds a place for each pair of this factor and one before that is still missing.
    fn add_rows(&mut self, factor: usize) {
        while let Some((first, second)) = self.next_of(factor) {
            let row_with = |row: &Row| {
                let has_place = [first, second]
                    .iter()
                    .all(|(factor, level)| row[*factor].is_none_or(|known| known == *level));
                has_place.then(|| with(row, &[first, second])).filter(|row| self.is_possible(row))
            };
            let mut place = self.rows.iter().enumerate();
            let place = place.find_map(|(number, row)| Some((number, row_with(row)?)));
            // It is in some valid combination: missing pairs were taken from those.
            let (number, row) = place.unwrap_or_else(|| {
                let empty = vec![None; self.valid[0].len()];
                (self.rows.len(), with(&empty, &[first, second]))
            });
            self.put(number, row);
        }
    }

    fn next_of(&self, factor: usize) -> Option<Pair> {
        self.missing.iter().find(|(_, second)| second.0 == factor).copied()
    }

    /// The rows with a level for each factor.
    fn complete(mut self) -> Vec<Vec<usize>> {
        let mut complete = Vec::new();
        for row in std::mem::take(&mut self.rows) {
            let options = self.valid.iter().filter(|whole| fits(&row, whole));
            // There is one: rows get only levels that some valid combination has.
            let Some(whole) = options.min_by_key(|whole| self.times(pairs(whole))) else {
                continue;
            };
            self.count(pairs(whole));
            complete.push(whole.clone());
        }
        complete
    }

    /// How often rows have had these pairs.
    fn times(&self, pairs: impl Iterator<Item = Pair>) -> usize {
        pairs.filter_map(|pair| self.times.get(&pair)).sum()
    }

    fn count(&mut self, pairs: impl Iterator<Item = Pair>) {
        for pair in pairs {
            self.missing.remove(&pair);
            *self.times.entry(pair).or_default() += 1;
        }
    }

    fn is_possible(&self, row: &Row) -> bool {
        self.valid.iter().any(|whole| fits(row, whole))
    }

    fn put(&mut self, number: usize, row: Row) {
        self.count(known_pairs(&row));
        match self.rows.get_mut(number) {
            Some(place) => *place = row,
            None => self.rows.push(row),
        }
    }
}

fn with(row: &Row, levels: &[Level]) -> Row {
    let mut row = row.clone();
    for (factor, level) in levels {
        row[*factor] = Some(*level);
    }
    row
}

/// Whether a whole combination has all that is known of a row.
fn fits(row: &Row, whole: &[usize]) -> bool {
    row.iter().zip(whole).all(|(known, level)| known.is_none_or(|known| known == *level))
}

fn known_pairs(row: &Row) -> impl Iterator<Item = Pair> {
    let levels = || row.iter().enumerate().filter_map(|(factor, level)| Some((factor, (*level)?)));
    levels().flat_map(move |second| {
        levels().filter(move |first| first.0 < second.0).map(move |first| (first, second))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_pairs(rows: &[Vec<usize>]) -> BTreeSet<Pair> {
        rows.iter().flat_map(|row| pairs(row)).collect()
    }

    #[test]
    fn ten_rows_have_all_pairs_of_four_factors_with_three_levels() {
        let valid = combinations(&[3; 4]);
        let rows = covering(&valid, &[]);
        assert_eq!(all_pairs(&rows).len(), 54);
        // The best that there is has nine rows, an orthogonal array; a greedy method does not find it.
        assert_eq!(rows.len(), 10);
    }

    #[test]
    fn what_is_given_stays_and_is_not_covered_again() {
        let valid = combinations(&[2, 2]);
        let rows = covering(&valid, &[vec![1, 0], vec![0, 0]]);
        assert_eq!(rows, [[1, 0], [0, 0], [0, 1], [1, 1]]);
    }

    #[test]
    fn nothing_is_chosen_where_nothing_is_valid() {
        assert!(covering(&[], &[]).is_empty());
    }

    proptest! {
        #[test]
        fn every_pair_that_is_valid_is_covered_by_valid_rows(
            levels in prop::collection::vec(1..5_usize, 2..6),
            excluded in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
            given in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        ) {
            let all = combinations(&levels);
            // Each exclusion is of a pair that some combination has.
            let all_of_them: Vec<_> = all_pairs(&all).into_iter().collect();
            let excluded: Vec<_> = excluded.iter().map(|at| *at.get(&all_of_them)).collect();
            let is_valid = |row: &Vec<usize>| pairs(row).all(|pair| !excluded.contains(&pair));
            let valid: Vec<_> = all.into_iter().filter(is_valid).collect();
            let given: Vec<_> = given.iter().filter(|_| !valid.is_empty()).map(|at| at.get(&valid).clone()).collect();
            let rows = covering(&valid, &given);
            prop_assert_eq!(all_pairs(&rows), all_pairs(&valid));
            prop_assert!(rows.iter().all(|row| valid.contains(row)));
            prop_assert!(rows.starts_with(&given));
            prop_assert!(rows.len() <= given.len() + all_pairs(&valid).len());
            prop_assert_eq!(covering(&valid, &given), rows);
        }
    }
}
