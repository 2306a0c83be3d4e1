use bytes::Bytes;

use super::{MIB, PLAIN, Random, Scenario};

pub(super) const SCENARIOS: &[Scenario] =
    &[CRLF, BOUNDARIES, ZEROS, EVERY_BYTE, TEXT, LAST_LINE_END];

const CRLF: Scenario = Scenario {
    id: "content/line-ends",
    summary: "a file full of line ends, with line ends on both sides of every cut",
    content: Content::Repeated(b"\r\n\n\r--\r\n"),
    key: "/slicecheck/line-ends.bin",
    ..PLAIN
};

const BOUNDARIES: Scenario = Scenario {
    id: "content/delimiters",
    summary: "a file full of lines that look like the delimiters and headers of a form",
    content: Content::Repeated(
        b"\r\n--\r\n----\r\n--boundary\r\n--boundary--\r\n--------------------------\r\n\
          ------WebKitFormBoundary\r\nContent-Disposition: form-data; name=\"op\"\r\n\r\n\
          upload_slice_finish\r\n--d3a8159d13a4446d91ecd2bb1cdfb4f5--\r\n",
    ),
    key: "/slicecheck/delimiters.bin",
    ..PLAIN
};

const ZEROS: Scenario = Scenario {
    id: "content/zeros",
    summary: "a file of zeros, as on the seed page: all slices look alike",
    size: 3 * MIB + 1,
    content: Content::Repeated(b"\0"),
    key: "/slicecheck/zeros.bin",
    ..PLAIN
};

const EVERY_BYTE: Scenario = Scenario {
    id: "content/every-byte",
    summary: "a file in which each byte follows each other byte",
    size: MIB + 77,
    content: Content::EveryPair,
    key: "/slicecheck/every-byte.bin",
    ..PLAIN
};

const TEXT: Scenario = Scenario {
    id: "content/text",
    summary: "a file of text in UTF-8, with a byte order mark and both kinds of line ends",
    size: MIB + 12,
    content: Content::Repeated("\u{feff}Grüße, 世界\nsecond line\r\n\ttab\u{1a}".as_bytes()),
    key: "/slicecheck/text.txt",
    ..PLAIN
};

const LAST_LINE_END: Scenario = Scenario {
    id: "content/last-line-end",
    summary: "a file that begins and ends with an empty line",
    size: 1003,
    content: Content::Repeated(b"\r\n\r\nx\r\n"),
    key: "/slicecheck/last-line-end.bin",
    ..PLAIN
};

/// What a file holds.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// Noise from the seed.
    Random,
    /// Bytes of which each follows each other one, within 64 KiB.
    EveryPair,
    /// This, over and over.
    Repeated(&'static [u8]),
}

impl Content {
    pub(super) fn generate(self, size: usize, random: &mut Random) -> Bytes {
        match self {
            Self::Random => random.bytes(size),
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
                pattern.iter().copied().cycle().take(size).collect::<Vec<u8>>().into()
            }
        }
    }
}
