use std::num::NonZeroU64;

/// The slice size that every document and error code agrees on: 1 MiB [ERR -284, -29095].
pub const DEFAULT_SLICE_SIZE: u64 = 1_048_576;

/// How a file is cut: slice *i* starts at *i* × `slice_size`, and only the last is shorter.
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

/// One slice, in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    /// Where it starts.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

impl SlicePlan {
    /// A plan for a file of `size` bytes; `None` if the slice size is zero.
    pub fn new(size: u64, slice_size: u64) -> Option<Self> {
        Some(Self { size, slice_size: NonZeroU64::new(slice_size)? })
    }

    /// The slice size.
    pub fn slice_size(self) -> u64 {
        self.slice_size.get()
    }

    /// How many slices there are; an empty file has none.
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
        self.offset <= other.offset && self.end() >= other.end() && other.end().is_some()
    }

    /// The first byte of `0..size` that no slice covers, or `None` if all are covered.
    pub fn first_gap(slices: impl IntoIterator<Item = Self>, size: u64) -> Option<u64> {
        let mut slices: Vec<Self> = slices.into_iter().collect();
        slices.sort_unstable();
        let mut covered = 0;
        for slice in slices {
            if slice.offset > covered {
                break;
            }
            covered = covered.max(slice.end().unwrap_or(u64::MAX));
        }
        (covered < size).then_some(covered)
    }
}
