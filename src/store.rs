//! The file store: a directory, or an S3-compatible bucket.
//!
//! Owns atomic uploads and reads. Must not know the content of files, nor when they expire.

use std::fs;
use std::io::{Read, Seek};
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
pub use object_store::signer::Method;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMultipartOptions,
    RetryConfig, WriteMultipart,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::error::{Cause, Error, Result};

/// Size of an upload part: the minimum of S3.
const PART: usize = 5 << 20;
/// Maximum validity of an address signed by S3.
const MAX_ADDRESS_TTL: Duration = Duration::from_secs(7 * 24 * 3600);
/// Number of parts in flight: the next part is read while one is sent.
const PARTS_IN_FLIGHT: usize = 1;

/// Files by key. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    files: Arc<dyn ObjectStore>,
    place: Place,
    /// Directory for temporary files.
    temp_dir: PathBuf,
}

#[derive(Debug, Clone)]
enum Place {
    Directory(PathBuf),
    /// The bucket and the key prefix in it.
    Bucket(Arc<AmazonS3>, Key),
}

/// Headers of a download.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    pub content_type: &'static str,
    pub name: &'a str,
}

impl Label<'_> {
    /// The value of Content-Disposition (RFC 6266): the name in ASCII, for clients that know no other, and in full.
    pub fn disposition(&self) -> String {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'.')
            .remove(b'_')
            .remove(b'~');
        let ascii: String = self
            .name
            .chars()
            .map(|letter| if letter.is_ascii() { letter } else { '_' })
            .collect();
        format!(
            "attachment; filename=\"{ascii}\"; filename*=UTF-8''{}",
            utf8_percent_encode(self.name, KEPT)
        )
    }
}

/// A stored file.
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub key: String,
    pub stored_at: DateTime<Utc>,
}

impl Store {
    /// Opens a directory, or `s3://bucket/prefix` with endpoint and keys in the usual `AWS_…`
    /// variables. Temporary files go to `data_dir` if the store is a bucket. Returns setup errors
    /// for the operator.
    pub fn open(spec: &str, data_dir: &Path) -> Result<Self> {
        match spec.strip_prefix("s3://") {
            Some(bucket) => Self::bucket(bucket, data_dir)
                .map_err(|error| Error::Setup(Cause::from(error).context(spec))),
            None => Self::directory(Path::new(spec)),
        }
    }

    /// Opens a directory, creating it if needed.
    pub fn directory(dir: &Path) -> Result<Self> {
        let at = |error: std::io::Error| {
            Error::Setup(Cause::from(error).context(dir.display().to_string()))
        };
        create_private(dir).map_err(at)?;
        let dir = fs::canonicalize(dir).map_err(at)?;
        let files = LocalFileSystem::new_with_prefix(&dir).map_err(Error::internal)?;
        let files = Arc::new(files.with_automatic_cleanup(true).with_fsync(true));
        Ok(Self {
            files,
            temp_dir: dir.clone(),
            place: Place::Directory(dir),
        })
    }

    /// The store of a command, which makes no exports: it holds nothing. Its directory is the same, and is created only for
    /// temporary files.
    pub fn without_files(spec: &str, data_dir: &Path) -> Self {
        let is_bucket = spec.starts_with("s3://");
        let temp_dir = if is_bucket { data_dir } else { Path::new(spec) }.to_owned();
        Self {
            files: Arc::new(InMemory::new()),
            place: Place::Directory(temp_dir.clone()),
            temp_dir,
        }
    }

    /// Creates the directory for temporary files.
    pub fn create_temp_dir(&self) -> Result<&Path> {
        create_private(&self.temp_dir).map_err(|error| {
            Error::Setup(Cause::from(error).context(self.temp_dir.display().to_string()))
        })?;
        Ok(&self.temp_dir)
    }

    fn bucket(spec: &str, data_dir: &Path) -> Result<Self, object_store::Error> {
        // Installs the TLS crypto provider of the process unless one is installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (name, prefix) = spec.split_once('/').unwrap_or((spec, ""));
        // The endpoint decides between HTTP and HTTPS.
        let bucket = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_allow_http(true)
            .with_retry(retry());
        let bucket = bucket.build()?;
        let bucket = Arc::new(bucket);
        let prefix = Key::parse(prefix.trim_matches('/'))?;
        let _ = fs::create_dir_all(data_dir); // on failure, creating a file reports the error
        let files = Arc::new(PrefixStore::new(Arc::clone(&bucket), prefix.clone()));
        Ok(Self {
            files,
            place: Place::Bucket(bucket, prefix),
            temp_dir: data_dir.to_owned(),
        })
    }

    /// Directory for temporary files, which disappear with the process.
    pub fn temp_dir(&self) -> &Path {
        &self.temp_dir
    }

