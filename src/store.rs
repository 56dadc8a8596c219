//! Where finished files are kept: a directory, or a bucket of S3 or of what speaks its language.
//!
//! Owns how a file gets there whole or not at all, and how it is read again. Must not know what is in one, nor when
//! it may go.

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

/// How much is sent at a time: as little as S3 takes.
const PART: usize = 5 << 20;
/// Longest time that S3 signs an address for.
const LONGEST_ADDRESS: Duration = Duration::from_secs(7 * 24 * 3600);
/// While one part is sent, the next is read.
const PARTS_UNDER_WAY: usize = 1;

/// Files by key. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    files: Arc<dyn ObjectStore>,
    place: Place,
    /// Where files are made before they are whole.
    workshop: PathBuf,
}

#[derive(Debug, Clone)]
enum Place {
    Directory(PathBuf),
    /// The bucket, and what stands before our keys in it.
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

/// A file that is there.
#[derive(Debug, Clone)]
pub struct Kept {
    pub key: String,
    pub stored_at: DateTime<Utc>,
}

impl Store {
    /// Opens `s3://bucket/prefix`, its endpoint and keys as the usual `AWS_…` variables have them, or a directory.
    /// Files are made in `data_dir` where the store itself is no place for that. Fails with a sentence for the operator.
    pub fn open(spec: &str, data_dir: &Path) -> Result<Self> {
        match spec.strip_prefix("s3://") {
            Some(bucket) => Self::bucket(bucket, data_dir)
                .map_err(|error| Error::Setup(Cause::from(error).context(format!("{spec}")))),
            None => Self::directory(Path::new(spec)),
        }
    }

    /// A directory, made where it is not there yet.
    pub fn directory(dir: &Path) -> Result<Self> {
        let at = |error: std::io::Error| {
            Error::Setup(Cause::from(error).context(dir.display().to_string()))
        };
        // What is in there is for those who were given a link.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(at)?;
        let dir = fs::canonicalize(dir).map_err(at)?;
        let files = LocalFileSystem::new_with_prefix(&dir).map_err(Error::internal)?;
        let files = Arc::new(files.with_automatic_cleanup(true).with_fsync(true));
        Ok(Self {
            files,
            workshop: dir.clone(),
            place: Place::Directory(dir),
        })
    }

    fn bucket(spec: &str, data_dir: &Path) -> Result<Self, object_store::Error> {
        // One provider of cryptography for the whole program; where there is one already, it stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (name, prefix) = spec.split_once('/').unwrap_or((spec, ""));
        // Whether it is HTTPS is the endpoint's to say.
        let bucket = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_allow_http(true)
            .with_retry(again());
        let bucket = bucket.build()?;
        let bucket = Arc::new(bucket);
        let prefix = Key::parse(prefix.trim_matches('/'))?;
        let _ = fs::create_dir_all(data_dir); // where it cannot be made, no file can, which says so
        let files = Arc::new(PrefixStore::new(Arc::clone(&bucket), prefix.clone()));
        Ok(Self {
            files,
            place: Place::Bucket(bucket, prefix),
            workshop: data_dir.to_owned(),
        })
    }

    /// Where files are made before they are whole: what is left of one there goes away with its process.
    pub fn workshop(&self) -> &Path {
        &self.workshop
    }

    /// Keeps a whole file. Nobody can read it before all of it is there; what fails leaves nothing to be read.
    pub async fn put(&self, key: &str, label: &Label<'_>, mut file: fs::File) -> Result<()> {
        file.rewind()?;
        let mut upload = self.begin(key, label).await.map_err(unavailable)?;
        match send(&mut upload, file).await {
            Ok(()) => upload.finish().await.map(drop).map_err(unavailable),
            Err(error) => {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(key, %error, "an upload that failed could not be taken back");
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

    /// The bytes of a file from `range.start` to before `range.end`. NotFound where it is gone.
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

    /// NotFound where a file is gone.
    pub async fn look(&self, key: &str) -> Result<()> {
        self.files
            .head(&Key::parse(key).map_err(Error::internal)?)
            .await
            .map(drop)
            .map_err(unavailable)
    }

    /// Where a bucket gives the file to whoever asks by that method within that time, seven days at most. None where the
    /// store is a directory.
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
                .signed_url(method, &key, within.min(LONGEST_ADDRESS))
                .await
                .map_err(unavailable)?,
        ))
    }

    /// Removes a file; one that is not there is removed already.
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

    /// Every file there is.
    pub fn list(&self) -> BoxStream<'static, Result<Kept>> {
        let kept = |meta: object_store::ObjectMeta| Kept {
            key: meta.location.into(),
            stored_at: meta.last_modified,
        };
        self.files
            .list(None)
            .map_ok(kept)
            .map_err(unavailable)
            .boxed()
    }

    /// Removes what a process that was killed had not yet given its name, where that is this store's own business
    /// and older than so long. (A bucket has a rule for uploads that were not completed.)
    pub fn remove_unnamed(&self, older_than: Duration) -> Result<()> {
        let Place::Directory(dir) = &self.place else {
            return Ok(());
        };
        Ok(remove_unnamed(dir, SystemTime::now() - older_than)?)
    }
}

/// What passes within seconds is waited for; for what does not, the job is tried again.
fn again() -> RetryConfig {
    RetryConfig {
        max_retries: 4,
        retry_timeout: Duration::from_secs(20),
        ..RetryConfig::default()
    }
}

/// How `LocalFileSystem` calls what it has not finished: the name, `#`, a number.
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
            .wait_for_capacity(PARTS_UNDER_WAY)
            .await
            .map_err(unavailable)?;
        upload.put(part.into());
    }
}

/// What the store refuses is a matter of the store, which may be better later.
fn unavailable(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::NotFound,
        error if is_full(&error) => Error::NoRoom(error.into()),
        error => Error::Unavailable(Cause::from(error).context("the store of files")),
    }
}

/// Whether a disk without room is at the bottom of it.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| crate::error::is_full(error.kind()))
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
