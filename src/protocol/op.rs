use std::fmt;

/// The operation of a request: the value of its field `op` [DOC17 6066–6074].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The whole file in one request.
    Upload,
    /// Opens a sliced upload.
    Init,
    /// Carries one slice.
    Data,
    /// Asks which slices have arrived.
    List,
    /// Closes a sliced upload.
    Finish,
    /// Any other word; it must survive reading to be judged.
    Other(String),
}

impl Op {
    /// The operations of a sliced upload and the simple one, in the order of their pages [DOC17 6066–6074].
    pub const ALL: [Self; 5] = [Self::Upload, Self::Init, Self::Data, Self::List, Self::Finish];

    /// The word on the wire: the value of the field `op` [SEED L47].
    pub fn as_str(&self) -> &str {
        match self {
            Self::Upload => "upload",
            Self::Init => "upload_slice_init",
            Self::Data => "upload_slice_data",
            Self::List => "upload_slice_list",
            Self::Finish => "upload_slice_finish",
            Self::Other(word) => word,
        }
    }

    /// Reads the word on the wire, compared as it is [SEED L47].
    pub fn read(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|op| op.as_str() == word)
            .unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl fmt::Display for Op {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