    /// Stores a complete file. It becomes readable only as a whole; a failed upload leaves nothing.
    pub async fn put(&self, key: &str, label: &Label<'_>, mut file: fs::File) -> Result<()> {
        file.rewind()?;
        let mut upload = self.begin(key, label).await.map_err(unavailable)?;
        match send(&mut upload, file).await {
            Ok(()) => upload.finish().await.map(drop).map_err(unavailable),
            Err(error) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(key, %error, "could not abort a failed upload");
                }
                Err(error)
            }
        }
    }

    async fn begin(&self, key: &str, label: &Label<'_>) -> object_store::Result<WriteMultipart> {
        let mut options = PutMultipartOptions::default();
        if let Place::Bucket(..) = self.place {
            options.attributes = Attributes::from_iter([
                (Attribute::ContentType, label.content_type.to_owned()),
                (Attribute::ContentDisposition, label.disposition()),
            ]);
        }
        let upload = self
            .files
            .put_multipart_opts(&Key::parse(key)?, options)
            .await?;
        Ok(WriteMultipart::new_with_chunk_size(upload, PART))
    }

    /// Reads a byte range of a file. Returns `NotFound` if the file is gone.
    pub async fn read(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        if range.is_empty() {
            return Ok(futures_util::stream::empty().boxed());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let found = self
            .files
            .get_opts(&Key::parse(key).map_err(Error::internal)?, options)
            .await;
        Ok(found
            .map_err(unavailable)?
            .into_stream()
            .map_err(unavailable)
            .boxed())
    }

    /// Checks that a file exists. Returns `NotFound` if it is gone.
    pub async fn look(&self, key: &str) -> Result<()> {
        self.files
            .head(&Key::parse(key).map_err(Error::internal)?)
            .await
            .map(drop)
            .map_err(unavailable)
    }

    /// Returns a signed URL for a file in a bucket, valid for `within`, at most seven days. Returns
    /// `None` if the store is a directory.
    pub async fn address(
        &self,
        key: &str,
        method: Method,
        within: Duration,
    ) -> Result<Option<Url>> {
        let Place::Bucket(bucket, prefix) = &self.place else {
            return Ok(None);
        };
        let key: Key = prefix
            .parts()
            .chain(Key::parse(key).map_err(Error::internal)?.parts())
            .collect();
        Ok(Some(
            bucket
                .signed_url(method, &key, within.min(MAX_ADDRESS_TTL))
                .await
                .map_err(unavailable)?,
        ))
    }

    /// Removes a file. A missing file is not an error.
    pub async fn remove(&self, key: &str) -> Result<()> {
        match self
            .files
            .delete(&Key::parse(key).map_err(Error::internal)?)
            .await
        {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Lists all files.
    pub fn list(&self) -> BoxStream<'static, Result<StoredFile>> {
        let kept = |meta: object_store::ObjectMeta| StoredFile {
            key: meta.location.into(),
            stored_at: meta.last_modified,
        };
        self.files
            .list(None)
            .map_ok(kept)
            .map_err(unavailable)
            .boxed()
    }

    /// Removes unfinished files of killed processes that are older than `older_than`. Only for
    /// directories; buckets have a rule for incomplete uploads.
    pub fn remove_unnamed(&self, older_than: Duration) -> Result<()> {
        let Place::Directory(dir) = &self.place else {
            return Ok(());
        };
        Ok(remove_unnamed(dir, SystemTime::now() - older_than)?)
    }
}

/// Retries for up to 20 s; after that the export job is retried.
fn retry() -> RetryConfig {
    RetryConfig {
        max_retries: 4,
        retry_timeout: Duration::from_secs(20),
        ..RetryConfig::default()
    }
}

/// `LocalFileSystem` names unfinished files with their name, `#` and a number.
fn remove_unnamed(dir: &Path, before: SystemTime) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)?.flatten() {
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            remove_unnamed(&entry.path(), before)?;
        } else if entry.file_name().as_encoded_bytes().contains(&b'#')
            && metadata.modified()? < before
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

async fn send(upload: &mut WriteMultipart, mut file: fs::File) -> Result<()> {
    loop {
        let read = move || {
            let mut part = Vec::with_capacity(PART);
            file.by_ref()
                .take(PART as u64)
                .read_to_end(&mut part)
                .map(|_| (file, part))
        };
        let (rest, part) = tokio::task::spawn_blocking(read)
            .await
            .map_err(Error::internal)??;
        if part.is_empty() {
            return Ok(());
        }
        file = rest;
        upload
            .wait_for_capacity(PARTS_IN_FLIGHT)
            .await
            .map_err(unavailable)?;
        upload.put(part.into());
    }
}

/// Maps an error of the store; most can be transient.
fn unavailable(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::NotFound,
        error if is_full(&error) => Error::NoRoom(error.into()),
        error => Error::Unavailable(Cause::from(error).context("the file store")),
    }
}

/// Returns true if a full disk is among the causes.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| crate::error::is_full(error.kind()))
}

/// Creates a directory that only its owner may read: only holders of a link may read the files. Those above it are created
/// like any other: the data directory is one, and Postgres runs as another user.
fn create_private(dir: &Path) -> std::io::Result<()> {
    if let Some(above) = dir.parent() {
        fs::create_dir_all(above)?;
    }
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_named_in_ascii_and_in_full() {
        let label = Label {
            content_type: "text/csv",
            name: "Gia hạn quý 3_full.xlsx",
        };
        assert_eq!(
            label.disposition(),
            "attachment; filename=\"Gia h_n qu_ 3_full.xlsx\"; filename*=UTF-8''Gia%20h%E1%BA%A1n%20qu%C3%BD%203_full.xlsx"
        );
    }
}
