//! What stands in `data`, by operation.

use serde::Serialize;
use serde_json::Value;

use super::error::{FieldError, ReplyDeviationKind};
use super::json::{JsonNode, JsonObject};

/// What can stand in `data`.
///
/// Objects only: an array of the same values is none of these.
pub trait ReplyContent: Sized {
    /// Reads it leniently: numbers may be strings of digits, a session may be a number, unknown keys do not
    /// matter.
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError>;
}

/// `data` of init and list replies that grant a session [DOC17 6067].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionData {
    /// 1 asks for one data request at a time [DOC17 §2.2].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_upload: Option<i64>,
    /// Opaque; to be repeated as it is [SEED L49].
    pub session: String,
    /// The grid of the slices, in bytes.
    pub slice_size: u64,
}

/// `data` of the reply to a slice [SEED L84–L89].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SliceData {
    /// Bytes received.
    pub datalen: u64,
    /// MD5 of the slice, lower-case hex; empty if it was absent, as in 2016.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub datamd5: String,
    /// Echo of the request's offset, in bytes.
    pub offset: u64,
    /// Echo of the request's session.
    pub session: String,
}

/// `data` of the reply to a list request while the upload is unfinished [DOC17 6070].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListData {
    /// The size announced at init, in bytes.
    pub filesize: u64,
    /// The slices that have arrived, by ascending offset.
    pub listparts: Vec<ListPart>,
    /// The session to go on with.
    pub session: String,
    /// What init announced, if it announced any; clients read it up to a `_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// The grid of the session, in bytes.
    pub slice_size: u64,
}

/// One slice that has arrived, in bytes of the file [DOC17 6070].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListPart {
    /// Its length in bytes.
    pub datalen: u64,
    /// Where it starts, in bytes.
    pub offset: u64,
}

/// `data` of replies that name a finished object [DOC17 6074].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredData {
    /// Address of the service itself, without the content delivery network.
    pub access_url: String,
    /// Address of a preview; in some replies of 2016.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_url: Option<String>,
    /// `/<appid>/<bucket>/<path>`.
    pub resource_path: String,
    /// Address of the origin.
    pub source_url: String,
    /// Address of this API.
    pub url: String,
    /// Version: 32 hex digits and 10 digits of unix time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vid: Option<String>,
}

/// What can be read of `data`, each field for itself: a client may take one of them where it makes
/// nothing of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartialData {
    /// The session: a string, or the digits of a number [SEED L89].
    pub session: Option<String>,
    /// The grid of the slices, in bytes.
    pub slice_size: Option<u64>,
    /// 1 asks for one data request at a time.
    pub serial_upload: Option<i64>,
    /// The slices that have arrived, those that can be read.
    pub listparts: Vec<ListPart>,
    /// Whether there is an address of a finished object.
    pub names_object: bool,
}

/// What init, list and finish replies can mean [DOC17 6067, 6070, 6074].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ReplyData {
    /// An unfinished upload and its slices: `data` has `session`, and `filesize` or `listparts`.
    Listed(ListData),
    /// A session to upload with: `data` has `session`.
    Granted(SessionData),
    /// The object is complete: `data` has no `session`.
    Stored(StoredData),
}

impl ReplyContent for ReplyData {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let object = data.object()?;
        // Without a session there is nothing to go on with, be it absent or null.
        let has = |name| object.get(name).is_some_and(|node| !node.is_null());
        // By the keys, and not by what can be read of them: a list with a broken part is no grant.
        match (has("session"), has("filesize") || has("listparts")) {
            (true, true) => ReplyContent::read(data).map(Self::Listed),
            (true, false) => ReplyContent::read(data).map(Self::Granted),
            (false, _) => ReplyContent::read(data).map(Self::Stored),
        }
    }
}

impl ReplyContent for SessionData {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let object = data.object()?;
        object.notice_keys(&["serial_upload", "session", "slice_size"], &["serial_upload"]);
        Ok(Self {
            serial_upload: object.optional("serial_upload", JsonNode::integer)?,
            session: object.required("session")?.text_or_digits()?,
            slice_size: object.required("slice_size")?.unsigned()?,
        })
    }
}

impl ReplyContent for SliceData {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let object = data.object()?;
        object.notice_keys(&["datalen", "datamd5", "offset", "session"], &[]);
        let digest = object.get("datamd5");
        let datamd5 = digest.map(|node| node.text()).transpose()?.unwrap_or_default();
        if let Some(node) = digest
            && !is_md5(&datamd5)
        {
            node.notice(ReplyDeviationKind::DigestForm);
        }
        Ok(Self {
            datalen: object.required("datalen")?.unsigned()?,
            datamd5,
            offset: object.required("offset")?.unsigned()?,
            session: object.required("session")?.text_or_digits()?,
        })
    }
}

impl ReplyContent for ListData {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let object = data.object()?;
        object.notice_keys(&["filesize", "listparts", "session", "sha", "slice_size"], &["sha"]);
        let listparts = object.get("listparts");
        Ok(Self {
            filesize: object.required("filesize")?.unsigned()?,
            // Guarded against by one SDK, so it may be absent [SDK java FileOp.java:368].
            listparts: match listparts {
                Some(parts) => parts.objects(list_part)?.collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            session: object.required("session")?.text_or_digits()?,
            sha: object.optional("sha", JsonNode::text)?,
            slice_size: object.required("slice_size")?.unsigned()?,
        })
    }
}

fn list_part(part: &JsonObject<'_, '_>) -> Result<ListPart, FieldError> {
    part.notice_keys(&["datalen", "offset"], &[]);
    Ok(ListPart {
        datalen: part.required("datalen")?.unsigned()?,
        offset: part.required("offset")?.unsigned()?,
    })
}

impl ReplyContent for StoredData {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let object = data.object()?;
        let names = ["access_url", "preview_url", "resource_path", "source_url", "url", "vid"];
        object.notice_keys(&names, &["preview_url", "vid"]);
        // Clients tell a finished object by access_url [§2.2]: the other addresses may be absent.
        let text_or_nothing =
            |name| object.get(name).map_or_else(|| Ok(String::new()), |node| node.text());
        Ok(Self {
            access_url: object.required("access_url")?.text()?,
            preview_url: object.optional("preview_url", JsonNode::text)?,
            resource_path: text_or_nothing("resource_path")?,
            source_url: text_or_nothing("source_url")?,
            url: text_or_nothing("url")?,
            vid: object.optional("vid", JsonNode::text)?,
        })
    }
}

impl ReplyContent for PartialData {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        let object = data.object()?;
        // What cannot be read is absent here: a client may take one field from a reply of
        // which it cannot read another.
        let session = object.get("session").and_then(|node| node.text_or_digits().ok());
        let parts = object.get("listparts");
        let parts = parts.as_ref().and_then(|node| node.objects(list_part).ok());
        Ok(Self {
            session,
            slice_size: object.get("slice_size").and_then(|node| node.unsigned().ok()),
            serial_upload: object.get("serial_upload").and_then(|node| node.integer().ok()),
            listparts: parts.into_iter().flatten().flatten().collect(),
            // The SDKs look whether the key is there, and not at its value [§2.2].
            names_object: object.has("access_url"),
        })
    }
}

/// Whatever stands there.
impl ReplyContent for () {
    fn read(_: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        Ok(())
    }
}

/// Whatever stands there, as a tree.
impl ReplyContent for Value {
    fn read(data: &JsonNode<'_, '_>) -> Result<Self, FieldError> {
        serde_json::from_str(data.raw()).map_err(|_| data.expected("what fits into a tree of JSON"))
    }
}

fn is_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
