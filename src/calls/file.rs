//! Lists as files: every row that passes, oldest first, read and written in batches from one snapshot.

use std::fs::File;
use std::path::Path;

use super::condition::Conditions;
use super::list::{FORMAT, List, MOST};
use super::request::Request;
use super::rows::{ListedAttempt, ListedCall, Row};
use super::statement::{Order, Sight, count, rows};
use chrono::{DateTime, Utc};

use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::batches::Batches;
use crate::files::{Caption, Heading, workbook};
use crate::input::Query;
use crate::reports::report::{Context, Format, Module};
use crate::table::Cell;
use crate::time::Clock;

/// Rows of a batch.
const BATCH: i64 = 2_000;

/// A finished file.
#[derive(Debug)]
pub struct Written {
    pub file: File,
    pub rows: i64,
    pub caption: Caption,
}

/// A request for a list as a file.
pub struct FileRequest {
    request: Request,
    format: Format,
}

impl FileRequest {
    /// Like [`Request::read`], without a page.
    pub fn read(list: &'static List, raw: &str, path_id: i64) -> Self {
        let mut query = Query::parse(raw, list.file_parameters());
        let format = query.choice_of(&FORMAT, &[Format::Xlsx, Format::Csv]);
        Self {
            request: Request::of_query(list, query, path_id, Sight::Clear),
            format: format.unwrap_or(Format::Xlsx),
        }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// The filters that are given, for the log.
    pub fn filters(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.request.filters()
    }

    /// Writes the file from one snapshot. Its rows wait in files of `temp_dir`.
    pub async fn write(&self, mut scope: Scope, clock: Clock, temp_dir: &Path) -> Result<Written> {
        let made_at = clock.now();
        let tenant = Tenant::load(&mut scope).await?;
        let context = Context {
            tenant: &tenant,
            now: made_at,
        };
        let selected = self.request.select(&mut scope, context).await?;
        scope.plan_by_arguments().await?;
        let calls = &selected.conditions;
        let list = self.request.list();
        let about = About {
            list,
            account: tenant.name.clone(),
            made_at,
            caption: selected.caption.clone(),
        };
        match list.module() {
            Module::Autocall => {
                self.rows::<ListedAttempt>(scope, calls, about, temp_dir)
                    .await
            }
            Module::Telesales => self.rows::<ListedCall>(scope, calls, about, temp_dir).await,
        }
    }

    async fn rows<R: Row>(
        &self,
        mut scope: Scope,
        calls: &Conditions,
        about: About,
        temp_dir: &Path,
    ) -> Result<Written> {
        let total = count::<R>(&mut scope, calls).await?;
        if total > MOST {
            return Err(Error::invalid(FORMAT.name, about.list.too_many(total)));
        }
        let mut file = self.begin::<R>(&about, temp_dir)?;
        let (mut after, mut has_more) = (None, true);
        while has_more {
            let batch = (Order::OldestFirst, BATCH);
            let rows: Vec<R> = rows(&mut scope, calls, after.as_ref(), batch, Sight::Clear).await?;
            after = rows.last().map(Row::position);
            has_more = i64::try_from(rows.len()) == Ok(BATCH);
            let write = move || {
                let cells: Vec<Vec<Cell>> = rows.iter().map(Row::file_cells).collect();
                file.write(&cells).map(|()| file)
            };
            file = aside(write).await?;
        }
        drop(scope);
        aside(move || {
            let file = file.finish(&about.heading())?;
            let caption = about.caption;
            Ok(Written {
                file,
                rows: total,
                caption,
            })
        })
        .await
    }

    fn begin<R: Row>(&self, about: &About, temp_dir: &Path) -> Result<Batches> {
        let file = tempfile::tempfile_in(temp_dir)?;
        let (columns, zone) = (R::file_columns(), about.caption.zone);
        match self.format {
            Format::Xlsx => Batches::xlsx(columns, zone, file, (about.list.file_name(), temp_dir)),
            Format::Csv | Format::Json => Batches::csv(columns, zone, file),
        }
    }
}

/// The description of a file, inside the file.
struct About {
    list: &'static List,
    account: String,
    made_at: DateTime<Utc>,
    caption: Caption,
}

impl About {
    fn heading(&self) -> Heading<'_> {
        Heading {
            title: self.list.title,
            summary: self.list.summary,
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
