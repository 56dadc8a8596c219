//! Progress and cancellation, shared by a worker and the writer of its file.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Progress of one attempt at a job.
#[derive(Debug)]
pub struct Progress {
    expected: u64,
    rows: AtomicU64,
    stopped: AtomicBool,
}

/// Progress when all rows are written, in percent. Packing a workbook and storing the file take the rest.
const ROWS_PCT: u64 = 90;

impl Progress {
    /// Progress of a file with that many expected rows.
    pub fn new(expected: u64) -> Self {
        Self {
            expected,
            rows: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    pub fn wrote(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Progress in percent, by rows written.
    pub fn progress_pct(&self) -> i16 {
        let pct = (self.rows() * ROWS_PCT)
            .checked_div(self.expected)
            .unwrap_or(0)
            .min(ROWS_PCT);
        i16::try_from(pct).unwrap_or(0)
    }

    /// Cancels the work.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// An error once cancelled, so that the writer ends.
    pub fn check_cancelled(&self) -> io::Result<()> {
        if self.stopped.load(Ordering::Relaxed) {
            Err(io::Error::other("stopped"))
        } else {
            Ok(())
        }
    }
}

/// A file whose writes fail once cancelled.
pub struct CancelWriter<'a, W>(pub W, pub &'a Progress);

impl<W: Write> Write for CancelWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.check_cancelled()?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Seek> Seek for CancelWriter<'_, W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
