use arbitrary::Unstructured;

/// Decisions that are read from bytes: the same bytes always decide the same, and where they end, the first of
/// all that is possible is taken.
pub(super) struct Choices<'a>(Unstructured<'a>);

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// A number below this one; 0 if that is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.choose_index(end).unwrap_or(0)
    }

    /// One of these.
    pub(super) fn one_of<'b, T>(&mut self, all: &'b [T]) -> Option<&'b T> {
        all.get(self.below(all.len()))
    }

    /// Whether something happens that does so once in so many times; it does not once the bytes have ended.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        times > 0 && self.below(times).saturating_add(1) == times
    }
}
