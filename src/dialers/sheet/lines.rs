//! Rows of a sheet as ingest lines, made as they are read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::Value;
use tokio::task::spawn_blocking;
use tokio_util::io::StreamReader;

use super::plan::{Plan, Read};
use super::rows::{RowReader, Sheet};
use crate::error::{Error, Result};
use crate::ingest::{Body, Repeatable};

/// Bytes of lines that are made at once, about.
const CHUNK: usize = 256 << 10;

/// A sheet with its plan, whose lines have the numbers of their rows.
pub struct Lines {
    pub sheet: Arc<Sheet>,
    pub plan: Arc<Plan>,
    /// Rows that were left out.
    pub ignored: Arc<AtomicU64>,
}

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

impl Repeatable for Lines {
    type Stream = StreamReader<Chunks, Bytes>;

    async fn start(&mut self) -> Result<Body<Self::Stream>> {
        self.ignored.store(0, Ordering::Relaxed);
        let writer = Writer {
            rows: self.sheet.rows()?,
            plan: self.plan.clone(),
            ignored: self.ignored.clone(),
            line: 0,
            pending: None,
        };
        let chunks = stream::try_unfold(writer, |writer| async {
            let (chunk, writer) = spawn_blocking(|| writer.chunk())
                .await
                .map_err(io::Error::other)?;
            Ok(chunk?.map(|chunk| (chunk, writer)))
        });
        Ok(Body::Lines(StreamReader::new(Box::pin(chunks) as Chunks)))
    }
}

struct Writer {
    rows: RowReader,
    plan: Arc<Plan>,
    ignored: Arc<AtomicU64>,
    /// Number of the line that was written last.
    line: u64,
    /// A line that waits for the blank ones before it.
    pending: Option<(u64, String)>,
}

impl Writer {
    /// The next lines; None at the end.
    fn chunk(mut self) -> (io::Result<Option<Bytes>>, Self) {
        let written = self
            .write()
            .map_err(|error| io::Error::other(error.to_string()));
        (written, self)
    }

    fn write(&mut self) -> Result<Option<Bytes>> {
        let mut text = String::with_capacity(CHUNK + (16 << 10));
        while text.len() < CHUNK {
            let Some((number, line)) = self.next()? else {
                break;
            };
            // Rows without a line are blank lines, so that faults have the numbers of rows.
            while self.line + 1 < number && text.len() < CHUNK {
                text.push('\n');
                self.line += 1;
            }
            if self.line + 1 < number {
                self.pending = Some((number, line));
                break;
            }
            text.push_str(&line);
            text.push('\n');
            self.line = number;
        }
        Ok((!text.is_empty()).then(|| text.into()))
    }

    fn next(&mut self) -> Result<Option<(u64, String)>> {
        if let Some(pending) = self.pending.take() {
            return Ok(Some(pending));
        }
        while let Some((number, cells)) = self.rows.next()? {
            match self.plan.read(cells) {
                Read::Line(line) => return Ok(Some((number, Value::Object(line).to_string()))),
                Read::Ignored => drop(self.ignored.fetch_add(1, Ordering::Relaxed)),
            }
        }
        Ok(None)
    }
}

/// The error of lines that could not be made, which ingest takes for a body that broke off.
pub fn told(error: Error) -> Error {
    match error {
        Error::Malformed(reason) => Error::internal(reason),
        error => error,
    }
}
