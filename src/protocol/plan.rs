use std::num::NonZeroU64;

/// The slice size that every document and error code agrees on: 1 MiB [ERR -284, -29095].
pub const DEFAULT_SLICE_SIZE: u64 = 1_048_576;

/// The largest file that is taken, in bytes: 64 GiB [ERR -29105].
pub const LARGEST_FILE: u64 = 64 << 30;

/// Whether some version of the documents, or a client of the service's own, has slices of this many bytes:
/// 64 KiB to 1 MiB, 2 MiB or 3 MiB [DOC16 6067, SDK §6.1].
pub fn is_documented_slice_size(size: u64) -> bool {
    const MIB: u64 = 1 << 20;
    (65_536..=MIB).contains(&size) || size == 2 * MIB || size == 3 * MIB
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A slice size of 0 cuts nothing [ERR -284].
    #[error("the slice size is 0")]
    ZeroSliceSize,
    /// The file has this many bytes, and so more than [`LARGEST_FILE`].
    #[error("a file of {0} bytes is larger than 64 GiB")]
    FileTooLarge(u64),
}

/// How a file is cut: slice *i* starts at *i* × `slice_size`, and only the last is shorter
/// [ERR -29095, INFER §3.3]. All numbers are bytes.
///
/// ```
/// use slicecheck::protocol::SlicePlan;
///
/// let plan = SlicePlan::new(2_500_000, 1_048_576).unwrap();
/// let cuts: Vec<_> = plan.slices().map(|slice| (slice.offset, slice.length)).collect();
/// assert_eq!(cuts, [(0, 1_048_576), (1_048_576, 1_048_576), (2_097_152, 402_848)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlicePlan {
    size: u64,
    slice_size: NonZeroU64,
}

/// One slice, in bytes of the file: its `offset` and its `datalen` [§2.3].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    /// Where it starts, counted from the first byte of the file.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

impl SlicePlan {
    /// A plan for a file of `size` bytes, cut into slices of `slice_size` bytes [INFER §3.3].
    pub fn new(size: u64, slice_size: u64) -> Result<Self, PlanError> {
        let slice_size = NonZeroU64::new(slice_size).ok_or(PlanError::ZeroSliceSize)?;
        if size > LARGEST_FILE {
            return Err(PlanError::FileTooLarge(size));
        }
        Ok(Self { size, slice_size })
    }

    /// The slice size, in bytes.
    pub fn slice_size(self) -> u64 {
        self.slice_size.get()
    }

    /// How many slices there are: the size divided and rounded up; an empty file has none [INFER §6].
    pub fn count(self) -> u64 {
        self.size.div_ceil(self.slice_size.get())
    }

    /// The slices in order.
    pub fn slices(self) -> impl Iterator<Item = Slice> {
        (0..self.count()).filter_map(move |index| self.slice(index))
    }

    /// Slice number `index`, counted from zero.
    pub fn slice(self, index: u64) -> Option<Slice> {
        let offset = index.checked_mul(self.slice_size.get())?;
        let length = self.size.checked_sub(offset)?.min(self.slice_size.get());
        (length > 0).then_some(Slice { offset, length })
    }

    /// The slices that still have to be sent when these have arrived: all that a list reply does not
    /// hold from end to end, whatever it lists in whichever order [§3.2].
    ///
    /// ```
    /// use slicecheck::protocol::{Slice, SlicePlan};
    ///
    /// let plan = SlicePlan::new(30, 10).unwrap();
    /// let held = [Slice { offset: 20, length: 10 }, Slice { offset: 0, length: 9 }];
    /// let missing: Vec<_> = plan.missing(held).map(|slice| slice.offset).collect();
    /// assert_eq!(missing, [0, 10]);
    /// ```
    pub fn missing(self, held: impl IntoIterator<Item = Slice>) -> impl Iterator<Item = Slice> {
        // Joined, as two parts of a list may hold a slice together. Both are in order, so that each
        // run is passed once: a file of 64 GiB has 65,536 slices of a MiB.
        let runs = Slice::merged(held);
        let mut at = 0;
        self.slices().filter(move |slice| {
            while runs.get(at).is_some_and(|run| run.end() < slice.end()) {
                at = at.saturating_add(1);
            }
            !runs.get(at).is_some_and(|run| run.covers(*slice))
        })
    }

