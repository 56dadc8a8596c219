//! Decides about stored calls anew: those that ended so that the account gives them another result, all where somebody wants
//! them placed by a changed routing. Reads records in quarantine again after such a change, too.
//!
//! Each batch is one transaction: a report counts a call by its old result or its new one. What is left to do is in
//! `dialer_remaps`, so that another instance goes on where one was killed. Accounts take turns.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::leg::Source;
use super::store::{self, Anew, Door};
use super::{quarantine, retry};
use crate::app::App;
use crate::auth::Tenant;
use crate::db::{Lane, Scope};
use crate::error::{Error, Result};
use crate::supervise;

const EVERY: Duration = Duration::from_secs(2);
/// Postgres advisory lock of the task.
const LOCK: i64 = 0x6361_6c6c_0013;
/// Calls that are decided about in one transaction: doors of the account wait for it.
const CALLS: i64 = 500;
/// Records of quarantine that are read in a turn.
const RECORDS: usize = 100;

/// Name in the count of panics.
pub const TASK: &str = "remapping of causes";

/// Works as long as it is polled. Failures are logged and retried.
pub async fn run(mut app: App) {
    app.db = app.db.lane(Lane::Upkeep);
    supervise::every(TASK, EVERY, || {
        let app = app.clone();
        async move { all(&app).await }
    })
    .await;
}

/// Work of an account, and how far it has come.
#[derive(Debug, FromRow)]
struct Due {
    /// An ending: its vocabulary and name. Or [`ROUTING`], and what is left by a changed one.
    vocabulary: String,
    name: String,
    requested_at: DateTime<Utc>,
    done_source: String,
    done_id: String,
}

/// In place of a vocabulary: work that a changed routing leaves.
const ROUTING: &str = "routing";

/// Work that a changed routing leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// To place stored calls by it.
    Calls,
    /// To read records in quarantine again.
    Quarantine,
}

impl Left {
    const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Quarantine => "quarantine",
        }
    }
}

/// Notes work that a changed routing leaves. Work of that kind that is under way begins again.
pub async fn note(scope: &mut Scope, left: Left, now: DateTime<Utc>) -> Result<()> {
    let note = scope.query(include_str!("sql/note_remaps.sql"));
    let note = note.bind(vec![ROUTING]).bind(vec![left.name()]);
    note.bind(now).execute(scope.connection()).await?;
    Ok(())
}

/// Number of the account's stored calls.
pub async fn calls(scope: &mut Scope) -> Result<i64> {
    let count = scope.select::<(i64,)>("select count(*) from dialer_calls where tenant_id = $1");
    let (calls,) = count.fetch_one(scope.connection()).await?;
    Ok(calls)
}

/// Does the work of all accounts; nothing if another instance does.
pub async fn all(app: &App) -> Result<()> {
    let Some(lease) = app.db.lease(LOCK).await? else {
        return Ok(());
    };
    let done = in_turns(app).await;
    lease.release().await?;
    done
}

async fn in_turns(app: &App) -> Result<()> {
    loop {
        let waiting = sqlx::query_scalar(include_str!("sql/tenants_to_remap.sql"));
        let mut has_worked = false;
        for tenant in app.db.tenants_listed(waiting).await? {
            // One account's failure must not affect the others.
            has_worked |= supervise::attempt(TASK, turn(app, tenant)).await.is_some();
        }
        if !has_worked {
            return Ok(());
        }
    }
}

/// The next batch of an account's oldest work.
async fn turn(app: &App, tenant: i64) -> Result<()> {
    let mut scope = app.db.read(tenant).await?;
    let account = Tenant::load(&mut scope).await?;
    let due = scope.select::<Due>(include_str!("sql/remaps.sql"));
    let due = due.fetch_optional(scope.connection()).await?;
    drop(scope);
    match due {
        Some(due) if due.vocabulary == ROUTING && due.name == Left::Quarantine.name() => {
            read_again(app, &account, &due).await
        }
        Some(due) => decide_anew(app, &account, &due).await,
        None => Ok(()),
    }
}

async fn decide_anew(app: &App, account: &Tenant, due: &Due) -> Result<()> {
    let mut scope = app.db.write_with_events(account.id).await?;
    // Before the calls are looked for: whoever stores one now does it by what has changed, or is done before.
    store::lock(&mut scope).await?;
    let (anew, calls) = if due.vocabulary == ROUTING {
        let find = scope.select::<(String, String)>(include_str!("sql/calls_to_place.sql"));
        (Anew::Places, find)
    } else {
        let find = scope.select::<(String, String)>(include_str!("sql/calls_to_remap.sql"));
        (Anew::Results, find.bind(&due.vocabulary).bind(&due.name))
    };
    let calls = calls.bind(&due.done_source).bind(&due.done_id).bind(CALLS);
    let calls = calls.fetch_all(scope.connection()).await?;
    let Some((source, id)) = calls.last() else {
        return finish(scope, due).await;
    };
    for source in Source::ALL {
        let of = calls.iter().filter(|(name, _)| name == source.name());
        let ids: Vec<String> = of.map(|(_, id)| id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        let door = Door::of(account, source);
        store::again(&mut scope, &door, &ids, anew, app.clock.now()).await?;
    }
    come_to(&mut scope, due, (source, id)).await?;
    scope.commit().await
}

async fn read_again(app: &App, account: &Tenant, due: &Due) -> Result<()> {
    let mut after = due.done_id.parse().unwrap_or(Uuid::nil());
    for _ in 0..RECORDS {
        let mut scope = app.db.read(account.id).await?;
        let until = quarantine::last_of(due.requested_at);
        let kept = quarantine::due(&mut scope, after, until).await?;
        drop(scope);
        let Some(kept) = kept else {
            return finish(app.db.write(account.id).await?, due).await;
        };
        after = kept.id;
        match retry::one(&app.db, account, kept, app.clock.now()).await {
            Ok(_) | Err(Error::Conflict(..)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut scope = app.db.write(account.id).await?;
    come_to(&mut scope, due, ("", &after.to_string())).await?;
    scope.commit().await
}

/// Notes how far work has come, unless somebody has let it begin again meanwhile.
async fn come_to(scope: &mut Scope, due: &Due, (source, id): (&str, &str)) -> Result<()> {
    let note = scope.query(include_str!("sql/remapped_to.sql"));
    let note = note.bind(&due.vocabulary).bind(&due.name);
    let note = note.bind(due.requested_at).bind(source).bind(id);
    note.execute(scope.connection()).await?;
    Ok(())
}

async fn finish(mut scope: Scope, due: &Due) -> Result<()> {
    let done = scope.query(include_str!("sql/remapped.sql"));
    let done = done.bind(&due.vocabulary).bind(&due.name);
    let done = done.bind(due.requested_at);
    done.execute(scope.connection()).await?;
    scope.commit().await
}
