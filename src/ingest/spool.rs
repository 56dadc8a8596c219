//! Bodies spooled to disk: those that must be complete before any of it is stored.

use std::io::SeekFrom;
use std::path::Path;

use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncSeekExt, AsyncWriteExt, BufReader};

use super::{Body, Repeatable};
use crate::error::{Error, Result};

/// Reads a stream to its end into an unnamed temporary file in `folder` and returns a reader of it.
/// Returns `Malformed` if the stream breaks off, `TooLarge` if it exceeds `most` bytes, and
/// `NoRoom` if the disk is full.
pub async fn spool<R: AsyncBufRead + Unpin>(
    mut stream: R,
    most: u64,
    folder: &Path,
) -> Result<BufReader<File>> {
    let folder = folder.to_owned();
    let file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder))
        .await
        .map_err(Error::internal)?;
    let mut file = File::from_std(file?);
    let mut size = 0;
    loop {
        tokio::task::coop::consume_budget().await;
        let part = stream
            .fill_buf()
            .await
            .map_err(|error| Error::Malformed(error.to_string()))?;
        let read = part.len();
        if read == 0 {
            break;
        }
        size += read as u64;
        if size > most {
            return Err(Error::TooLarge);
        }
        file.write_all(part).await?;
        stream.consume(read);
    }
    file.flush().await?;
    file.seek(SeekFrom::Start(0)).await?;
    Ok(BufReader::new(file))
}

/// A spooled body that can be read repeatedly.
pub struct Spooled {
    file: File,
    /// Start of the body in the file.
    start: u64,
    is_json: bool,
}

impl Spooled {
    /// Takes a body that has not been read yet.
    pub async fn new(body: Body<BufReader<File>>) -> Result<Self> {
        let (body, is_json) = match body {
            Body::Lines(body) => (body, false),
            Body::Json(body) => (body, true),
        };
        let mut file = body.into_inner();
        let start = file.stream_position().await?;
        Ok(Self {
            file,
            start,
            is_json,
        })
    }
}

impl Repeatable for Spooled {
    type Stream = BufReader<File>;

    /// Readers share one position.
    async fn start(&mut self) -> Result<Body<BufReader<File>>> {
        self.file.seek(SeekFrom::Start(self.start)).await?;
        let body = BufReader::with_capacity(64 << 10, self.file.try_clone().await?);
        Ok(if self.is_json {
            Body::Json(body)
        } else {
            Body::Lines(body)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn spooled(text: &str, most: u64) -> Result<BufReader<File>> {
        spool(text.as_bytes(), most, &std::env::temp_dir()).await
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_spooled_and_one_above_is_too_large() {
        assert!(spooled("12345", 5).await.is_ok());
        assert!(matches!(spooled("123456", 5).await, Err(Error::TooLarge)));
    }
}
