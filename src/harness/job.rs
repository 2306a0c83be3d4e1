use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::access::Access;
use super::source_file::SourceFile;
use crate::protocol::{Credentials, FileView, UploadJob, Wishes};

/// What a client in the same process is told to upload, and where to.
///
/// ```no_run
/// # async fn upload(job: slicecheck::harness::Job) -> std::io::Result<()> {
/// let url = format!("{}/files/v2/{}/{}", job.endpoint, job.appid, job.bucket); // and the escaped key
/// let content = std::fs::read(job.file_path()?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// The base URL of the service, without a trailing slash.
    pub endpoint: String,
    /// The URL of the HTTP proxy through which the service is reached, if there is one.
    pub proxy: Option<String>,
    /// Where the host of the endpoint is, if it cannot be found by its name.
    pub address: Option<SocketAddr>,
    /// The certificate of the CA to trust, a PEM file, if the endpoint is reached over TLS.
    pub ca: Option<PathBuf>,
    /// The object's path in its bucket, with its leading slash; not escaped.
    pub key: String,
    /// The account.
    pub appid: String,
    /// The bucket.
    pub bucket: String,
    /// The credentials, made for this run.
    pub credentials: Credentials,
    /// The slice size to ask for, in bytes.
    pub slice_size: u64,
    /// Which optional fields to send; a client that cannot claims
    /// [`Unsupported`](crate::protocol::Claim::Unsupported).
    pub wishes: Wishes,
    /// The content to upload.
    pub file: FileView,
    /// The same for the built-in client.
    pub(super) upload: UploadJob,
    pub(super) seed: u64,
    on_disk: SourceFile,
}

impl Job {
    pub(super) fn new(upload: &UploadJob, on_disk: SourceFile, access: Access, seed: u64) -> Self {
        Self {
            ca: access.ca(),
            endpoint: access.endpoint,
            proxy: access.proxy,
            address: access.address,
            key: upload.path.key.clone(),
            appid: upload.path.appid.clone(),
            bucket: upload.path.bucket.clone(),
            credentials: upload.credentials.clone(),
            slice_size: upload.slice_size,
            wishes: upload.wishes,
            file: upload.file.clone(),
            upload: upload.clone(),
            seed,
            on_disk,
        }
    }

    /// The absolute path of a file with the content, which is written when this is first called and
    /// removed with the last clone of the job.
    pub fn file_path(&self) -> io::Result<PathBuf> {
        self.on_disk.path().map_err(io::Error::other)
    }
}

/// Neither the key of the credentials nor the content is written.
impl fmt::Debug for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Job")
            .field("endpoint", &self.endpoint)
            .field("key", &self.key)
            .field("size", &self.file.len())
            .finish_non_exhaustive()
    }
}
