use super::op::Op;

mod table;

/// One code of the error table, as the service documents it [ERR §5].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCode {
    /// The number in `code`.
    pub code: i64,
    /// What it says, in a few words.
    pub meaning: &'static str,
    /// The HTTP status it comes with, where one is documented [ERR §5.1].
    pub status: Option<u16>,
    /// What goes into `message`, where it is documented or was seen [SDK §1.6, V1 §5.3].
    pub name: Option<&'static str>,
    /// The operations that answer it.
    pub operations: Operations,
    /// Whether another attempt can help.
    pub retry: Retry,
    /// Which pages list it.
    pub era: Era,
}

/// What a client can do after an error [ERR §5.1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same request is refused again.
    No,
    /// The page says to try again.
    Later,
    /// Transient by its nature, though no page says so `[INFER]`.
    Transient,
    /// List what has arrived, and send the rest.
    Resume,
    /// Sign again, with the right time.
    SignAgain,
    /// Send the missing slices, then finish again.
    ResendSlices,
    /// Nothing is known about it.
    Unknown,
}

/// Which generation of the pages lists a code: the current one `[ERR]`, the predecessor's `[ERR-OLD]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// The current pages alone [ERR §5.1, §5.2].
    Current,
    /// The page of the predecessor API alone [V1 §5.3].
    Legacy,
    /// Both, in the same sense.
    Both,
    /// Both; the predecessor meant something else by it.
    Changed {
        /// What the predecessor called it.
        name: &'static str,
        /// What the predecessor meant.
        meaning: &'static str,
    },
}

/// A set of operations, those that a code is documented for `[ERR]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operations(u8);

impl Operations {
    /// The simple upload [DOC17 6066].
    pub const UPLOAD: Self = Self(1);
    /// Opening a sliced upload [DOC17 6067].
    pub const INIT: Self = Self(2);
    /// Sending a slice [DOC17 6068].
    pub const DATA: Self = Self(4);
    /// Asking which slices have arrived [DOC17 6070].
    pub const LIST: Self = Self(8);
    /// Closing a sliced upload [DOC17 6074].
    pub const FINISH: Self = Self(16);
    /// Those that are about no upload: download, delete, copy, buckets.
    pub const OTHER: Self = Self(32);
    /// All of them.
    pub const ANY: Self = Self(63);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether this operation is one of them.
    pub fn contains(self, op: &Op) -> bool {
        let op = match op {
            Op::Upload => Self::UPLOAD,
            Op::Init => Self::INIT,
            Op::Data => Self::DATA,
            Op::List => Self::LIST,
            Op::Finish => Self::FINISH,
            Op::Other(_) => Self::OTHER,
        };
        self.0 & op.0 != 0
    }
}

impl ErrorCode {
    /// Whether the same request may succeed at another time; the retry column says what else helps
    /// [INFER §5].
    pub fn is_retryable(&self) -> bool {
        matches!(self.retry, Retry::Later | Retry::Transient)
    }
}

/// The error codes of the service `[ERR]`.
///
/// ```
/// use slicecheck::protocol::{Codes, Op};
///
/// let busy = Codes::get(-71).unwrap();
/// assert_eq!((busy.status, busy.name), (Some(503), Some("ERROR_PROXY_FREQ_CONTROL")));
/// assert!(busy.is_retryable() && busy.operations.contains(&Op::Data));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Codes;

impl Codes {
    /// The entry for the `code` of a reply, if a document has it `[ERR]`.
    pub fn get(code: i64) -> Option<&'static ErrorCode> {
        // A test holds the table to its order.
        let at = table::CODES.binary_search_by_key(&code, |known| known.code).ok()?;
        table::CODES.get(at)
    }

    /// All of them, by ascending number `[ERR]`.
    pub fn all() -> &'static [ErrorCode] {
        table::CODES
    }

    /// What the emulated service writes into `message`: the name [ERR-OLD §5.3], or a
    /// neutral word if none is known.
    pub fn message(code: i64) -> &'static str {
        Self::get(code).and_then(|known| known.name).unwrap_or("ERROR")
    }
}

#[cfg(test)]
mod tests {
    use super::{Codes, Era, Retry};

