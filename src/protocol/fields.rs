use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::digest::cumulative_sha1;
use super::op::Op;

/// The fields of one request, before a [`Dialect`](super::Dialect) gives them their form.
///
/// Numbers are ASCII decimal digits, as a form has no other way [SEED L48, E15]. Which field comes
/// first, what it is called and what stands around it is up to the dialect.
///
/// ```
/// use slicecheck::protocol::{Fields, Op};
///
/// let fields = Fields::data("8ad1d23f", 1_048_576, vec![0; 5]);
/// assert_eq!(fields.op(), &Op::Data);
/// assert_eq!(fields.text("offset"), Some("1048576"));
/// ```
#[derive(Clone, Debug)]
pub struct Fields {
    op: Op,
    texts: Vec<(&'static str, String)>,
    content: Option<Bytes>,
}

/// One element of `uploadparts`: a slice, and the SHA-1 of the file up to its end [DOC17 6067].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadPart {
    /// Where the slice starts, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub datalen: u64,
    /// 40 lower-case hex digits, see [`cumulative_sha1`]; empty where there was none to read.
    #[serde(default)]
    pub datasha: String,
}

impl Fields {
    /// The whole file in one request; at most 20 MiB [DOC17 6066].
    pub fn upload(content: impl Into<Bytes>) -> Self {
        Self { content: Some(content.into()), ..Self::new(Op::Upload) }
    }

    /// Opens a sliced upload of `filesize` bytes in slices of `slice_size` bytes [DOC17 6067].
    pub fn init(filesize: u64, slice_size: u64) -> Self {
        Self::new(Op::Init)
            .with("filesize", filesize.to_string())
            .with("slice_size", slice_size.to_string())
    }

    /// One slice, from byte `offset` of the file on [SEED L46-L51].
    pub fn data(session: impl Into<String>, offset: u64, content: impl Into<Bytes>) -> Self {
        let fields =
            Self::new(Op::Data).with("session", session).with("offset", offset.to_string());
        Self { content: Some(content.into()), ..fields }
    }

    /// Asks which slices have arrived; the path alone says of which upload [DOC17 6070].
    pub fn list() -> Self {
        Self::new(Op::List)
    }

    /// Closes a sliced upload of `filesize` bytes [DOC17 6074].
    pub fn finish(session: impl Into<String>, filesize: u64) -> Self {
        Self::new(Op::Finish).with("session", session).with("filesize", filesize.to_string())
    }

    /// Removes what is at the path, finished or not [§2.6].
    pub fn delete() -> Self {
        Self::new(Op::Other("delete".to_owned()))
    }

    /// These fields and another one, or another value of it: `sha`, `biz_attr`, `insertOnly` and
    /// what single SDKs add, such as `datamd5` and `sliceSize` [SDK §9.1].
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.texts.iter_mut().find(|(known, _)| *known == name) {
            // In its place, so that the order in which fields were given stays.
            Some((_, known)) => *known = value,
            None => self.texts.push((name, value)),
        }
        self
    }

    /// The operation.
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// The value of a field other than `op` and `filecontent`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The names of all fields, in the order in which they were given, the content last.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let texts = self.texts.iter().map(|(name, _)| *name);
        ["op"].into_iter().chain(texts).chain(self.content.is_some().then_some("filecontent"))
    }

    /// The value of `filecontent`, shared and not copied.
    pub fn content(&self) -> Option<&Bytes> {
        self.content.as_ref()
    }

    fn new(op: Op) -> Self {
        Self { op, texts: Vec::new(), content: None }
    }
}

impl UploadPart {
    /// The parts of a file that is cut into slices of `slice_size` bytes; `None` unless that is a
    /// multiple of 64, SHA-1's block [CALC §2.2]. An empty file has no parts.
    ///
    /// ```
    /// use slicecheck::protocol::UploadPart;
    ///
    /// let parts = UploadPart::all(&[b'a'; 130], 64).unwrap();
    /// assert_eq!((parts[2].offset, parts[2].datalen), (128, 2));
    /// assert_eq!(parts[0].datasha, "eb6849da1f7c372e528f4e88eb4b5283bdbd4ee7");
    /// ```
    pub fn all(content: &[u8], slice_size: usize) -> Option<Vec<Self>> {
        let shas = cumulative_sha1(content, slice_size)?;
        let mut offset = 0_u64;
        // Never in slices of 0, which would panic: there are no digests for them.
        let parts = content.chunks(slice_size).zip(shas).map(|(slice, datasha)| {
            let datalen = u64::try_from(slice.len()).unwrap_or(u64::MAX);
            let part = Self { offset, datalen, datasha };
            offset = offset.saturating_add(datalen);
            part
        });
        Some(parts.collect())
    }
}
