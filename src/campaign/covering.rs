//! Rows of levels that have, between them, all pairs of levels of two dimensions, and then as many triples as
//! there is time for.

use std::collections::{BTreeSet, HashSet};

use crate::scenario::{Random, matrix};

/// A dimension, and one of its levels, both by number.
type Level = (usize, usize);

/// How many rows are compared before the best of them is taken.
const CANDIDATES: usize = 12;
/// How many triples are remembered.
const MOST_TRIPLES: usize = 1 << 18;

/// A covering array that is written while it is read.
///
/// The arrays of the matrix ([`matrix`]) are the smallest that can be found among some thousand combinations. Here
/// there are more than can be listed, so that each row is the best of a few that have a pair which is missing.
pub(super) struct Covering {
    levels: Vec<usize>,
    missing: BTreeSet<(Level, Level)>,
    triples: HashSet<u64>,
}

impl Covering {
    /// The array of dimensions with so many levels each.
    pub(super) fn new(levels: Vec<usize>) -> Self {
        let mut missing = BTreeSet::new();
        for (second, of_second) in levels.iter().enumerate() {
            for (first, of_first) in levels.iter().enumerate().take(second) {
                let all =
                    (0..*of_first).flat_map(|one| (0..*of_second).map(move |other| (one, other)));
                missing.extend(all.map(|(one, other)| ((first, one), (second, other))));
            }
        }
        Self { levels, missing, triples: HashSet::new() }
    }

    /// The next row.
    pub(super) fn next(&mut self, random: &mut Random) -> Vec<usize> {
        // With one that is missing in each candidate, every row brings the array nearer to its end.
        let wanted = self.missing.first().copied();
        let best = (0..CANDIDATES)
            .map(|_| self.candidate(wanted, random))
            .max_by_key(|row| self.gain(row))
            .unwrap_or_default();
        for pair in matrix::pairs(&best) {
            self.missing.remove(&pair);
        }
        if self.missing.is_empty() && self.triples.len() < MOST_TRIPLES {
            self.triples.extend(triples(&best));
        }
        best
    }

    /// Levels at random, but for those of a pair.
    fn candidate(&self, wanted: Option<(Level, Level)>, random: &mut Random) -> Vec<usize> {
        let mut row: Vec<usize> = self.levels.iter().map(|levels| random.below(*levels)).collect();
        for (dimension, level) in wanted.into_iter().flat_map(|(one, other)| [one, other]) {
            if let Some(place) = row.get_mut(dimension) {
                *place = level;
            }
        }
        row
    }

    fn gain(&self, row: &[usize]) -> usize {
        if self.missing.is_empty() {
            triples(row).filter(|triple| !self.triples.contains(triple)).count()
        } else {
            matrix::pairs(row).filter(|pair| self.missing.contains(pair)).count()
        }
    }
}

/// The triples of a row, each as one number: there are many of them.
fn triples(row: &[usize]) -> impl Iterator<Item = u64> {
    matrix::pairs(row).flat_map(move |(first, second)| {
        let thirds = row.iter().copied().enumerate().skip(second.0.saturating_add(1));
        thirds.map(move |third| [first, second, third].into_iter().fold(0, with_level))
    })
}

const BITS_OF_DIMENSION: u32 = 5;
const BITS_OF_LEVEL: u32 = 16;
const _: () = assert!(3 * (BITS_OF_DIMENSION + BITS_OF_LEVEL) <= u64::BITS);

fn with_level(number: u64, (dimension, level): Level) -> u64 {
    let number = (number << BITS_OF_DIMENSION) | dimension as u64;
    (number << BITS_OF_LEVEL) | level as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triple_of_levels_fits_into_a_number() {
        let levels = crate::campaign::space::levels();
        assert!(levels.len() <= 1 << BITS_OF_DIMENSION);
        assert!(levels.iter().all(|count| *count <= 1 << BITS_OF_LEVEL));
    }

    #[test]
    fn rows_have_all_pairs_before_any_is_only_for_triples() {
        let mut random = Random::new(7, "covering");
        let mut covering = Covering::new(vec![9, 4, 3, 2]);
        let mut rows = Vec::new();
        while !covering.missing.is_empty() {
            rows.push(covering.next(&mut random));
        }
        for one in 0..9 {
            for other in 0..4 {
                assert!(rows.iter().any(|row| row[..2] == [one, other]), "{one} {other}");
            }
        }
        // At least 36 are needed; at random it would be about twice as many.
        assert!(rows.len() < 54, "{}", rows.len());
        assert!(covering.triples.is_empty() || rows.len() > 35);
        let before = covering.triples.len();
        covering.next(&mut random);
        assert!(covering.triples.len() > before);
    }
}
