use bytes::Bytes;

use super::{MIB, PLAIN, Random, Scenario};

pub(super) const SCENARIOS: &[Scenario] = &[CRLF, BOUNDARIES, ZEROS];

const CRLF: Scenario = Scenario {
    id: "content/line-ends",
    summary: "a file full of line ends, with line ends on both sides of every cut",
    content: Content::Repeated(b"\r\n\n\r--\r\n"),
    key: "/slicecheck/line-ends.bin",
    undisturbed: true,
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
    undisturbed: true,
    ..PLAIN
};

const ZEROS: Scenario = Scenario {
    id: "content/zeros",
    summary: "a file of zeros, as on the seed page: all slices look alike",
    size: 3 * MIB + 1,
    content: Content::Repeated(b"\0"),
    key: "/slicecheck/zeros.bin",
    undisturbed: true,
    ..PLAIN
};

/// What a file holds.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// Noise from the seed.
    Random,
    /// This, over and over.
    Repeated(&'static [u8]),
}

impl Content {
    pub(super) fn generate(self, size: usize, random: &mut Random) -> Bytes {
        match self {
            Self::Random => random.bytes(size),
            Self::Repeated(pattern) => {
                pattern.iter().copied().cycle().take(size).collect::<Vec<u8>>().into()
            }
        }
    }
}
