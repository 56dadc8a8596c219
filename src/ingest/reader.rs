//! Reads lines from a stream in chunks of bounded size.

use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::time::{Instant, timeout_at};

/// Maximum length of a line, in bytes.
pub const MAX_LINE: usize = 1 << 20;
/// Maximum size of a chunk that is parsed and stored at once, in lines and bytes.
pub const CHUNK_LINES: usize = 10_000;
pub const CHUNK_BYTES: usize = 4 << 20;
/// Maximum time to fill a chunk; a partial one is stored after that.
const CHUNK_TIME: Duration = Duration::from_secs(2);

/// A non-blank line with its number in the stream, from 1; or an item of a JSON body with its
/// index, from 0.
#[derive(Debug)]
pub struct RawLine {
    pub number: u64,
    /// `None` if longer than [`MAX_LINE`].
    pub bytes: Option<Vec<u8>>,
}

pub struct LineReader<R> {
    stream: R,
    number: u64,
    /// First line of the next chunk.
    first: Option<Text>,
    unfinished: Unfinished,
}

/// A line without its line ending; `None` if too long.
type Text = Option<Vec<u8>>;

/// Bytes read of an incomplete line.
#[derive(Default)]
struct Unfinished {
    text: Vec<u8>,
    is_begun: bool,
    is_too_long: bool,
}

impl Unfinished {
    fn add(&mut self, part: &[u8]) {
        self.is_begun = true;
        // One more byte, for a carriage return after a line of maximum length.
        self.is_too_long |= self.text.len() + part.len() > MAX_LINE + 1;
        if !self.is_too_long {
            self.text.extend_from_slice(part);
        }
    }

    fn end(&mut self) -> Option<Text> {
        let Self {
            mut text,
            is_begun,
            is_too_long,
        } = std::mem::take(self);
        if text.last() == Some(&b'\r') {
            text.pop();
        }
        let fits = !is_too_long && text.len() <= MAX_LINE;
        is_begun.then_some(fits.then_some(text))
    }
}

impl<R: AsyncBufRead + Unpin> LineReader<R> {
    pub fn new(stream: R) -> Self {
        Self {
            stream,
            number: 0,
            first: None,
            unfinished: Unfinished::default(),
        }
    }

    /// Waits for the first line of the next chunk. Returns false at the end of the stream.
    pub async fn begin(&mut self) -> std::io::Result<bool> {
        if self.first.is_none() {
            self.first = self.line().await?;
        }
        Ok(self.first.is_some())
    }

    /// Reads at most one chunk of lines, ending two seconds after its first line. Returns `None` at
    /// the end of the stream. A chunk of blank lines is empty.
    pub async fn chunk(&mut self) -> std::io::Result<Option<Vec<RawLine>>> {
        let (mut lines, mut size) = (Vec::new(), 0);
        if !self.begin().await? {
            return Ok(None);
        }
        let until = Instant::now() + CHUNK_TIME;
        while let Some(text) = self.first.take() {
            self.number += 1;
            size += text.as_ref().map_or(MAX_LINE, Vec::len) + 1;
            let is_blank = text
                .as_ref()
                .is_some_and(|text| text.trim_ascii().is_empty());
            if !is_blank {
                lines.push(RawLine {
                    number: self.number,
                    bytes: text,
                });
            }
            if lines.len() >= CHUNK_LINES || size >= CHUNK_BYTES {
                break;
            }
            match timeout_at(until, self.line()).await {
                Ok(next) => self.first = next?,
                Err(_) => break,
            }
        }
        Ok(Some(lines))
    }

    /// Reads the next line; `None` at the end of the stream. Cancel-safe: bytes of an incomplete
    /// line are kept.
    async fn line(&mut self) -> std::io::Result<Option<Text>> {
        loop {
            // A compressed stream can be ready indefinitely; without this, other tasks would
            // starve.
            tokio::task::coop::consume_budget().await;
            let buffer = self.stream.fill_buf().await?;
            if buffer.is_empty() {
                return Ok(self.unfinished.end());
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            self.unfinished.add(&buffer[..end.unwrap_or(buffer.len())]);
            let read = end.map_or(buffer.len(), |end| end + 1);
            self.stream.consume(read);
            if end.is_some() {
                return Ok(self.unfinished.end());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn lines_keep_their_numbers_and_blank_lines_are_skipped() {
        let text = format!("a\n\n  \r\n{}\nb", "x".repeat(MAX_LINE + 1));
        let mut reader = LineReader::new(tokio::io::BufReader::with_capacity(7, text.as_bytes()));
        let lines = reader.chunk().await.unwrap().unwrap();
        let seen: Vec<(u64, Option<&[u8]>)> = lines
            .iter()
            .map(|line| (line.number, line.bytes.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [(1, Some(b"a".as_slice())), (4, None), (5, Some(b"b"))]
        );
        assert!(reader.chunk().await.unwrap().is_none());
    }

    /// A slow client does not hold memory for a chunk.
    #[tokio::test]
    async fn a_chunk_ends_while_its_client_is_silent_and_no_byte_is_lost() {
        let (mut client, stream) = tokio::io::duplex(64);
        let mut reader = LineReader::new(tokio::io::BufReader::new(stream));
        client.write_all(b"a\nb\nhal").await.unwrap();
        let texts = |lines: Vec<RawLine>| {
            lines
                .into_iter()
                .filter_map(|line| line.bytes)
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(reader.chunk().await.unwrap().unwrap()), [b"a", b"b"]);
        client.write_all(b"f\n").await.unwrap();
        drop(client);
        assert_eq!(texts(reader.chunk().await.unwrap().unwrap()), [b"half"]);
        assert!(reader.chunk().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn chunks_are_bounded_for_any_lines() {
        for text in [
            "\n".repeat(3 * CHUNK_BYTES),
            format!("{}\n", "x".repeat(MAX_LINE + 1)).repeat(10),
        ] {
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