    /// The slice that starts at `offset`, if one does.
    pub fn slice_at(self, offset: u64) -> Option<Slice> {
        let index = offset.checked_div(self.slice_size.get())?;
        self.slice(index).filter(|slice| slice.offset == offset)
    }
}

impl Slice {
    /// One past the last byte; `None` if that exceeds 64 bits.
    pub fn end(self) -> Option<u64> {
        self.offset.checked_add(self.length)
    }

    /// Whether every byte of `other` is in this slice.
    pub fn covers(self, other: Self) -> bool {
        // An end beyond 64 bits is `None`, and two of these are equal.
        self.offset <= other.offset && self.end() >= other.end() && other.end().is_some()
    }

    /// The runs of bytes of `0..size` that no slice covers, in order, each as long as it can be.
    ///
    /// ```
    /// use slicecheck::protocol::Slice;
    ///
    /// let slices = [Slice { offset: 6, length: 2 }, Slice { offset: 0, length: 4 }];
    /// let gaps: Vec<_> = Slice::gaps(slices, 10).map(|gap| (gap.offset, gap.length)).collect();
    /// assert_eq!(gaps, [(4, 2), (8, 2)]);
    /// ```
    pub fn gaps(slices: impl IntoIterator<Item = Self>, size: u64) -> impl Iterator<Item = Self> {
        let behind_all = Self { offset: size, length: 0 };
        let runs = Self::merged(slices).into_iter().chain([behind_all]);
        runs.scan(0, move |covered, run| {
            let gap = Self::between(*covered, run.offset.min(size));
            *covered = run.saturating_end();
            Some(gap)
        })
        .filter(|gap| gap.length > 0)
    }

    /// The first byte of `0..size` that no slice covers, or `None` if all are covered.
    pub fn first_gap(slices: impl IntoIterator<Item = Self>, size: u64) -> Option<u64> {
        Self::gaps(slices, size).next().map(|gap| gap.offset)
    }

    /// The runs of bytes that more than one slice covers, in order, each as long as it can be; never
    /// more of them than slices.
    ///
    /// ```
    /// use slicecheck::protocol::Slice;
    ///
    /// let slices = [(0, 4), (2, 4), (8, 4), (9, 1)].map(|(offset, length)| Slice { offset, length });
    /// let twice = Slice::overlaps(slices);
    /// assert_eq!(twice, [Slice { offset: 2, length: 2 }, Slice { offset: 9, length: 1 }]);
    /// ```
    pub fn overlaps(slices: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut reached = 0;
        let shared = Self::sorted(slices).into_iter().map(|slice| {
            let end = slice.saturating_end();
            let shared = Self::between(slice.offset, end.min(reached));
            reached = end.max(reached);
            shared
        });
        Self::merged(shared)
    }

    /// The runs of bytes that slices cover, in order, each as long as it can be; a slice that ends
    /// beyond 64 bits covers what is within them.
    fn merged(slices: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for slice in Self::sorted(slices) {
            let end = slice.saturating_end();
            match runs.last_mut() {
                Some(run) if slice.offset <= run.saturating_end() => {
                    *run = Self::between(run.offset, end.max(run.saturating_end()));
                }
                _ => runs.push(Self::between(slice.offset, end)),
            }
        }
        runs
    }

    /// Those that cover a byte, by offset.
    fn sorted(slices: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut slices: Vec<Self> = slices.into_iter().filter(|slice| slice.length > 0).collect();
        slices.sort_unstable();
        slices
    }

    /// From one byte up to another, empty if that is not after it.
    fn between(offset: u64, end: u64) -> Self {
        Self { offset, length: end.saturating_sub(offset) }
    }

    fn saturating_end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}
