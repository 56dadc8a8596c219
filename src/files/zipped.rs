//! Zip archives: one file after another, each of any size.

use std::io::{self, Seek, Write};

use chrono::{DateTime, Datelike, Timelike, Utc};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::{Error, Result};
use crate::time::Zone;
use crate::time::instant::local;

/// Compression level: fast compression gives a sixth of the size of rows, the best a seventh in four times the time.
const LEVEL: i64 = 1;

/// An archive that is being written. What is written goes into the file that was begun last.
pub struct Zipped<W: Write + Seek> {
    archive: ZipWriter<W>,
    made_at: zip::DateTime,
}

impl<W: Write + Seek> Zipped<W> {
    /// Begins an archive whose files have that time, local to the zone.
    pub fn new(to: W, made_at: DateTime<Utc>, zone: Zone) -> Self {
        Self {
            archive: ZipWriter::new(to),
            made_at: local_time(made_at, zone).unwrap_or_default(),
        }
    }

    /// Begins a file. Zip requires files over 4 GiB to be declared in advance.
    pub fn begin(&mut self, name: &str, is_large: bool) -> Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(self.made_at)
            .large_file(is_large);
        self.archive.start_file(name, options).map_err(failure)
    }

    pub fn finish(self) -> Result<W> {
        self.archive.finish().map_err(failure)
    }
}

impl<W: Write + Seek> Write for Zipped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.archive.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.archive.flush()
    }
}

/// Local time, as zip stores it.
fn local_time(at: DateTime<Utc>, zone: Zone) -> Option<zip::DateTime> {
    let at = local(at, zone);
    let small = |number: u32| u8::try_from(number).ok();
    let year = u16::try_from(at.year()).ok()?;
    let (month, day) = (small(at.month())?, small(at.day())?);
    zip::DateTime::from_date_and_time(
        year,
        month,
        day,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
    )
    .ok()
}

fn failure(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(error) => error.into(),
        other => Error::internal(other),
    }
}
