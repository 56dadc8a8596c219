//! Lines off a stream, in chunks of bounded size, whatever the stream holds.

use std::io::SeekFrom;

use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, BufReader};

use crate::error::{Error, Result};

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 1 << 20;
/// How much is parsed and stored at a time, in lines and in bytes.
pub const CHUNK_LINES: usize = 10_000;
pub const CHUNK_BYTES: usize = 4 << 20;

/// A line that is not blank, with its number in the stream, from 1; or an item of a JSON body with its index, from 0.
#[derive(Debug)]
pub struct RawLine {
    pub number: u64,
    /// None where it was longer than [`MAX_LINE`].
    pub bytes: Option<Vec<u8>>,
}

/// Reads a stream to its end and gives it back off a file of no name, which goes with its last reader.
/// Malformed where the stream breaks off, TooLarge where it has more than `most` bytes.
pub async fn spool<R: AsyncBufRead + Unpin>(stream: R, most: u64) -> Result<BufReader<File>> {
    let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(Error::internal)?;
    let mut file = File::from_std(file.map_err(Error::internal)?);
    let mut stream = stream.take(most.saturating_add(1));
    let read = tokio::io::copy_buf(&mut stream, &mut file).await;
    if read.map_err(|error| Error::Malformed(error.to_string()))? > most {
        return Err(Error::TooLarge);
    }
    file.seek(SeekFrom::Start(0)).await.map_err(Error::internal)?;
    Ok(BufReader::new(file))
}

pub struct LineReader<R> {
    stream: R,
    number: u64,
}

impl<R: AsyncBufRead + Unpin> LineReader<R> {
    pub fn new(stream: R) -> Self {
        Self { stream, number: 0 }
    }

    /// The next lines, at most one chunk of them; None at the end. A chunk of blank lines is empty.
    pub async fn chunk(&mut self) -> std::io::Result<Option<Vec<RawLine>>> {
        let (mut lines, mut size) = (Vec::new(), 0);
        while lines.len() < CHUNK_LINES && size < CHUNK_BYTES {
            let Some(bytes) = self.line().await? else {
                return Ok((size > 0).then_some(lines));
            };
            self.number += 1;
            size += bytes.as_ref().map_or(MAX_LINE, Vec::len) + 1;
            let blank = bytes.as_ref().is_some_and(|bytes| bytes.trim_ascii().is_empty());
            if !blank {
                lines.push(RawLine { number: self.number, bytes });
            }
        }
        Ok(Some(lines))
    }

    /// The next line without its end: Some(None) where it is too long, None at the end of the stream.
    async fn line(&mut self) -> std::io::Result<Option<Option<Vec<u8>>>> {
        let (mut line, mut too_long, mut any) = (Vec::new(), false, false);
        loop {
            // What is packed can always be read on: without this, nobody else would have a turn.
            tokio::task::coop::consume_budget().await;
            let buffer = self.stream.fill_buf().await?;
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            // A carriage return may stand behind the longest line.
            too_long |= line.len() + part.len() > MAX_LINE + 1;
            if !too_long {
                line.extend_from_slice(part);
            }
            let read = end.map_or(buffer.len(), |end| end + 1);
            self.stream.consume(read);
            if end.is_some() {
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        too_long |= line.len() > MAX_LINE;
        Ok(any.then_some((!too_long).then_some(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_keep_their_numbers_and_blank_ones_do_not_count() {
        let text = format!("a\n\n  \r\n{}\nb", "x".repeat(MAX_LINE + 1));
        let mut reader = LineReader::new(tokio::io::BufReader::with_capacity(7, text.as_bytes()));
        let lines = reader.chunk().await.unwrap().unwrap();
        let seen: Vec<(u64, Option<&[u8]>)> = lines.iter().map(|line| (line.number, line.bytes.as_deref())).collect();
        assert_eq!(seen, [(1, Some(b"a".as_slice())), (4, None), (5, Some(b"b"))]);
        assert!(reader.chunk().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn no_chunk_grows_whatever_the_lines_are() {
        for text in ["\n".repeat(3 * CHUNK_BYTES), format!("{}\n", "x".repeat(MAX_LINE + 1)).repeat(10)] {
            let mut reader = LineReader::new(text.as_bytes());
            let (mut chunks, mut numbers) = (0, 0);
            while reader.chunk().await.unwrap().is_some() {
                chunks += 1;
                assert!(reader.number - numbers <= CHUNK_BYTES as u64);
                numbers = reader.number;
            }
            assert!(chunks >= 3, "{chunks}");
        }
    }
}
