//! Reading of the audit log: pages for clients, and whole for the command line.
//!
//! Owns the shape of an entry. Must not know which events there are: names of actions come from [`audit`](super::audit).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};
use utoipa::ToSchema;
use uuid::Uuid;

use super::audit::Event;
use super::username::username_key;
use crate::db::{Database, Scope, Select};
use crate::envelope::Page;
use crate::error::Result;
use crate::page::PageRequest;
use crate::time::Instant;

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Its id.
    pub id: i64,
    /// Time of the action.
    pub at: Instant,
    /// Author; null for a failed login and on the command line.
    pub actor: Option<EntryActor>,
    /// Client address; null on the command line.
    pub address: Option<String>,
    /// Action, such as campaign.started.
    pub action: String,
    /// Object of the action.
    pub target: EntryTarget,
    /// Old and new value of each changed field. Phones, data of leads and secrets are null.
    pub changes: BTreeMap<String, Vec<Value>>,
}

/// Author of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub struct EntryActor {
    /// The user.
    pub id: i64,
    /// Name of the user.
    pub username: Option<String>,
    /// Id of the token used.
    #[schema(value_type = Option<String>)]
    pub token: Option<Uuid>,
}

/// Object of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditTarget)]
pub struct EntryTarget {
    /// campaign, script, lead, webhook, export, user or token.
    pub kind: String,
    /// Its id.
    pub id: Option<String>,
    /// Its name at that time.
    pub name: Option<String>,
}

impl FromRow<'_, PgRow> for Entry {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let actor = match row.try_get::<Option<i64>, _>("actor_id")? {
            Some(id) => Some(EntryActor {
                id,
                username: row.try_get("actor_name")?,
                token: row.try_get("token")?,
            }),
            None => None,
        };
        let Json(changes) = row.try_get("changes")?;
        Ok(Self {
            id: row.try_get("id")?,
            at: row.try_get("at")?,
            actor,
            address: row.try_get("address")?,
            action: action(row.try_get("event")?),
            target: EntryTarget {
                kind: row.try_get("target_kind")?,
                id: row.try_get("target_id")?,
                name: row.try_get("target_name")?,
            },
            changes,
        })
    }
}

/// The action of a stored event. An event of another version keeps its name.
fn action(stored: String) -> String {
    let event = Event::ALL.iter().find(|event| event.name() == stored);
    event.map_or(stored, |event| event.action().to_owned())
}

/// Filter of a page.
#[derive(Debug, Default)]
pub struct Filter {
    /// Id or name of the actor.
    pub actor: Option<String>,
    pub event: Option<Event>,
    /// Kind, id, or `kind:id` of the target.
    pub target: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub to: Option<DateTime<Utc>>,
}

/// A page of the log, newest entry first.
pub async fn page(scope: &mut Scope, filter: &Filter, page: PageRequest) -> Result<Page<Entry>> {
    let count = scope.select::<(i64,)>(include_str!("sql/count_entries.sql"));
    let count = filtered(count, filter);
    let (total,) = count.fetch_one(scope.connection()).await?;
    let rows = filtered(scope.select(include_str!("sql/entries.sql")), filter)
        .bind(page.per_page)
        .bind(page.offset());
    Ok(page.page(rows.fetch_all(scope.connection()).await?, total))
}

fn filtered<R>(select: Select<R>, filter: &Filter) -> Select<R> {
    let select = select
        .bind(filter.actor.clone())
        .bind(filter.event.map(Event::name))
        .bind(filter.target.clone());
    select
        .bind(filter.from)
        .bind(filter.to)
        .bind(filter.actor.as_deref().map(username_key))
}

/// Filter of a whole log.
#[derive(Debug, Default)]
pub struct EntryFilter {
    pub event: Option<Event>,
    pub since: Option<DateTime<Utc>>,
}

/// Returns the log of the tenant, or of one of its users, oldest entry first.
pub fn list<'a>(
    scope: &'a mut Scope,
    filter: EntryFilter,
    username: Option<&str>,
) -> BoxStream<'a, Result<Entry>> {
    let select = scope
        .select::<Entry>(include_str!("sql/log.sql"))
        .bind(filter.event.map(Event::name));
    let select = select.bind(username.map(username_key)).bind(filter.since);
    select
        .fetch(scope.connection())
        .map(|entry| Ok(entry?))
        .boxed()
}

/// A login under an unknown user name, which belongs to no tenant.
#[derive(Debug, Serialize)]
pub struct UnknownLogin {
    pub at: DateTime<Utc>,
    pub address: Option<String>,
    pub action: String,
    /// Digest of the name. Equal names have equal digests; the name cannot be recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_digest: Option<String>,
}

impl FromRow<'_, PgRow> for UnknownLogin {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            at: row.try_get("at")?,
            address: row.try_get("address")?,
            action: action(row.try_get("event")?),
            name_digest: row.try_get("name_digest")?,
        })
    }
}

/// Passes on logins under unknown user names, oldest first. `name_digests` limits them to names
/// with one of these digests.
pub async fn list_unknown_logins(
    db: &Database,
    filter: EntryFilter,
    name_digests: Option<Vec<String>>,
    mut emit: impl FnMut(UnknownLogin),
) -> Result<()> {
    let mut transaction = db.unknown_logins().await?;
    let select = sqlx::query_as::<_, UnknownLogin>(include_str!("sql/unknown_logins.sql"));
    let select = select.bind(filter.event.map(Event::name));
    let select = select.bind(name_digests).bind(filter.since);
    let mut entries = select.fetch(&mut *transaction);
    while let Some(entry) = entries.next().await {
        emit(entry?);
    }
    Ok(())
}
