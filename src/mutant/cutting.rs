use bytes::Bytes;

use super::{Mutant, SLICING, slicing};
use crate::client::{ClientPolicy, Grid, SlicingPolicy, content};
use crate::protocol::{FileView, Slice, SlicePlan};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "cutting/asked-slice-size",
        summary: "slices have the size that was asked for, whatever the service answers",
        policy: slicing(SlicingPolicy { grid: Grid::Asked, ..SLICING }),
        expected: &["data/length", "flow/slice-size-of-init"],
    },
    Mutant {
        id: "cutting/smaller-slice-size",
        summary: "slices have half the size that was asked for, whatever the service answers",
        policy: slicing(SlicingPolicy { grid: Grid::Share(1, 2), ..SLICING }),
        expected: &["data/length", "data/offset-aligned"],
    },
    Mutant {
        id: "cutting/larger-slice-size",
        summary: "slices have twice the size that was asked for, whatever the service answers",
        policy: slicing(SlicingPolicy { grid: Grid::Share(2, 1), ..SLICING }),
        expected: &["data/length"],
    },
    Mutant {
        id: "cutting/odd-slice-size",
        summary: "a MiB is a million bytes",
        policy: slicing(SlicingPolicy { grid: Grid::Share(1_000_000, 1 << 20), ..SLICING }),
        expected: &["data/length", "data/offset-aligned"],
    },
    Mutant {
        id: "cutting/offset-in-slices",
        summary: "offset counts slices, not bytes",
        policy: placed(|slice, size| slice.offset.checked_div(size).unwrap_or(0).to_string()),
        expected: &["data/offset-aligned", "data/bytes"],
    },
    Mutant {
        id: "cutting/offset-from-one",
        summary: "offset counts bytes from one",
        policy: placed(|slice, _| slice.offset.saturating_add(1).to_string()),
        expected: &["data/offset-aligned", "data/bytes"],
    },
    Mutant {
        id: "cutting/offset-of-end",
        summary: "offset is the end of the slice",
        policy: placed(|slice, _| slice.end().unwrap_or_default().to_string()),
        expected: &["data/bytes", "data/in-file"],
    },
    Mutant {
        id: "cutting/offset-zero",
        summary: "offset is always 0",
        policy: placed(|_, _| "0".to_owned()),
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/offset-hexadecimal",
        summary: "offset is written in hexadecimal digits",
        policy: placed(|slice, _| format!("0x{:x}", slice.offset)),
        expected: &["data/offset-form"],
    },
    Mutant {
        id: "cutting/offset-with-fraction",
        summary: "offset is a floating-point number, printed as such",
        policy: placed(|slice, _| format!("{}.0", slice.offset)),
        expected: &["data/offset-form"],
    },
    Mutant {
        id: "cutting/offset-with-exponent",
        summary: "offset is a floating-point number, printed with an exponent when it is large",
        policy: placed(|slice, _| match slice.offset {
            0 => "0".to_owned(),
            offset => {
                let rest = offset.checked_rem(1_000_000).unwrap_or(0);
                format!("{}.{rest:06}e+06", offset / 1_000_000)
            }
        }),
        expected: &["data/offset-form"],
    },
    Mutant {
        id: "cutting/offset-with-separators",
        summary: "offset is written with separators between thousands",
        policy: placed(|slice, _| match slice.offset {
            0..1000 => slice.offset.to_string(),
            offset => format!("{},{:03}", offset / 1000, offset % 1000),
        }),
        expected: &["data/offset-form"],
    },
    Mutant {
        id: "cutting/offset-of-32-bits",
        summary: "offset is kept in 32 bits with a sign",
        policy: placed(|slice, _| in_32_bits(slice.offset).to_string()),
        expected: &["data/offset-form"],
    },
    Mutant {
        id: "cutting/offset-of-32-bits-unsigned",
        summary: "offset is kept in 32 bits without a sign",
        policy: placed(|slice, _| (slice.offset & 0xffff_ffff).to_string()),
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/last-slice-short",
        summary: "the last slice lacks its last byte",
        policy: filled(|file, slice, _| {
            let content = content(file, slice);
            match slice.end() {
                Some(end) if end == file.len() => content.slice(..content.len().saturating_sub(1)),
                _ => content,
            }
        }),
        expected: &["data/length"],
    },
    Mutant {
        id: "cutting/last-slice-padded",
        summary: "the last slice is sent in a buffer of the slice size, zeros after it",
        policy: filled(|file, slice, _| {
            let mut buffer = content(file, slice).to_vec();
            buffer.resize(buffer.len().max(1 << 20), 0);
            buffer.into()
        }),
        expected: &["data/length", "data/in-file"],
    },
    Mutant {
        id: "cutting/last-slice-dirty",
        summary: "after the last slice stands what the buffer still held of the slice before",
        policy: filled(|file, slice, _| {
            let mut buffer = content(file, slice).to_vec();
            let before = Slice { offset: slice.offset.saturating_sub(1 << 20), length: 1 << 20 };
            let old = content(file, before);
            buffer.extend_from_slice(old.get(buffer.len()..).unwrap_or_default());
            buffer.into()
        }),
        expected: &["data/length", "data/in-file"],
    },
    Mutant {
        id: "cutting/last-slice-forgotten",
        summary: "the number of slices is rounded down",
        policy: chosen(|plan| plan.slices().filter(|of| of.length == plan.slice_size()).collect()),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "cutting/one-slice-too-many",
        summary: "the number of slices is rounded down, and one added",
        policy: chosen(|plan| {
            let after = plan.slices().last().and_then(Slice::end).unwrap_or(0);
            let exact = after.checked_rem(plan.slice_size()) == Some(0);
            let empty = Slice { offset: after, length: 0 };
            plan.slices().chain(exact.then_some(empty)).collect()
        }),
        expected: &["data/content"],
    },
    Mutant {
        id: "cutting/first-slice-forgotten",
        summary: "slices are counted from one",
        policy: chosen(|plan| plan.slices().skip(1).collect()),
        expected: &["finish/after-all-slices"],
    },
    Mutant {
        id: "cutting/overlapping",
        summary: "each slice begins with the last byte of the one before",
        policy: chosen(|plan| {
            let widen = |slice: Slice| match slice.offset {
                0 => slice,
                offset => Slice {
                    offset: offset.saturating_sub(1),
                    length: slice.length.saturating_add(1),
                },
            };
            plan.slices().map(widen).collect()
        }),
        expected: &["data/offset-aligned", "data/length", "data/no-overlap"],
    },
    Mutant {
        id: "cutting/twice",
        summary: "every slice is sent twice",
        policy: chosen(|plan| plan.slices().flat_map(|slice| [slice, slice]).collect()),
        expected: &["data/once"],
    },
    Mutant {
        id: "cutting/never-advances",
        summary: "the first slice is sent for ever: its place is never moved on",
        // More requests than any run takes.
        policy: chosen(|plan| plan.slices().take(1).flat_map(|of| [of; 5000]).collect()),
        expected: &["outcome/no-hang", "outcome/within-bounds", "data/once"],
    },
    Mutant {
        id: "cutting/first-content-for-all",
        summary: "every slice has the content of the first: the file is opened again and not sought",
        policy: filled(|file, slice, _| content(file, Slice { offset: 0, ..slice })),
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/last-content-for-all",
        summary: "every slice has the content of the last: all share one variable",
        policy: filled(|file, slice, _| {
            let end = file.len();
            content(file, Slice { offset: end.saturating_sub(slice.length), ..slice })
        }),
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/neighbours-exchanged",
        summary: "two threads share a file position, and exchange what they read",
        policy: ClientPolicy {
            slicing: SlicingPolicy {
                content: |file, slice, _| {
                    // Flips the lowest bit of the index, so that slices change places in pairs.
                    let other = slice.offset ^ slice.length.next_power_of_two();
                    content(file, Slice { offset: other, ..slice })
                },
                ..ClientPolicy::PARALLEL.slicing
            },
            ..ClientPolicy::PARALLEL
        },
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/text-mode",
        summary: "the file is read as text, with its line ends converted",
        policy: filled(|file, slice, _| {
            let content = content(file, slice);
            let mut text = Vec::with_capacity(content.len());
            for (at, byte) in content.iter().enumerate() {
                if *byte != b'\r' || content.get(at.saturating_add(1)) != Some(&b'\n') {
                    text.push(*byte);
                }
            }
            text.into()
        }),
        expected: &["data/length", "data/bytes"],
    },
    Mutant {
        id: "cutting/as-utf8",
        summary: "the file is read as UTF-8, with a replacement for what is none",
        policy: filled(|file, slice, _| {
            String::from_utf8_lossy(&content(file, slice)).into_owned().into()
        }),
        expected: &["data/length", "data/bytes"],
    },
    Mutant {
        id: "cutting/as-latin1",
        summary: "bytes are taken for letters and sent in UTF-8",
        policy: filled(|file, slice, _| {
            content(file, slice).iter().map(|byte| char::from(*byte)).collect::<String>().into()
        }),
        expected: &["data/length", "data/bytes"],
    },
    Mutant {
        id: "cutting/until-nul",
        summary: "a slice ends at its first zero byte, as a C string",
        policy: filled(|file, slice, _| {
            let content = content(file, slice);
            let end = memchr::memchr(0, &content).unwrap_or(content.len());
            content.slice(..end)
        }),
        expected: &["data/length", "data/content"],
    },
    Mutant {
        id: "cutting/base64",
        summary: "content is sent in base64, and no header says so",
        policy: filled(|file, slice, _| {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD.encode(content(file, slice)).into()
        }),
        expected: &["data/length", "data/bytes"],
    },
    Mutant {
        id: "cutting/line-end-behind",
        summary: "a line end that belongs to the form is sent as content",
        policy: filled(|file, slice, _| [content(file, slice).as_ref(), b"\r\n"].concat().into()),
        expected: &["data/length"],
    },
    Mutant {
        id: "cutting/damaged",
        summary: "one bit of every slice is turned over",
        policy: filled(|file, slice, _| {
            let mut content = content(file, slice).to_vec();
            if let Some(byte) = content.last_mut() {
                *byte ^= 1;
            }
            content.into()
        }),
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/retry-is-empty",
        summary: "another attempt at a slice sends nothing: the stream has been consumed",
        policy: filled(|file, slice, attempt| match attempt {
            1 => content(file, slice),
            _ => Bytes::new(),
        }),
        expected: &["data/content"],
    },
    Mutant {
        id: "cutting/retry-reads-on",
        summary: "another attempt at a slice sends the bytes that follow it in the stream",
        policy: filled(|file, slice, attempt| {
            let after = slice.length.saturating_mul(u64::from(attempt.saturating_sub(1)));
            content(file, Slice { offset: slice.offset.saturating_add(after), ..slice })
        }),
        expected: &["data/bytes"],
    },
    Mutant {
        id: "cutting/ignores-serial-upload",
        summary: "slices are sent in parallel although the service asks for one at a time",
        policy: ClientPolicy {
            slicing: SlicingPolicy { heeds_serial: false, ..ClientPolicy::PARALLEL.slicing },
            ..ClientPolicy::PARALLEL
        },
        expected: &["data/serial"],
    },
    Mutant {
        id: "cutting/backwards",
        summary: "slices go from the last to the first, though the service wants them one at a time",
        policy: ClientPolicy::BACKWARDS,
        expected: &["data/serial-order"],
    },
];

/// What a variable of 32 bits makes of a number.
pub(super) fn in_32_bits(number: u64) -> i32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

const fn placed(offset: fn(Slice, u64) -> String) -> ClientPolicy {
    slicing(SlicingPolicy { offset, ..SLICING })
}

const fn filled(content: fn(&FileView, Slice, u32) -> Bytes) -> ClientPolicy {
    slicing(SlicingPolicy { content, ..SLICING })
}

const fn chosen(slices: fn(SlicePlan) -> Vec<Slice>) -> ClientPolicy {
    slicing(SlicingPolicy { slices, ..SLICING })
}
