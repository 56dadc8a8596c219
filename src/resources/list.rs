//! Paged lists: the same parameters, filters and statements for every resource.
//!
//! Must not know any resource.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::db::{Scope, Select};
use crate::envelope::Page;
use crate::error::{Error, Result};
use crate::input::{Kind, Parameter, Query};
use crate::page::{self, PAGE, PER_PAGE};
use crate::template;

/// A listed resource: its filters, the statements for a page and for the count, and its documentation.
pub trait Listed:
    for<'r> FromRow<'r, PgRow> + Serialize + ToSchema + Send + Unpin + 'static
{
    const TITLE: &'static str;
    /// Group of operations in the OpenAPI document.
    const TAG: &'static str;
    /// Name of the operation in the OpenAPI document.
    const OPERATION: &'static str;
    /// A complete example body.
    const EXAMPLE: &'static str;
    /// Filters, in the order of their arguments: `$2` and so on, each a text or null. The limit and the offset of a page
    /// follow.
    const FILTERS: &'static [Parameter];
    /// Places of filters that name a row of the tenant, each with a statement that finds the row `$2`.
    const REFERENCES: &'static [(usize, &'static str)] = &[];
    const STATEMENTS: &'static LazyLock<Statements>;
}

/// Statements that select rows of a resource.
#[derive(Debug)]
pub struct Statements {
    /// The row with the id `$2`.
    pub find: String,
    pub page: String,
    pub count: String,
}

impl Statements {
    /// Statements over the rows `r` of a table: their columns, the filter of lists with that many arguments, and their
    /// order.
    pub fn of(table: &str, columns: &str, filter: &str, order: &str, filters: usize) -> Self {
        let (columns, filter) = (template::body(columns), template::body(filter));
        let (limit, offset) = (filters + 2, filters + 3);
        let find: template::Values<'_> = &[("table", &table), ("columns", &columns)];
        let count: template::Values<'_> = &[("table", &table), ("filter", &filter)];
        let page: template::Values<'_> = &[
            ("table", &table),
            ("columns", &columns),
            ("filter", &filter),
            ("order", &order),
            ("limit", &limit),
            ("offset", &offset),
        ];
        let filled = |text, values| template::filled(text, values, |_| None);
        Self {
            find: filled(include_str!("sql/find.sql"), find),
            page: filled(include_str!("sql/page.sql"), page),
            count: filled(include_str!("sql/count.sql"), count),
        }
    }
}

/// Parameters of a list.
pub fn parameters<T: Listed>() -> impl Iterator<Item = &'static Parameter> {
    [&PAGE, &PER_PAGE].into_iter().chain(T::FILTERS)
}

/// The filters and the page.
#[derive(Debug)]
pub struct Wanted {
    page: page::PageRequest,
    filters: Vec<Option<String>>,
}

impl Wanted {
    /// `Invalid` with every faulty parameter.
    pub fn read<T: Listed>(query: &str) -> Result<Self> {
        let mut query = Query::parse(query, parameters::<T>());
        let page = page::PageRequest::read(&mut query);
        let read = |filter: &Parameter| match filter.kind {
            Kind::Id => query.id(filter).map(|id| id.to_string()),
            Kind::IdList { .. } => query.id_list(filter).map(|ids| joined(&ids)),
            Kind::Choice(_) => query.listed(filter).map(str::to_owned),
            _ => query.storable_text(filter),
        };
        let filters = T::FILTERS.iter().map(read).collect();
        query.finish(Some(Self { page, filters }))
    }

    /// Puts another text in place of that filter's, if it is given.
    pub fn map_filter(&mut self, at: usize, change: impl FnOnce(String) -> String) {
        if let Some(filter) = self.filters.get_mut(at) {
            *filter = filter.take().map(change);
        }
    }
}

fn joined(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    ids.join(",")
}

/// The requested page; empty past the last one. `Missing` if a filter names a row that the tenant does not have. `within` is an id that comes before the filters, as `$2`: the resource that
/// the rows belong to.
pub async fn page<T: Listed>(
    scope: &mut Scope,
    wanted: Wanted,
    within: Option<i64>,
) -> Result<Page<T>> {
    let Wanted { page, filters } = wanted;
    for (at, find) in T::REFERENCES {
        if let (Some(filter), Some(Some(id))) = (T::FILTERS.get(*at), filters.get(*at)) {
            let find = scope.query(find).bind(id.clone());
            let found = find.fetch_optional(scope.connection()).await?;
            if let (None, Some(missing)) = (found, Error::missing(filter.plain(), [id])) {
                return Err(missing);
            }
        }
    }
    let count = filtered(
        scope.select::<(i64,)>(&T::STATEMENTS.count),
        within,
        &filters,
    );
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = filtered(scope.select(&T::STATEMENTS.page), within, &filters)
        .bind(page.per_page)
        .bind(page.offset());
    Ok(page.page(rows.fetch_all(scope.connection()).await?, total))
}

fn filtered<R>(select: Select<R>, within: Option<i64>, filters: &[Option<String>]) -> Select<R> {
    let select = match within {
        Some(id) => select.bind(id),
        None => select,
    };
    filters
        .iter()
        .fold(select, |select, filter| select.bind(filter.clone()))
}
