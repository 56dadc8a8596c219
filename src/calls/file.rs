//! Lists as files: every row that passes, oldest first, read and written in batches from one snapshot.

use std::fs::File;
use std::path::Path;

use super::condition::Conditions;
use super::list::{FORMAT, List, MOST};
use super::place::Windows;
use super::request::Request;
use super::rows::{ListedAttempt, ListedCall, Row};
use super::statement::{Order, Sight, count, rows};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

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
    /// Maximum number of rows.
    most: Option<i64>,
}

/// Where a file is made, and its rows a sheet.
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

impl FileRequest {
    /// Like [`Request::read`], without a page.
    pub fn read(list: &'static List, raw: &str, path_id: i64) -> Self {
        let query = Query::parse(raw, list.file_parameters());
        Self {
            most: Some(MOST),
            ..Self::of_query(list, query, (path_id, Windows::OfReports))
        }
    }

    /// The order of a file that is made in the background, by members of a JSON object: of any window, with any number of rows.
    pub fn ordered(list: &'static List, members: &Map<String, Value>) -> Self {
        let query = Query::of_members(members, list.file_parameters());
        Self::of_query(list, query, (0, Windows::Any))
    }

    fn of_query(list: &'static List, mut query: Query, place: (i64, Windows)) -> Self {
        let format = query.choice_of(&FORMAT, &[Format::Xlsx, Format::Csv]);
        Self {
            request: Request::of_query(list, query, place, Sight::Clear),
            format: format.unwrap_or(Format::Xlsx),
            most: None,
        }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// The filters that are given, for the log.
    pub fn filters(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.request.filters()
    }

    /// The description of the file, and the number of its rows now.
    pub async fn look(&self, scope: &mut Scope, context: Context<'_>) -> Result<(Caption, i64)> {
        let selected = self.request.select(scope, context).await?;
        let calls = &selected.conditions;
        let rows = match self.request.list().module() {
            Module::Autocall => count::<ListedAttempt>(scope, calls).await?,
            Module::Telesales => count::<ListedCall>(scope, calls).await?,
        };
        Ok((selected.caption, rows))
    }

    /// Writes the file from one snapshot. Its rows wait in files of the directory.
    pub async fn write(
        &self,
        mut scope: Scope,
        clock: Clock,
        shop: Workshop<'_>,
        watch: Watch<'_>,
    ) -> Result<Written> {
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
                self.rows::<ListedAttempt>((scope, calls), about, shop, watch)
                    .await
            }
            Module::Telesales => {
                self.rows::<ListedCall>((scope, calls), about, shop, watch)
                    .await
            }
        }
    }

    async fn rows<R: Row>(
        &self,
        (mut scope, calls): (Scope, &Conditions),
        about: About,
        shop: Workshop<'_>,
        watch: Watch<'_>,
    ) -> Result<Written> {
        if let Some(most) = self.most {
            let total = count::<R>(&mut scope, calls).await?;
            if total > most {
                return Err(Error::invalid(FORMAT.name, about.list.too_many(total)));
            }
        }
        let mut file = self.begin::<R>(&about, shop)?;
        let (mut after, mut has_more, mut written) = (None, true, 0);
        while has_more {
            let batch = (Order::OldestFirst, BATCH);
            let rows: Vec<R> = rows(&mut scope, calls, after.as_ref(), batch, Sight::Clear).await?;
            after = rows.last().map(Row::position);
            let batch = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            has_more = i64::try_from(rows.len()) == Ok(BATCH);
            let write = move || {
                let cells: Vec<Vec<Cell>> = rows.iter().map(Row::file_cells).collect();
                file.write(&cells).map(|()| file)
            };
            file = aside(write).await?;
            written += batch;
            watch(batch)?;
        }
        drop(scope);
        aside(move || {
            let file = file.finish(&about.heading())?;
            let caption = about.caption;
            Ok(Written {
                file,
                rows: i64::try_from(written).unwrap_or(i64::MAX),
                caption,
            })
        })
        .await
    }

    fn begin<R: Row>(&self, about: &About, shop: Workshop<'_>) -> Result<Batches> {
        let file = tempfile::tempfile_in(shop.temp_dir)?;
        let (columns, zone) = (R::file_columns(), about.caption.zone);
        match self.format {
            Format::Xlsx => Batches::xlsx(
                columns,
                zone,
                file,
                (about.list.file_name(), shop.temp_dir, shop.rows_a_sheet),
            ),
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
