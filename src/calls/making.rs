//! The making of a list's file: rows, as they come, into the file in its format, language and layout.
//!
//! Must not know requests, nor where rows come from.

use std::fs::File;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::list::List;
use super::rows::{Row, table_of};
use crate::error::{Error, Result};
use crate::files::batches::Batches;
use crate::files::layout::{TEMPLATE, Wording};
use crate::files::template::{Loaded, TemplateSort};
use crate::files::{Caption, Heading, workbook};
use crate::reports::report::Format;
use crate::table::worded::{titled, worded};
use crate::table::{Column, Table};

/// Rows that are shown outside of the file.
const SHOWN: usize = 20;

/// A finished file.
#[derive(Debug)]
pub struct Written {
    pub file: File,
    pub rows: i64,
    pub caption: Caption,
    /// Its first rows.
    pub first: Table,
    /// Its title, in its language.
    pub title: String,
    pub wording: Wording,
}

/// The directory in which a file is made, and the rows of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct Workshop<'a> {
    pub temp_dir: &'a Path,
    pub rows_a_sheet: u32,
}

/// Watches nothing.
pub fn unwatched(_: u64) -> std::io::Result<()> {
    Ok(())
}

/// Told the number of rows of every batch that is written. An error ends the file.
pub type Watch<'a> = &'a (dyn Fn(u64) -> std::io::Result<()> + Sync);

/// A file that is being written.
pub struct Making {
    file: Batches,
    about: About,
    first: Table,
    rows: i64,
}

impl Making {
    /// Begins a file of rows `R`.
    pub fn begin<R: Row>(about: About, format: Format, shop: Workshop<'_>) -> Result<Self> {
        let file = tempfile::tempfile_in(shop.temp_dir)?;
        let (first, zone) = (about.table::<R>(&[])?, about.caption.zone);
        let file = match format {
            Format::Xlsx => {
                let place = (about.sheet(), shop.temp_dir, shop.rows_a_sheet);
                Batches::xlsx(first.clone(), zone, file, place)?
            }
            Format::Csv | Format::Json => Batches::csv(&first, zone, file)?,
        };
        Ok(Self {
            file,
            about,
            first,
            rows: 0,
        })
    }

    /// Writes rows behind those that are written.
    pub async fn write<R: Row>(mut self, rows: Vec<R>, watch: Watch<'_>) -> Result<Self> {
        let written = rows.len();
        self.rows = self
            .rows
            .saturating_add(i64::try_from(written).unwrap_or(i64::MAX));
        let making = aside(move || {
            let rows = self.about.table(&rows)?.rows;
            self.file.write(&rows)?;
            let missing = SHOWN.saturating_sub(self.first.rows.len());
            self.first.rows.extend(rows.into_iter().take(missing));
            Ok(self)
        });
        let making = making.await?;
        watch(u64::try_from(written).unwrap_or(u64::MAX))?;
        Ok(making)
    }

    pub async fn finish(self) -> Result<Written> {
        aside(move || {
            let title = self.about.title().to_owned();
            let file = self.file.finish(&self.about.heading())?;
            let About {
                caption, wording, ..
            } = self.about;
            Ok(Written {
                file,
                rows: self.rows,
                caption,
                first: self.first,
                title,
                wording,
            })
        })
        .await
    }
}

/// The description of a file, inside the file.
pub struct About {
    pub template: Option<Loaded>,
    pub list: &'static List,
    pub account: String,
    pub made_at: DateTime<Utc>,
    pub caption: Caption,
    pub wording: Wording,
}

impl About {
    /// The rows as the file has them.
    fn table<R: Row>(&self, rows: &[R]) -> Result<Table> {
        let table = table_of(self.list.file_name(), rows);
        let Wording {
            language,
            has_titles,
            ..
        } = self.wording;
        let mut table = worded(table, self.list.report(), language);
        if let Some(Loaded { template, .. }) = &self.template {
            let laid_out = template.lay_out(table, self.list.report(), "");
            // One that another version stored may name none of the columns.
            let none = || Error::invalid(TEMPLATE.name, "has no column of the report.");
            table = laid_out.ok_or_else(none)?;
        }
        Ok(if has_titles { titled(table) } else { table })
    }

    /// The columns that the template sorts by, and which of them begin with the largest value.
    pub fn sorted_by<R: Row>(&self) -> Vec<(&'static Column, bool)> {
        let sort = self.template.iter().flat_map(|it| &it.template.sort);
        let column = |sort: &TemplateSort| {
            let mut columns = R::file_columns().iter();
            Some((columns.find(|column| column.name == sort.field)?, sort.desc))
        };
        sort.filter_map(column).collect()
    }

    fn title(&self) -> &str {
        self.title_or(self.list.about.title)
    }

    /// Name of the sheet of rows.
    fn sheet(&self) -> &str {
        self.title_or(self.list.file_name())
    }

    /// The template's title; without one, that text in words.
    fn title_or(&self, text: &'static str) -> &str {
        let template = self.template.as_ref();
        let title = template.and_then(|loaded| loaded.template.title.as_deref());
        title.unwrap_or_else(|| self.wording.language.tell(text))
    }

    fn heading(&self) -> Heading<'_> {
        let (language, template) = (self.wording.language, self.template.as_ref());
        Heading {
            has_about: template.is_none_or(|loaded| loaded.template.about),
            logo: template.and_then(|loaded| loaded.logo.as_deref()),
            notes: &[],
            language,
            title: self.title(),
            summary: language.tell(self.list.about.summary),
            caption: &self.caption,
            account: &self.account,
            made_at: self.made_at,
            by_hour: None,
        }
    }
}

/// Runs CPU-heavy work without blocking other tasks.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(workbook::panic_cause)?
}
