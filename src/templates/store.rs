//! Templates as rows: list, find, put, delete, and the one that a file is laid out by.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::db::Scope;
use crate::envelope::Page;
use crate::error::{Error, Faults, Result};
use crate::files::layout::{Layout, TEMPLATE};
use crate::files::template::{Loaded, Template, TemplateColumn, TemplateConditional, TemplateSort};
use crate::page::PageRequest;
use crate::time::Instant;

/// Maximum number of templates of a tenant.
const MAX: i64 = 100;

/// Pattern of names.
pub const NAME_PATTERN: &str = "^[a-z0-9][a-z0-9_-]{0,62}$";

/// True for names of templates.
pub fn is_name(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.len() <= 63
        && text.starts_with(is_part)
        && text
            .chars()
            .all(|letter| is_part(letter) || letter == '_' || letter == '-')
}

/// Fault of a name.
pub const NAME: &str =
    "must have 1 to 63 lower-case letters, digits, - and _, the first a letter or a digit.";

/// A layout of the files of a report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExportTemplate {
    /// Its name.
    pub name: String,
    /// The product and the name of a report: `telesales.dashboard`, `autocall.attempts`.
    pub report: String,
    /// Title of the file, also the name of its sheet; the report's own if null.
    pub title: Option<String>,
    /// Columns, in their order.
    pub columns: Vec<TemplateColumn>,
    /// Order of the rows; the report's own if empty.
    pub sort: Vec<TemplateSort>,
    /// Colors of cells, the first that holds.
    pub conditional: Vec<TemplateConditional>,
    /// The picture on the sheet About, PNG or JPEG in base64. Absent without one, and in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub logo: Option<String>,
    /// True if it has a logo.
    pub has_logo: bool,
    /// False if workbooks have no sheet About.
    pub about: bool,
    /// Time of creation.
    pub created_at: Instant,
    /// Time of the last change.
    pub updated_at: Instant,
}

#[derive(FromRow)]
struct Stored {
    name: String,
    report: String,
    layout: Json<Template>,
    logo: Option<String>,
    has_logo: bool,
    created_at: Instant,
    updated_at: Instant,
}

impl From<Stored> for ExportTemplate {
    fn from(stored: Stored) -> Self {
        let Stored {
            name,
            report,
            layout: Json(layout),
            logo,
            has_logo,
            created_at,
            updated_at,
        } = stored;
        Self {
            name,
            report,
            title: layout.title,
            columns: layout.columns,
            sort: layout.sort,
            conditional: layout.conditional,
            logo,
            has_logo,
            about: layout.about,
            created_at,
            updated_at,
        }
    }
}

impl ExportTemplate {
    /// The template as clients see it.
    pub fn shown(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(Error::internal)
    }
}

/// The tenant's templates, by name.
pub async fn page(scope: &mut Scope, wanted: PageRequest) -> Result<Page<ExportTemplate>> {
    let rows = scope
        .select::<Stored>(include_str!("sql/page.sql"))
        .bind(wanted.per_page)
        .bind(wanted.offset());
    let rows = rows.fetch_all(scope.connection()).await?;
    let rows = rows.into_iter().map(ExportTemplate::from).collect();
    Ok(wanted.page(rows, count(scope).await?))
}

async fn count(scope: &mut Scope) -> Result<i64> {
    let count =
        scope.select::<(i64,)>("select count(*) from export_templates where tenant_id = $1");
    Ok(count.fetch_one(scope.connection()).await?.0)
}

/// One template. `NotFound` if the tenant has none of that name.
pub async fn find(scope: &mut Scope, name: &str) -> Result<ExportTemplate> {
    let found = stored(scope, name).await?;
    found.map(ExportTemplate::from).ok_or(Error::NotFound)
}

async fn stored(scope: &mut Scope, name: &str) -> Result<Option<Stored>> {
    let find = scope
        .select::<Stored>(include_str!("sql/find.sql"))
        .bind(name.to_owned());
    Ok(find.fetch_optional(scope.connection()).await?)
}

