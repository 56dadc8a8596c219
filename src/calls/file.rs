//! Lists as files: every row that passes, oldest first, read and written in batches from one snapshot.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::condition::Conditions;
use super::list::{FORMAT, List, MOST};
use super::place::Windows;
use super::request::{Request, Selected};
use super::rows::{ListedAttempt, ListedCall, Row};
use super::statement::{Order, Sight, count, rows, sorted};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Map, Value};

use crate::auth::Tenant;
use crate::auth::audit::Changes;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::batches::Batches;
use crate::files::layout::{Layout, TEMPLATE, Wording};
use crate::files::template::{Loaded, TemplateSort};
use crate::files::{Caption, Heading, workbook};
use crate::input::{Choice, Query};
use crate::reports::report::{Context, Format, Module};
use crate::table::worded::{titled, worded};
use crate::table::{Column, Table};
use crate::templates::store;
use crate::words::Language;

/// Rows of a batch.
const ROWS: usize = 2_000;
const BATCH: i64 = ROWS as i64;
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

/// A request for a list as a file.
pub struct FileRequest {
    request: Request,
    format: Format,
    /// Maximum number of rows.
    most: Option<i64>,
    layout: Layout,
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
        let layout = Layout::read(&mut query);
        Self {
            layout,
            request: Request::of_query(list, query, place, Sight::Clear),
            format: format.unwrap_or(Format::Xlsx),
            most: None,
        }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// A file as the audit log has it: its format, window, filters and number of rows.
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
        let (_, selected) = self.select(scope, context).await?;
        let calls = &selected.conditions;
        let rows = match self.request.list().module() {
            Module::Autocall => count::<ListedAttempt>(scope, calls).await?,
            Module::Telesales => count::<ListedCall>(scope, calls).await?,
        };
        Ok((selected.caption, rows))
    }

    /// Checks it in the order of the contract, but for its template. `NotFound`, `Invalid` or `Missing` accordingly.
    pub async fn check(&self, scope: &mut Scope, context: Context<'_>) -> Result<()> {
        self.request.select(scope, context).await.map(drop)
    }

    /// The template and the calls.
    async fn select(
        &self,
        scope: &mut Scope,
        context: Context<'_>,
    ) -> Result<(Option<Loaded>, Selected)> {
        let report = self.request.list().report();
        let template = store::chosen(scope, &self.layout, report).await?;
        let selected = self.request.select(scope, context).await;
        match template {
            Err(faults) => Err(store::refused(faults, selected.map(drop))),
            Ok(template) => Ok((template, selected?)),
        }
    }

    /// Writes the file from one snapshot, its window counted from `now`. Its rows wait in files of the directory. `accepted`: the
    /// client's language.
    pub async fn write(
        &self,
        accepted: Option<Language>,
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
        let (template, selected) = self.select(&mut scope, context).await?;
        let list = self.request.list();
        scope.plan_by_arguments().await?;
        let calls = &selected.conditions;
        let (is_csv, account) = (self.format == Format::Csv, tenant.settings.language);
        let about = About {
            wording: self.layout.wording(is_csv, account, accepted),
            list,
            template,
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
        let order = about.sorted_by::<R>();
        let mut making = self.begin::<R>(about, shop)?;
        let mut written = 0;
        if order.is_empty() {
            let (mut after, mut has_more) = (None, true);
            while has_more {
                let batch = (Order::OldestFirst, BATCH);
                let rows = rows(&mut scope, calls, after.as_ref(), batch, Sight::Clear);
                let rows: Vec<R> = rows.await?;
                after = rows.last().map(Row::position);
                has_more = rows.len() == ROWS;
                let batch = number(&rows);
                written += batch;
                making = making.write(rows).await?;
                watch(batch)?;
            }
        } else {
            let sql = sorted::<R>(calls, &order, self.most.unwrap_or(i64::MAX));
            let rows = calls.bind(scope.select_assembled::<R>(sql));
            let mut batches = rows.fetch(scope.connection()).try_chunks(ROWS);
            while let Some(rows) = batches.next().await {
                let rows = rows.map_err(|error| error.1)?;
                let batch = number(&rows);
                written += batch;
                making = making.write(rows).await?;
                watch(batch)?;
            }
        }
        drop(scope);
        aside(move || {
            let Making { file, about, first } = making;
            let title = about.title().to_owned();
            let file = file.finish(&about.heading())?;
            let About {
                caption, wording, ..
            } = about;
            Ok(Written {
                file,
                rows: i64::try_from(written).unwrap_or(i64::MAX),
                caption,
                first,
                title,
                wording,
            })
        })
        .await
    }

    fn begin<R: Row>(&self, about: About, shop: Workshop<'_>) -> Result<Making> {
        let file = tempfile::tempfile_in(shop.temp_dir)?;
        let (first, zone) = (about.table::<R>(&[])?, about.caption.zone);
        let head = first.clone();
        let file = match self.format {
            Format::Xlsx => {
                let place = (about.sheet(), shop.temp_dir, shop.rows_a_sheet);
                Batches::xlsx(head, zone, file, place)?
            }
            Format::Csv | Format::Json => Batches::csv(head, zone, file)?,
        };
        Ok(Making { file, about, first })
    }
}

fn number<R>(rows: &[R]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

/// A file that is being written.
struct Making {
    file: Batches,
    about: About,
    first: Table,
}

impl Making {
    /// Writes rows behind those that are written.
    async fn write<R: Row>(mut self, rows: Vec<R>) -> Result<Self> {
        aside(move || {
            let rows = self.about.table(&rows)?.rows;
            self.file.write(&rows)?;
            let missing = SHOWN.saturating_sub(self.first.rows.len());
            self.first.rows.extend(rows.into_iter().take(missing));
            Ok(self)
        })
        .await
    }
}

/// The description of a file, inside the file.
struct About {
    template: Option<Loaded>,
    list: &'static List,
    account: String,
    made_at: DateTime<Utc>,
    caption: Caption,
    wording: Wording,
}

impl About {
    /// The rows as the file has them.
    fn table<R: Row>(&self, rows: &[R]) -> Result<Table> {
        let table = Table {
            name: self.list.file_name(),
            columns: Cow::Borrowed(R::file_columns()),
            rows: rows.iter().map(Row::file_cells).collect(),
            chart: None,
            language: Language::English,
            looks: Vec::new(),
        };
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
    fn sorted_by<R: Row>(&self) -> Vec<(&'static Column, bool)> {
        let sort = self.template.iter().flat_map(|it| &it.template.sort);
        let column = |sort: &TemplateSort| {
            let mut columns = R::file_columns().iter();
            Some((columns.find(|column| column.name == sort.field)?, sort.desc))
        };
        sort.filter_map(column).collect()
    }

    fn title(&self) -> &str {
        let template = self.template.as_ref();
        let title = template.and_then(|loaded| loaded.template.title.as_deref());
        title.unwrap_or_else(|| self.wording.language.tell(self.list.title))
    }

    /// Name of the sheet of rows.
    fn sheet(&self) -> &str {
        let template = self.template.as_ref();
        let title = template.and_then(|loaded| loaded.template.title.as_deref());
        title.unwrap_or_else(|| self.wording.language.tell(self.list.file_name()))
    }

    fn heading(&self) -> Heading<'_> {
        let (language, template) = (self.wording.language, self.template.as_ref());
        Heading {
            has_about: template.is_none_or(|loaded| loaded.template.about),
            logo: template.and_then(|loaded| loaded.logo.as_deref()),
            language,
            title: self.title(),
            summary: language.tell(self.list.summary),
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
