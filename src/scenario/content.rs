use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Entry, MIB, Random, plain};
use crate::protocol::{FileView, SlicePlan};

pub(super) fn scenarios() -> Vec<Entry> {
    vec![crlf(), boundaries(), zeros(), every_byte(), text(), last_line_end()]
}

fn crlf() -> Entry {
    Entry {
        id: "content/line-ends",
        summary: "a file full of line ends, with line ends on both sides of every cut",
        // A delimiter begins with a line end (RFC 2046 §5.1.1): who cuts forms carelessly loses some.
        content: Content::Repeated("\r\n\n\r--\r\n".to_owned()),
        key: "/slicecheck/line-ends.bin",
        ..plain()
    }
}

fn boundaries() -> Entry {
    Entry {
        id: "content/delimiters",
        summary: "a file full of lines that look like the delimiters and headers of a form",
        content: Content::Repeated(delimiters()),
        key: "/slicecheck/delimiters.bin",
        ..plain()
    }
}

/// Boundaries that clients have in their source: of RFC 1867 and RFC 2046, of browsers and of tools whose requests are
/// copied, and the words that a programmer writes first. A boundary that is drawn is none of these.
const CONSTANT_BOUNDARIES: &[&str] = &[
    "",
    "--",
    "boundary",
    "Boundary",
    "BOUNDARY",
    "--boundary",
    "----boundary",
    "------------------------",
    "----WebKitFormBoundary",
    "----WebKitFormBoundary7MA4YWxkTrZu0gW",
    "---------------------------7d",
    "---011000010111000001101001",
    "X-INSOMNIA-BOUNDARY",
    "AaB03x",
    "simple boundary",
    "*****",
    "****",
    "===",
    "0",
    "1",
    "123456",
    "1234567890",
    "abc",
    "foo",
    "xxx",
    "XXX",
    "myboundary",
    "MyBoundary",
    "my-boundary",
    "my_boundary",
    "FormBoundary",
    "----FormBoundary",
    "MultipartBoundary",
    "multipart-boundary",
    "BoundaryString",
    "cos-boundary",
    "cosboundary",
    "qcloud",
    "slice",
    "upload",
    "file",
    "d3a8159d13a4446d91ecd2bb1cdfb4f5",
];

/// A delimiter and a closing delimiter of each of them, and in between what a part begins with.
fn delimiters() -> String {
    let part = "Content-Disposition: form-data; name=\"op\"\r\n\r\nupload_slice_finish";
    let lines = |boundary| format!("\r\n--{boundary}\r\n{part}\r\n--{boundary}--");
    CONSTANT_BOUNDARIES.iter().map(lines).chain(["\r\n".to_owned()]).collect()
}

fn zeros() -> Entry {
    Entry {
        id: "content/zeros",
        summary: "a file of zeros, as on the seed page: all slices look alike",
        size: 3 * MIB + 1,
        // Only their offsets tell these slices apart.
        content: Content::Repeated("\0".to_owned()),
        key: "/slicecheck/zeros.bin",
        ..plain()
    }
}

fn every_byte() -> Entry {
    Entry {
        id: "content/every-byte",
        summary: "a file in which each byte follows each other byte",
        size: MIB + 77,
        // Converters change single bytes, or pairs such as CR LF.
        content: Content::EveryPair,
        key: "/slicecheck/every-byte.bin",
        ..plain()
    }
}

fn text() -> Entry {
    Entry {
        id: "content/text",
        summary: "a file of text in UTF-8, with a byte order mark and both kinds of line ends",
        size: MIB + 12,
        // The character 0x1A ends a file that Windows reads as text.
        content: Content::Repeated("\u{feff}Grüße, 世界\nsecond line\r\n\ttab\u{1a}".to_owned()),
        key: "/slicecheck/text.txt",
        ..plain()
    }
}

fn last_line_end() -> Entry {
    Entry {
        id: "content/last-line-end",
        summary: "a file that begins and ends with an empty line",
        size: 1003,
        content: Content::Repeated("\r\n\r\nx\r\n".to_owned()),
        key: "/slicecheck/last-line-end.bin",
        ..plain()
    }
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Noise from the seed.
    #[default]
    Random,
    /// Bytes of which each follows each other one, within 64 KiB.
    EveryPair,
    /// Zeros, and noise in the slices of these indices and in the first.
    Sparse(Vec<u64>),
    /// This, over and over.
    Repeated(String),
}

impl Content {
    pub(super) fn generate(&self, size: usize, slice_size: u64, random: &mut Random) -> FileView {
        match self {
            Self::Random => random.bytes(size).into(),
            Self::Sparse(indices) => sparse(size as u64, slice_size, indices, random),
            Self::EveryPair => {
                // Each step between bytes has a round of its own; a round visits all of them.
                let step = |at: usize| (at >> 8) & 0xff;
                let mut byte = 0_usize;
                let bytes = (0..size).map(|at| {
                    byte = (byte + step(at)) & 0xff;
                    u8::try_from(byte).unwrap_or_default()
                });
                bytes.collect::<Vec<u8>>().into()
            }
            Self::Repeated(pattern) => {
                // None of nothing: then the file is empty.
                let times =
                    size.checked_div(pattern.len()).map_or(0, |whole| whole.saturating_add(1));
                let mut bytes = pattern.as_bytes().repeat(times);
                bytes.truncate(size);
                bytes.into()
            }
        }
    }
}

/// A file of zeros with noise in some slices; in the first, so that it shows where a client that cannot
/// count so far begins again.
fn sparse(size: u64, slice_size: u64, indices: &[u64], random: &mut Random) -> FileView {
    let plan = SlicePlan::new(size, slice_size).ok();
    let indices: BTreeSet<u64> = indices.iter().copied().chain([0]).collect();
    let slices = indices.iter().filter_map(|index| plan?.slice(*index));
    let noise: Vec<(u64, Bytes)> = slices
        .filter_map(|slice| Some((slice.offset, random.bytes(usize::try_from(slice.length).ok()?))))
        .collect();
    FileView::sparse(size, noise).unwrap_or_default()
}
