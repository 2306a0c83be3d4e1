use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::access::Access;
use super::leftovers::Leftover;
use super::{HarnessError, lock};
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
    /// The URL of the HTTP proxy behind which the service is, if there is one.
    pub proxy: Option<String>,
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
    on_disk: Arc<Mutex<Option<PlacedFile>>>,
}

impl Job {
    pub(super) fn new(upload: &UploadJob, access: Access, seed: u64) -> Self {
        Self {
            endpoint: access.endpoint(),
            proxy: access.proxy(),
            key: upload.path.key.clone(),
            appid: upload.path.appid.clone(),
            bucket: upload.path.bucket.clone(),
            credentials: upload.credentials.clone(),
            slice_size: upload.slice_size,
            wishes: upload.wishes,
            file: upload.file.clone(),
            upload: upload.clone(),
            seed,
            on_disk: Arc::default(),
        }
    }

    /// The absolute path of a file with the content, which is written when this is first called and
    /// removed with the last clone of the job.
    pub fn file_path(&self) -> io::Result<PathBuf> {
        let mut on_disk = lock(&self.on_disk);
        let placed = match on_disk.take() {
            Some(placed) => placed,
            None => PlacedFile::new(&self.file).map_err(io::Error::other)?,
        };
        Ok(on_disk.insert(placed).path.clone())
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

/// The file to upload on the disk; its folder goes with it.
pub(super) struct PlacedFile {
    pub(super) path: PathBuf,
    _folder: Leftover,
}

impl PlacedFile {
    pub(super) fn new(file: &FileView) -> Result<Self, HarnessError> {
        let cannot = |path: &Path, error: io::Error| {
            HarnessError::Machine(format!(
                "cannot write the file to upload: {}: {error}",
                path.display()
            ))
        };
        let folder = Leftover::folder().map_err(|error| cannot(&std::env::temp_dir(), error))?;
        let path = folder.path().join("slicecheck-upload.bin");
        write(&path, file).map_err(|error| cannot(&path, error))?;
        Ok(Self { path, _folder: folder })
    }
}

/// Writes the runs of a file; what lies between them takes no place on the disk.
fn write(path: &Path, file: &FileView) -> io::Result<()> {
    let written = File::create(path)?;
    written.set_len(file.len())?;
    file.runs().try_for_each(|(offset, run)| written.write_all_at(run, offset))
}
