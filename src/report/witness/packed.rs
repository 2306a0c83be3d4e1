//! Bytes as short as they can be told: the file by what makes it, and bytes of the file by where they stand there.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

/// Less of the file is not worth a reference.
const LEAST: usize = 64;
/// By so many bytes a place in the file is found.
const KEY: usize = 16;
/// A longer period is no shorter than the file, as files of a run go.
const LONGEST_PERIOD: usize = 1 << 17;

type Key = [u8; KEY];

/// The file.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileData {
    /// What the generator of noise makes, from this state on.
    Noise(u64),
    /// This over and over, in base64.
    Repeat(String),
    /// In base64.
    Bytes(String),
}

/// Bytes, one piece after the other.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Packed(Vec<Piece>);

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Piece {
    /// In base64.
    Bytes(String),
    /// Of the file: from where, and how many.
    File(usize, usize),
}

/// Where to find bytes in the file.
pub(super) struct Packing<'a> {
    content: &'a [u8],
    /// Of some places, the bytes from there on.
    places: HashMap<Key, usize>,
}

impl FileData {
    /// The shortest way to tell a file; the noise is what the generator would have made, from a state on.
    pub(super) fn of(content: &[u8], (state, noise): (u64, Bytes)) -> Self {
        if !content.is_empty() && *content == *noise {
            return Self::Noise(state);
        }
        match period(content) {
            period if period <= LONGEST_PERIOD && period < content.len() => {
                Self::Repeat(STANDARD.encode(&content[..period]))
            }
            _ => Self::Bytes(STANDARD.encode(content)),
        }
    }
}

/// After how many bytes a text begins again, as far as it goes; all of it, if it does not. By Knuth, Morris and Pratt.
fn period(content: &[u8]) -> usize {
    // How much of the beginning ends at each place.
    let mut borders = vec![0_usize; content.len()];
    let mut border = 0;
    for at in 1..content.len() {
        while border > 0 && content[at] != content[border] {
            border = borders[border - 1];
        }
        border += usize::from(content[at] == content[border]);
        borders[at] = border;
    }
    content.len() - border
}

impl<'a> Packing<'a> {
    pub(super) fn new(content: &'a [u8]) -> Self {
        let mut places = HashMap::new();
        for (number, block) in content.chunks_exact(LEAST).enumerate() {
            if let Some(key) = block.first_chunk::<KEY>() {
                places.entry(*key).or_insert(number * LEAST);
            }
        }
        Self { content, places }
    }

    /// Bytes, those of the file by where they stand in it.
    pub(super) fn pack(&self, bytes: &[u8]) -> Packed {
        let mut pieces = Vec::new();
        let literal = |bytes: &[u8]| Some(Piece::Bytes(STANDARD.encode(bytes)));
        let (mut done, mut at) = (0, 0);
        while let Some(key) = bytes[at..].first_chunk::<KEY>() {
            let found = self.places.get(key).map(|place| {
                let back = same(bytes[done..at].iter().rev(), self.content[..*place].iter().rev());
                let ahead = same(bytes[at..].iter(), self.content[*place..].iter());
                (place - back, back, ahead)
            });
            match found {
                Some((place, back, ahead)) if back + ahead >= LEAST => {
                    pieces.extend(literal(&bytes[done..at - back]).filter(|_| done < at - back));
                    pieces.push(Piece::File(place, back + ahead));
                    at += ahead;
                    done = at;
                }
                _ => at += 1,
            }
        }
        pieces.extend(literal(&bytes[done..]).filter(|_| done < bytes.len()));
        Packed(pieces)
    }
}

/// How many of the first are the same.
fn same<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::scenarios;

    /// What the script makes of it.
    fn unpacked(packed: &Packed, content: &[u8]) -> Vec<u8> {
        let piece = |piece: &Piece| match piece {
            Piece::Bytes(base64) => STANDARD.decode(base64).unwrap(),
            Piece::File(start, length) => content[*start..start + length].to_vec(),
        };
        packed.0.iter().flat_map(piece).collect()
    }

    fn noise(length: usize) -> (u64, Bytes) {
        scenarios().next().unwrap().noise(1, length)
    }

    #[test]
    fn what_is_packed_is_the_same_when_it_is_unpacked() {
        let file = noise(10_000).1;
        let zeros = vec![0; 5000];
        let pattern: Vec<u8> = b"\r\n--x\r\n".iter().copied().cycle().take(5000).collect();
        for file in [&file[..], &zeros, &pattern, b"short", b""] {
            let packing = Packing::new(file);
            let half = file.len() / 2;
            let mut changed = file.to_vec();
            changed.iter_mut().step_by(997).for_each(|byte| *byte ^= 1);
            let request = [b"head\r\n\r\n", &file[half / 3..], b"\r\n--", &file[..half], b"--"];
            for bytes in
                [request.concat(), changed, file.to_vec(), b"nothing of it".to_vec(), vec![]]
            {
                assert_eq!(unpacked(&packing.pack(&bytes), file), bytes);
            }
        }
    }

    #[test]
    fn a_piece_that_is_just_long_enough_is_told_by_its_place() {
        let file = noise(10_000).1;
        let whole = Packed(vec![Piece::File(0, LEAST)]);
        assert_eq!(Packing::new(&file).pack(&file[..LEAST]), whole);
        let shorter = Packed(vec![Piece::Bytes(STANDARD.encode(&file[..LEAST - 1]))]);
        assert_eq!(Packing::new(&file).pack(&file[..LEAST - 1]), shorter);
    }

    #[test]
    fn bytes_of_the_file_are_told_by_their_place() {
        let file = noise(10_000).1;
        let bytes = [b"head", &file[77..9001], b"end"].concat();
        let [head, end] = ["head", "end"].map(|text| Piece::Bytes(STANDARD.encode(text)));
        let expected = Packed(vec![head, Piece::File(77, 8924), end]);
        assert_eq!(Packing::new(&file).pack(&bytes), expected);
    }

    #[test]
    fn a_file_is_told_by_what_makes_it() {
        let (state, file) = noise(1000);
        assert_eq!(FileData::of(&file, noise(1000)), FileData::Noise(state));
        let other: Vec<u8> = file.iter().map(|byte| byte ^ 1).collect();
        let literal = FileData::Bytes(STANDARD.encode(&other));
        assert_eq!(FileData::of(&other, noise(1000)), literal);
        let pattern: Vec<u8> = b"aab".iter().copied().cycle().take(1000).collect();
        assert_eq!(FileData::of(&pattern, noise(1000)), FileData::Repeat(STANDARD.encode("aab")));
        assert_eq!(FileData::of(b"", noise(0)), FileData::Bytes(String::new()));
    }
}