/// Serializes changes of the tenant's templates until the end of the transaction, so that a count holds, and keeps schedules
/// from taking one up meanwhile.
pub async fn lock(scope: &mut Scope) -> Result<()> {
    let lock =
        scope.query("select pg_advisory_xact_lock(hashtextextended('export_templates', $1))");
    lock.execute(scope.connection()).await?;
    Ok(())
}

/// Adds or replaces a template, locked by [`lock`]. `before`: the stored one. `Conflict` if the tenant has too many, or if a
/// schedule of another report uses it.
pub async fn put(
    scope: &mut Scope,
    name: &str,
    (report, template, logo): (&str, Template, Option<String>),
    before: Option<&ExportTemplate>,
    now: DateTime<Utc>,
) -> Result<ExportTemplate> {
    if before.is_none() && count(scope).await? >= MAX {
        let most = format!("An account has at most {MAX} export templates.");
        return Err(Error::conflict(most));
    }
    if before.is_some_and(|before| before.report != report) {
        check_unused(scope, name).await?;
    }
    let put = scope
        .query(include_str!("sql/put.sql"))
        .bind(name.to_owned())
        .bind(report.to_owned())
        .bind(Json(template))
        .bind(logo)
        .bind(now);
    put.execute(scope.connection()).await?;
    find(scope, name).await
}

/// Deletes a template, locked by [`lock`]. `Conflict` if a schedule uses it.
pub async fn delete(scope: &mut Scope, name: &str) -> Result<()> {
    check_unused(scope, name).await?;
    let delete = scope
        .query("delete from export_templates where tenant_id = $1 and name = $2")
        .bind(name.to_owned());
    delete.execute(scope.connection()).await?;
    Ok(())
}

async fn check_unused(scope: &mut Scope, name: &str) -> Result<()> {
    let user = scope
        .select::<(String,)>(include_str!("sql/user.sql"))
        .bind(name.to_owned());
    match user.fetch_optional(scope.connection()).await? {
        None => Ok(()),
        Some((user,)) => Err(Error::conflict(format!(
            "The schedule {user} uses this template."
        ))),
    }
}

/// The template of that name, for a file of that report. `Invalid` on `field` if the tenant has none, or one of another
/// report.
pub async fn load(scope: &mut Scope, field: &str, name: &str, report: &str) -> Result<Loaded> {
    let found = match is_name(name) {
        true => stored(scope, name).await?,
        false => None,
    };
    let found = match found {
        None => return Err(Error::invalid(field, "The template was not found.")),
        Some(found) if found.report != report => {
            let rest = format!("The template is one of {}.", found.report);
            return Err(Error::invalid(field, rest));
        }
        Some(found) => found,
    };
    let logo = found.logo.map(|logo| STANDARD.decode(logo));
    Ok(Loaded {
        template: found.layout.0,
        logo: logo.transpose().map_err(Error::internal)?,
    })
}

/// The template that a layout names, if it names one, or its faults ([`refused`]).
pub async fn chosen(
    scope: &mut Scope,
    layout: &Layout,
    report: &str,
) -> Result<Result<Option<Loaded>, Faults>> {
    let Some(name) = &layout.template else {
        return Ok(Ok(None));
    };
    match load(scope, TEMPLATE.name, name, report).await {
        Err(Error::Invalid(faults)) => Ok(Err(faults)),
        found => found.map(|found| Ok(Some(found))),
    }
}

/// The refusal of a request for those faults of its template, besides others that `checked` found.
pub fn refused(faults: Faults, checked: Result<()>) -> Error {
    match checked {
        // What the query names is looked up only without other faults.
        Ok(()) | Err(Error::Missing(_)) => Error::Invalid(faults),
        Err(Error::Invalid(mut others)) => {
            others.merge(faults);
            Error::Invalid(others)
        }
        Err(other) => other,
    }
}
