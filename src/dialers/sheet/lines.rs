//! Rows of a sheet as ingest lines, made as they are read.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio_util::io::StreamReader;

use super::numbers::Numbering;
use super::people::People;
use super::plan::{Numbered, Plan, Read};
use super::rows::{RowReader, Sheet};
use crate::error::{Error, Result};
use crate::ingest::{Body, Repeatable};

/// Rows that are read at once, at most, and their size in bytes, about.
const CHUNK_ROWS: usize = 5_000;
const CHUNK: usize = 1 << 20;
/// Blank lines that are written at once, at most.
const CHUNK_BLANKS: u64 = 256 << 10;

/// A sheet with its plan, whose lines have the numbers of their rows.
#[derive(Clone)]
pub struct Lines {
    pub sheet: Arc<Sheet>,
    pub plan: Arc<Plan>,
    /// Looks up the people that rows name, if the plan has such fields.
    pub people: Option<Arc<People>>,
    /// Numbers the attempts, if the plan has no such field.
    pub numbering: Option<Arc<Numbering>>,
    /// Rows that were left out.
    pub ignored: Arc<AtomicU64>,
    /// The failure that broke the lines off, if one did.
    pub failure: Arc<Mutex<Option<Error>>>,
}

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

impl Repeatable for Lines {
    type Stream = StreamReader<Chunks, Bytes>;

    async fn start(&mut self) -> Result<Body<Self::Stream>> {
        self.ignored.store(0, Ordering::Relaxed);
        let writer = Writer {
            lines: self.clone(),
            reader: Some(Reader::new(self)?),
            line: 0,
            waiting: Vec::new().into_iter(),
            next: None,
        };
        let failure = self.failure.clone();
        let chunks = stream::try_unfold(writer, |mut writer| async {
            Ok(writer.chunk().await?.map(|chunk| (chunk, writer)))
        });
        let told = futures_util::TryStreamExt::map_err(chunks, move |error: Error| {
            let told = io::Error::other(error.to_string());
            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            told
        });
        Ok(Body::Lines(StreamReader::new(Box::pin(told) as Chunks)))
    }
}

impl Lines {
    /// The failure of an ingest of these lines: that of the lines, if they broke off.
    pub fn told(&self, error: Error) -> Error {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take().unwrap_or(error)
    }
}

/// Reads rows as fields.
struct Reader {
    rows: RowReader,
    plan: Arc<Plan>,
    ignored: Arc<AtomicU64>,
}

impl Reader {
    fn new(lines: &Lines) -> Result<Self> {
        Ok(Self {
            rows: lines.sheet.rows()?,
            plan: lines.plan.clone(),
            ignored: lines.ignored.clone(),
        })
    }

    /// The next rows; none at the end.
    fn chunk(&mut self) -> Result<Vec<Numbered>> {
        let (mut read, mut size) = (Vec::new(), 0);
        // No rows mean the end.
        while read.is_empty() || read.len() < CHUNK_ROWS && size < CHUNK {
            let Some((number, cells)) = self.rows.next()? else {
                break;
            };
            size += cells.as_slice().len();
            match self.plan.read(cells) {
                Read::Line(line) => read.push((number, line)),
                Read::Ignored => drop(self.ignored.fetch_add(1, Ordering::Relaxed)),
            }
        }
        Ok(read)
    }

    /// Like `chunk`, in a thread of its own.
    async fn next(mut self) -> Result<(Vec<Numbered>, Self)> {
        let read = spawn_blocking(move || (self.chunk(), self));
        let (rows, reader) = read.await.map_err(Error::internal)?;
        Ok((rows?, reader))
    }
}

struct Writer {
    lines: Lines,
    /// None once it is at its end.
    reader: Option<Reader>,
    /// Number of the line that was written last.
    line: u64,
    waiting: std::vec::IntoIter<Numbered>,
    /// A row that waits for the blank lines before it.
    next: Option<Numbered>,
}

impl Writer {
    /// The next lines; None at the end.
    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let mut text = String::new();
        while text.is_empty() {
            if self.next.is_none() && self.waiting.len() == 0 && !self.read().await? {
                return Ok(None);
            }
            self.write(&mut text);
        }
        Ok(Some(text.into()))
    }

    /// Reads more rows. False at the end.
    async fn read(&mut self) -> Result<bool> {
        let Some(reader) = self.reader.take() else {
            return Ok(false);
        };
        let (mut rows, reader) = reader.next().await?;
        if rows.is_empty() {
            return Ok(false);
        }
        if let Some(people) = &self.lines.people {
            people.place(&mut rows).await?;
        }
        if let Some(numbering) = &self.lines.numbering {
            numbering.rank(&mut rows).await?;
        }
        self.reader = Some(reader);
        self.waiting = rows.into_iter();
        Ok(true)
    }

    /// Writes rows, each on the line of its number. Rows without a line are blank lines.
    fn write(&mut self, text: &mut String) {
        let waiting = self.next.take().into_iter().chain(&mut self.waiting);
        for (number, line) in waiting {
            let missing = number.saturating_sub(self.line + 1);
            let blanks = missing.min(CHUNK_BLANKS);
            text.extend(std::iter::repeat_n(
                '\n',
                usize::try_from(blanks).unwrap_or(0),
            ));
            self.line += blanks;
            if blanks < missing {
                self.next = Some((number, line));
                return;
            }
            text.push_str(&Value::Object(line).to_string());
            text.push('\n');
            self.line = number;
        }
    }
}