    #[test]
    fn codes_are_unique_and_in_ascending_order() {
        assert!(Codes::all().is_sorted_by(|one, other| one.code < other.code));
        for known in Codes::all() {
            assert_eq!(Codes::get(known.code), Some(known));
        }
        assert_eq!(Codes::get(0), None);
    }

    #[test]
    fn every_documented_status_is_in_the_table_and_no_other() {
        let documented: &[(u16, &[i64])] = &[
            (
                400,
                &[
                    -50152, -46157, -29144, -29138, -29136, -29134, -29133, -29105, -29096, -29095,
                    -5999, -5965, -284, -199, -175,
                ],
            ),
            (403, &[-121, -97, -70, -63, -61, -59, -48, -47]),
            (404, &[-46628, -197, -133]),
            (409, &[-46659, -20034, -4020, -4019, -4016, -178, -177]),
            (451, &[-46646]),
            (500, &[-195]),
            (503, &[-29302, -21095, -5997, -196, -71]),
        ];
        for (status, codes) in documented {
            let with_it = Codes::all().iter().filter(|known| known.status == Some(*status));
            assert_eq!(with_it.map(|known| known.code).collect::<Vec<_>>(), *codes, "{status}");
        }
        let with_any = Codes::all().iter().filter(|known| known.status.is_some()).count();
        assert_eq!(with_any, 40);
    }

    #[test]
    fn another_attempt_can_help_where_the_page_says_so_or_where_time_heals() {
        let of = |retry| {
            let codes = Codes::all().iter().filter(move |known| known.retry == retry);
            codes.map(|known| known.code).collect::<Vec<_>>()
        };
        assert_eq!(of(Retry::Later), [-29302, -21095, -5997, -196, -71]);
        assert_eq!(of(Retry::Transient), [-20034, -5963, -195]);
        assert_eq!(of(Retry::Resume), [-4019]);
        assert_eq!(of(Retry::SignAgain), [-46619, -96, -59]);
        assert_eq!(of(Retry::ResendSlices), [-29144]);
        let retryable = Codes::all().iter().filter(|known| known.is_retryable());
        assert_eq!(retryable.count(), 8);
    }

    #[test]
    fn names_are_those_of_the_predecessors_page_and_of_the_wire() {
        let named = [
            (-61, "ERROR_PROXY_SIGN_BUCKET_NOTMATCH"),
            (-81, "ERROR_PROXY_AUTH_SIGN_EMPTY"),
            (-96, "ERROR_PROXY_AUTH_EXPIRED"),
            (-160, "ERROR_CMD_PARAM_PAHT_FILE_SURPLUS_SLASH"),
            (-177, "ERROR_CMD_COS_FILE_EXIST"),
            (-178, "ERROR_CMD_COS_PATH_CONFLICT"),
            (-197, "ERROR_CMD_FILE_NOTEXIST"),
            (-4016, "ErrNotSameSHA"),
            (-4018, "ERROR_SAME_FILE_UPLOAD"),
            (-4019, "_ERROR_FILE_NOT_FINISH_UPLOAD"),
            (-5980, "ERROR_CGI_PARAM_MISSING_OP"),
            (-9999, "UNKOWN"),
        ];
        for (code, name) in named {
            assert_eq!(Codes::message(code), name);
        }
        let legacy = |known: &&super::ErrorCode| known.era != Era::Current;
        assert_eq!(Codes::all().iter().filter(legacy).count(), 69);
        assert_eq!(Codes::message(-4020), "ERROR");
        assert_eq!(Codes::message(12345), "ERROR");
    }

    #[test]
    fn four_codes_meant_something_else_to_the_predecessor() {
        let changed = Codes::all().iter().filter_map(|known| match known.era {
            Era::Changed { name, .. } => Some((known.code, name)),
            _ => None,
        });
        let expected = [
            (-5991, "ERROR_CGI_SLICE"),
            (-4020, "ErrParamInvalidCheckTypeShouldBeSHA"),
            (-4019, "ErrOffsetToZero"),
            (-199, "ERROR_CMD_FILE_MOVE_ERROR"),
        ];
        assert_eq!(changed.collect::<Vec<_>>(), expected);
    }
}
