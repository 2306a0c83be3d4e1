//! What somebody may have meant who misspelt a name.

use strsim::normalized_damerau_levenshtein;

/// At least this much of a name is right.
const ENOUGH: f64 = 0.6;
/// How many names are offered.
const MOST: usize = 3;
/// No name has so many bytes; to compare longer words with all of them takes long.
const LONGEST: usize = 200;

/// The names that are most like the word, the nearest first: at most three.
pub fn near(word: &str, names: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    if word.len() > LONGEST {
        return Vec::new();
    }
    let rate = |name: String| (normalized_damerau_levenshtein(word, &name), name);
    let rated = names.into_iter().map(|name| rate(name.into()));
    let mut rated: Vec<_> = rated.filter(|(ratio, _)| *ratio >= ENOUGH).collect();
    rated.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    rated.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// The same as the end of a sentence; empty if nothing is near.
pub fn hint(word: &str, names: impl IntoIterator<Item = impl Into<String>>) -> String {
    match near(word, names).as_slice() {
        [] => String::new(),
        names => format!(" (near: {})", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{hint, near};

    #[test]
    fn the_nearest_name_comes_first_and_nothing_far_is_offered() {
        let names = ["happy/one-byte", "happy/one-slice", "faults/slice-reset"];
        assert_eq!(near("hapy/one-slice", names), ["happy/one-slice", "happy/one-byte"]);
        assert_eq!(hint("jsn", ["json", "sarif"]), " (near: json)");
        assert_eq!(hint("zzz", names), "");
        // No name could be so long and so much alike.
        assert_eq!(hint(&"a".repeat(1 << 20), ["a".repeat(1 << 20)]), "");
    }
}
