//! Lists as files: every row that passes, oldest first, read and written in batches from one snapshot.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Map, Value};

use super::condition::Conditions;
use super::list::{FORMAT, List, MOST};
use super::making::{About, Making, Watch, Workshop, Written};
use super::place::Windows;
use super::position::Position;
use super::request::{Request, Selected};
use super::rows::{ListedAttempt, ListedCall, Row};
use super::statement::{Order, Sight, count, rows, sorted};
use crate::auth::Tenant;
use crate::auth::audit::Changes;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::Caption;
use crate::files::layout::Layout;
use crate::files::template::Loaded;
use crate::input::{Choice, Query};
use crate::reports::report::{Context, Format, Module};
use crate::templates::store;
use crate::words::Language;

/// Rows of a batch.
const ROWS: usize = 2_000;
const BATCH: i64 = ROWS as i64;

/// A request for a list as a file.
pub struct FileRequest {
    request: Request,
    format: Format,
    /// Maximum number of rows.
    most: Option<i64>,
    layout: Layout,
}

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

    /// Its rows for another file, in no template.
    pub async fn batches(&self, scope: &mut Scope, context: Context<'_>) -> Result<FileBatches> {
        let selected = self.request.select(scope, context).await?;
        scope.plan_by_arguments().await?;
        Ok(FileBatches::of(selected.conditions))
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
        let mut making = Making::begin::<R>(about, self.format, shop)?;
        if order.is_empty() {
            let mut batches = FileBatches::of(calls.clone());
            while let Some(rows) = batches.next::<R>(&mut scope).await? {
                making = making.write(rows, watch).await?;
            }
        } else {
            let sql = sorted::<R>(calls, &order, self.most.unwrap_or(i64::MAX));
            let rows = calls.bind(scope.select_assembled::<R>(sql));
            let mut batches = rows.fetch(scope.connection()).try_chunks(ROWS);
            while let Some(rows) = batches.next().await {
                let rows = rows.map_err(|error| error.1)?;
                making = making.write(rows, watch).await?;
            }
        }
        drop(scope);
        making.finish().await
    }
}

/// The rows of a file, oldest first, batch by batch.
pub struct FileBatches {
    calls: Conditions,
    after: Option<Position>,
    has_more: bool,
}

impl FileBatches {
    fn of(calls: Conditions) -> Self {
        Self {
            calls,
            after: None,
            has_more: true,
        }
    }

    /// The next rows, from the same snapshot as those before them. `None` behind the last.
    pub async fn next<R: Row>(&mut self, scope: &mut Scope) -> Result<Option<Vec<R>>> {
        if !self.has_more {
            return Ok(None);
        }
        let batch = (Order::OldestFirst, BATCH);
        let rows = rows(scope, &self.calls, self.after.as_ref(), batch, Sight::Clear);
        let rows: Vec<R> = rows.await?;
        self.after = rows.last().map(Row::position);
        self.has_more = rows.len() == ROWS;
        Ok(Some(rows))
    }
}
