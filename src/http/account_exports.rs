//! Exports of an account: what is the same for lists of calls and for evidence.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;

use super::extract::path_job;
use crate::app::App;
use crate::auth::Caller;
use crate::envelope::{Data, Page};
use crate::error::Result;
use crate::exports::job::Export;
use crate::exports::link::Links;
use crate::exports::queue::{self, Among};
use crate::page::PageRequest;

/// A page of the account's exports of a report.
pub async fn page(
    app: &App,
    caller: &Caller,
    report_type: &'static str,
    query: Option<&str>,
) -> Result<Json<Page<Export>>> {
    let wanted = PageRequest::of_query(query)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let found = queue::page_of_account(&mut scope, report_type, wanted).await?;
    let (now, links) = (app.clock.now(), Links::of(app));
    Ok(Json(found.map(|stored| stored.seen(now, &links))))
}

/// One of them.
pub async fn show(
    app: &App,
    caller: &Caller,
    report_type: &'static str,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Export>>> {
    let job = path_job(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let stored = queue::find(&mut scope, Among::Account(report_type), &job).await?;
    Ok(Json(Data {
        data: stored.seen(app.clock.now(), &Links::of(app)),
    }))
}

/// Cancels one of them.
pub async fn cancel(
    app: &App,
    caller: &Caller,
    report_type: &'static str,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let job = path_job(path)?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    let among = Among::Account(report_type);
    queue::cancel(&mut scope, among, &job, app.clock.now()).await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
