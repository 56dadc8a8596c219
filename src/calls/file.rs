//! Lists as files: every row that passes, oldest first, read and written in batches from one snapshot.

use std::collections::BTreeMap;
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
use crate::auth::audit::Changes;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::batches::Batches;
use crate::files::{Caption, Heading, workbook};
use crate::input::{Choice, Query};
use crate::reports::report::{Context, Format, Module};
use crate::table::{Cell, Table};

/// Rows of a batch.
const BATCH: i64 = 2_000;
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

    /// What the audit log says of a file: its window, its filters and its rows.
    pub fn told(&self, rows: i64, caption: &Caption) -> Changes {
        let mut told: BTreeMap<&str, String> = self.request.filters().collect();
        told.insert(FORMAT.name, self.format.name().to_owned());
        told.insert("rows", rows.to_string());
        if let Some(window) = &caption.window {
            told.insert("window", window.exactly());
        }
        told.into_iter()
            .map(|(name, value)| (name.to_owned(), (Value::Null, value.into())))
            .collect()
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

    /// Checks it in the order of the contract. `NotFound`, `Invalid` or `Missing` accordingly.
    pub async fn check(&self, scope: &mut Scope, context: Context<'_>) -> Result<()> {
        self.request.select(scope, context).await.map(drop)
    }

    /// Writes the file from one snapshot, its window counted from `now`. Its rows wait in files of the directory.
    pub async fn write(
        &self,
        mut scope: Scope,
        (now, made_at): (DateTime<Utc>, DateTime<Utc>),
        shop: Workshop<'_>,
        watch: Watch<'_>,
    ) -> Result<Written> {
        let tenant = Tenant::load(&mut scope).await?;
        let context = Context {
            tenant: &tenant,
            now,
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
        let mut first: Vec<Vec<Cell>> = Vec::new();
        let (mut after, mut has_more, mut written) = (None, true, 0);
        while has_more {
            let batch = (Order::OldestFirst, BATCH);
            let rows: Vec<R> = rows(&mut scope, calls, after.as_ref(), batch, Sight::Clear).await?;
            after = rows.last().map(Row::position);
            let batch = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            has_more = i64::try_from(rows.len()) == Ok(BATCH);
            let missing = SHOWN.saturating_sub(first.len());
            first.extend(rows.iter().take(missing).map(Row::file_cells));
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
            let first = Table {
                name: about.list.file_name(),
                columns: R::file_columns().into(),
                rows: first,
                chart: None,
            };
            Ok(Written {
                file,
                rows: i64::try_from(written).unwrap_or(i64::MAX),
                caption,
                first,
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
