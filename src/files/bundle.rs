//! Several tables in one file, each written batch by batch in bounded memory: a sheet each of a workbook, or a CSV each of a zip.
//!
//! Owns the digests of the tables: each is the SHA-256 of the table's CSV with field names, byte by byte, in either format. The
//! CSV files of a zip are therefore never put into words; what is told about them is. Must not know where rows come from.

use std::fs::File;
use std::io::{self, BufWriter, Sink, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::csv::Writer;
use super::growing::Growing;
use super::zipped::Zipped;
use super::{Heading, about};
use crate::error::{Error, Result};
use crate::table::worded::worded;
use crate::table::{Cell, CellRef, Column, Format, Table};
use crate::time::Zone;
use crate::words::Language;

/// The file of a zip that lists the digests of the others, as `sha256sum --check` reads it.
pub const SUMS: &str = "SHA256SUMS";
/// The file of a zip that says what a workbook says on its sheet `About`.
const ABOUT: &str = "about.csv";
const ABOUT_COLUMNS: &[Column] = &[text("name"), text("value")];

const fn text(name: &'static str) -> Column {
    Column {
        name: std::borrow::Cow::Borrowed(name),
        title: std::borrow::Cow::Borrowed(name),
        format: Format::Text,
    }
}

/// The digest of a table, in hexadecimal.
#[derive(Debug, Clone)]
pub struct Sum {
    /// Name of the table's CSV.
    pub file: String,
    pub sha256: String,
}

/// A file that is being written.
pub struct Bundle {
    zone: Zone,
    language: Language,
    form: Form,
    /// The CSV of the table that rows are added to, with its name, and how the table is called in words.
    table: Option<Begun>,
    sums: Vec<Sum>,
}

struct Begun {
    file: String,
    of: &'static str,
    csv: Box<Writer<Digested>>,
}

enum Form {
    Xlsx(Box<Growing>, File),
    /// `None` while a table is written: its writer holds the archive.
    Csv(Option<Box<Archive>>),
}

type Archive = Zipped<BufWriter<File>>;

/// Bytes on their way into a file, and their digest.
struct Digested {
    digest: Sha256,
    to: To,
}

enum To {
    Archive(Box<Archive>),
    Nowhere(Sink),
}

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.to {
            To::Archive(archive) => archive.write(bytes),
            To::Nowhere(sink) => sink.write(bytes),
        }?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Archive(archive) => archive.flush(),
            To::Nowhere(sink) => sink.flush(),
        }
    }
}

impl Bundle {
    /// Begins a zip of CSV files.
    pub fn csv(archive: Archive, zone: Zone, language: Language) -> Self {
        Self::new(Form::Csv(Some(Box::new(archive))), zone, language)
    }

    /// Begins a workbook, whose rows wait in files of the directory.
    pub fn xlsx(
        file: File,
        zone: Zone,
        language: Language,
        (temp_dir, rows_a_sheet): (&Path, u32),
    ) -> Result<Self> {
        let workbook = Growing::new(zone, temp_dir, rows_a_sheet)?;
        let form = Form::Xlsx(Box::new(workbook), file);
        Ok(Self::new(form, zone, language))
    }

    fn new(form: Form, zone: Zone, language: Language) -> Self {
        Self {
            zone,
            language,
            form,
            table: None,
            sums: Vec::new(),
        }
    }

    /// Begins a table without rows: a CSV by its name, a sheet by the title. `of`: the id of the report that has the words of its
    /// columns.
    pub fn begin(&mut self, head: Table, of: &'static str, title: &'static str) -> Result<()> {
        self.end()?;
        let file = format!("{}.csv", head.name);
        let to = match &mut self.form {
            Form::Csv(archive) => {
                let mut archive = archive.take().ok_or_else(lost)?;
                archive.begin(&file, true)?;
                To::Archive(archive)
            }
            Form::Xlsx(..) => To::Nowhere(io::sink()),
        };
        let digest = Sha256::new();
        let csv = Writer::begin(Digested { digest, to }, &head.columns, self.zone)?;
        self.table = Some(Begun {
            file,
            of,
            csv: Box::new(csv),
        });
        if let Form::Xlsx(workbook, _) = &mut self.form {
            let head = worded(head, of, self.language);
            workbook.begin(self.language.tell(title), head)?;
        }
        Ok(())
    }

    /// Adds rows to the table that was begun last.
    pub fn write(&mut self, rows: Table) -> Result<()> {
        let Some(begun) = &mut self.table else {
            return Ok(());
        };
        for row in &rows.rows {
            begun.csv.record(row.iter().map(CellRef::from))?;
        }
        if let Form::Xlsx(workbook, _) = &mut self.form {
            let rows = worded(rows, begun.of, self.language).rows;
            rows.iter().try_for_each(|row| workbook.write(row))?;
        }
        Ok(())
    }

    /// The digests of the tables, in their order. No row can be added to a table whose digest is told.
    pub fn sums(&mut self) -> Result<&[Sum]> {
        self.end()?;
        Ok(&self.sums)
    }

    fn end(&mut self) -> Result<()> {
        let Some(Begun { file, csv, .. }) = self.table.take() else {
            return Ok(());
        };
        let Digested { digest, to } = csv.finish()?;
        let digest = digest.finalize();
        let hexadecimal = digest.iter().map(|byte| format!("{byte:02x}"));
        self.sums.push(Sum {
            file,
            sha256: hexadecimal.collect(),
        });
        if let (Form::Csv(archive), To::Archive(back)) = (&mut self.form, to) {
            *archive = Some(back);
        }
        Ok(())
    }

    /// Completes the file with what the heading says about it.
    pub fn finish(mut self, heading: &Heading<'_>) -> Result<File> {
        self.end()?;
        match self.form {
            Form::Xlsx(workbook, mut file) => {
                workbook.finish(heading, &mut file)?;
                Ok(file)
            }
            Form::Csv(archive) => {
                let mut archive = *archive.ok_or_else(lost)?;
                archive.begin(ABOUT, false)?;
                let mut csv = Writer::begin(&mut archive, ABOUT_COLUMNS, self.zone)?;
                for (name, value) in about::lines(heading) {
                    let cells = [Cell::Text(name), Cell::Text(value)];
                    csv.record(cells.iter().map(CellRef::from))?;
                }
                csv.finish()?;
                archive.begin(SUMS, false)?;
                for Sum { file, sha256 } in &self.sums {
                    writeln!(archive, "{sha256}  {file}")?;
                }
                let written = archive.finish()?;
                let file = written.into_inner();
                Ok(file.map_err(std::io::IntoInnerError::into_error)?)
            }
        }
    }
}

/// Each table gives the archive back at its end.
fn lost() -> Error {
    Error::internal("bug: an archive without its writer")
}
