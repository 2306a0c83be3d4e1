//! How a delivery is written in the file of a case.

use serde::{Deserialize, Serialize};

use crate::protocol::{Delivery, HeadForm};

/// The variants of [`Delivery`] in small letters, as all other values of a case are written. Transcripts that were
/// saved have them in capitals, beside other values in capitals; so had case files of earlier versions.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Delivery", rename_all = "snake_case")]
pub(super) enum Delivered {
    #[serde(alias = "Whole")]
    Whole,
    #[serde(alias = "Reset")]
    Reset,
    #[serde(alias = "Unanswered")]
    Unanswered,
    #[serde(alias = "Truncated")]
    Truncated(usize),
    #[serde(alias = "CutHead")]
    CutHead(usize),
    #[serde(alias = "ResetWithin")]
    ResetWithin(usize),
    #[serde(alias = "ResetAfter")]
    ResetAfter,
    #[serde(alias = "ClosedAfter")]
    ClosedAfter,
    #[serde(alias = "Overstated")]
    Overstated(usize),
    #[serde(alias = "Understated")]
    Understated(usize),
    #[serde(alias = "Chunked")]
    Chunked,
    #[serde(alias = "ChunkedTrailers")]
    ChunkedTrailers,
    #[serde(alias = "ChunkedCase")]
    ChunkedCase,
    #[serde(alias = "Head")]
    Head(HeadForm),
    #[serde(alias = "WithoutLastChunk")]
    WithoutLastChunk,
    #[serde(alias = "UntilClose")]
    UntilClose,
    #[serde(alias = "Dribbled")]
    Dribbled,
    #[serde(alias = "Segmented")]
    Segmented,
    #[serde(alias = "Gzipped")]
    Gzipped,
    #[serde(alias = "Interim")]
    Interim,
    #[serde(alias = "Interims")]
    Interims,
    #[serde(alias = "Early")]
    Early,
    #[serde(alias = "EarlyClosed")]
    EarlyClosed,
    #[serde(alias = "EarlyReset")]
    EarlyReset,
    #[serde(alias = "ContinueLate")]
    ContinueLate,
    #[serde(alias = "ContinueNever")]
    ContinueNever,
    #[serde(alias = "Literal")]
    Literal,
    #[serde(alias = "Held")]
    Held,
    HeldUntilFinish,
    Ahead,
}
