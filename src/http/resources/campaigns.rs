//! `/api/autocall/campaigns/{id}`, and the transitions of a campaign.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa::openapi::{HttpMethod, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::author::Author;
use crate::app::App;
use crate::envelope::Data;
use crate::error::{Faults, Result};
use crate::exports::queue;
use crate::http::extract::{
    AutocallApiAccess, AutocallManage, CampaignStart, Grant, Permitted, path_id,
};
use crate::http::once::{Key, Once};
use crate::http::openapi::{self, resources};
use crate::http::{body, lists, paths};
use crate::resources::campaigns::{self, AutocallCampaign, MEMBERS, Move};
use crate::resources::members::Members;

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let list = paths::AUTOCALL_CAMPAIGNS;
    let router = lists::add::<AutocallApiAccess, AutocallCampaign>(router, list)
        .routes(routes!(create))
        .routes(routes!(show, change, delete))
        .routes(routes!(start))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(stop));
    let router = openapi::guard::<AutocallManage>(router, list);
    let show = [HttpMethod::Get];
    let router = openapi::guard_methods::<AutocallApiAccess>(router, paths::CAMPAIGN, &show);
    let router = openapi::guard::<AutocallManage>(router, paths::CAMPAIGN);
    let router = openapi::guard::<CampaignStart>(router, paths::CAMPAIGN_START);
    let router = openapi::guard::<AutocallManage>(router, paths::CAMPAIGN_PAUSE);
    let router = openapi::guard::<AutocallManage>(router, paths::CAMPAIGN_RESUME);
    let mut router = openapi::guard::<AutocallManage>(router, paths::CAMPAIGN_STOP);
    let all = [
        list,
        paths::CAMPAIGN,
        paths::CAMPAIGN_START,
        paths::CAMPAIGN_PAUSE,
        paths::CAMPAIGN_RESUME,
        paths::CAMPAIGN_STOP,
    ];
    let linked = [
        ("show", "autocall_campaign"),
        ("change", "autocall_campaign_change"),
        ("start", "autocall_campaign_start"),
        ("delete", "autocall_campaign_delete"),
    ];
    resources::complete::<AutocallCampaign>(router.get_openapi_mut(), &all, &MEMBERS, &linked);
    router
}

/// Body of a new campaign.
struct NewAutocallCampaign;

impl PartialSchema for NewAutocallCampaign {
    fn schema() -> RefOr<Schema> {
        resources::created("A new campaign.", &MEMBERS)
    }
}

impl ToSchema for NewAutocallCampaign {}

/// Body of changes to a campaign.
struct AutocallCampaignChanges;

impl PartialSchema for AutocallCampaignChanges {
    fn schema() -> RefOr<Schema> {
        resources::changed(
            "Members of a campaign to change; null resets one to its default.",
            &MEMBERS,
        )
    }
}

impl ToSchema for AutocallCampaignChanges {}

/// Create a campaign, as a draft.
#[utoipa::path(post, path = paths::AUTOCALL_CAMPAIGNS, tag = "Campaigns", operation_id = "autocall_campaign_create",
    request_body(content = NewAutocallCampaign),
    responses(
        (status = 201, description = "The campaign.", body = Data<AutocallCampaign>),
        (status = 409, description = "A request with this Idempotency-Key is still running.", body = crate::http::error::Body),
    ))]
pub async fn create(
    author: Author<AutocallManage>,
    key: Key,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let keyed = (key, paths::AUTOCALL_CAMPAIGNS);
    let begun = Once::begin(
        &author.app,
        &author.caller,
        keyed,
        (&headers, body),
        body::LARGE,
    );
    let mut run = match begun.await? {
        Once::Repeated(answer) => return Ok(answer),
        Once::New(run) => run,
    };
    let object = body::members(run.body()?)?;
    let (locale, actor) = (author.locale(), author.actor);
    let created = campaigns::create(&mut run.scope, &object, locale, actor).await;
    let data = run.checked(created)?;
    run.finish(StatusCode::CREATED, &Data { data }).await
}

/// One campaign.
#[utoipa::path(get, path = paths::CAMPAIGN, tag = "Campaigns", operation_id = "autocall_campaign",
    params(("id" = i64, Path, description = "The campaign.")),
    responses((status = 200, description = "The campaign.", body = Data<AutocallCampaign>)))]
pub async fn show(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<AutocallCampaign>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = campaigns::find(&mut scope, id).await?;
    Ok(Json(Data { data }))
}

/// Change the members of a campaign that are named.
///
/// A member that is sent with its value is no change, so a campaign that was read can be sent back. While it is active or
/// paused, only `name`, `description`, `end_at`, `max_concurrent`, `max_retries`, `retry_interval_minutes` and
/// `retry_only_when` may change; once it is completed, only `name` and `description`.
#[utoipa::path(patch, path = paths::CAMPAIGN, tag = "Campaigns", operation_id = "autocall_campaign_change",
    params(("id" = i64, Path, description = "The campaign.")),
    request_body(content = AutocallCampaignChanges),
    responses(
        (status = 200, description = "The campaign.", body = Data<AutocallCampaign>),
        (status = 409, description = "Its state does not allow the change.", body = crate::http::error::Body,
            example = json!({"message": "An active campaign cannot change its script_id.",
                "errors": {"script_id": ["cannot change while the campaign is active."]}})),
    ))]
pub async fn change(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<AutocallCampaign>>> {
    let id = path_id(path)?;
    let body = body::read(&headers, body, body::LARGE).await;
    let mut scope = author.write().await?;
    let campaign = campaigns::lock(&mut scope, id).await?;
    let object = body::members(&body?)?;
    let (locale, actor) = (author.locale(), author.actor);
    let data = campaigns::change(&mut scope, campaign, &object, locale, actor).await?;
    scope.commit().await?;
    Ok(Json(Data { data }))
}

/// Delete a draft without attempts, with its leads and exports.
#[utoipa::path(delete, path = paths::CAMPAIGN, tag = "Campaigns", operation_id = "autocall_campaign_delete",
    params(("id" = i64, Path, description = "The campaign.")),
    responses(
        (status = 204, description = "The campaign is deleted."),
        (status = 409, description = "It is no draft, or has attempts.", body = crate::http::error::Body,
            example = json!({"message": "An active campaign cannot be deleted."})),
    ))]
pub async fn delete(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let id = path_id(path)?;
    let mut scope = author.write().await?;
    let files = queue::files(&mut scope, id).await?;
    campaigns::delete(&mut scope, id, author.actor).await?;
    scope.commit().await?;
    for key in files {
        if let Err(error) = author.app.exports.store.remove(&key).await {
            tracing::warn!(key, %error, "could not delete a file; the sweep will");
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Start a draft.
///
/// It needs an active script, at least one lead, and no `end_at` in the past. Of two starts at the same moment one wins.
#[utoipa::path(post, path = paths::CAMPAIGN_START, tag = "Campaigns", operation_id = "autocall_campaign_start",
    params(("id" = i64, Path, description = "The campaign.")),
    responses(
        (status = 202, description = "The campaign.", body = Data<AutocallCampaign>),
        (status = 409, description = "Its state does not allow it; or a request with this Idempotency-Key is still running.",
            body = crate::http::error::Body, example = json!({"message": "A completed campaign cannot be started."})),
    ))]
pub async fn start(
    author: Author<CampaignStart>,
    key: Key,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let id = path_id(path)?;
    let asked = Asked {
        transition: Move::Start,
        path: paths::CAMPAIGN_START,
        id,
        key,
    };
    transit(author, asked, StatusCode::ACCEPTED, (&headers, body)).await
}

/// Pause an active campaign.
#[utoipa::path(post, path = paths::CAMPAIGN_PAUSE, tag = "Campaigns", operation_id = "autocall_campaign_pause",
    params(("id" = i64, Path, description = "The campaign.")),
    responses(
        (status = 200, description = "The campaign.", body = Data<AutocallCampaign>),
        (status = 409, description = "Its state does not allow it; or a request with this Idempotency-Key is still running.",
            body = crate::http::error::Body, example = json!({"message": "A draft campaign cannot be paused."})),
    ))]
pub async fn pause(
    author: Author<AutocallManage>,
    key: Key,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let id = path_id(path)?;
    let asked = Asked {
        transition: Move::Pause,
        path: paths::CAMPAIGN_PAUSE,
        id,
        key,
    };
    transit(author, asked, StatusCode::OK, (&headers, body)).await
}

/// Resume a paused campaign.
///
/// It needs an active script.
#[utoipa::path(post, path = paths::CAMPAIGN_RESUME, tag = "Campaigns", operation_id = "autocall_campaign_resume",
    params(("id" = i64, Path, description = "The campaign.")),
    responses(
        (status = 200, description = "The campaign.", body = Data<AutocallCampaign>),
        (status = 409, description = "Its state does not allow it; or a request with this Idempotency-Key is still running.",
            body = crate::http::error::Body, example = json!({"message": "An active campaign cannot be resumed."})),
    ))]
pub async fn resume(
    author: Author<AutocallManage>,
    key: Key,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let id = path_id(path)?;
    let asked = Asked {
        transition: Move::Resume,
        path: paths::CAMPAIGN_RESUME,
        id,
        key,
    };
    transit(author, asked, StatusCode::OK, (&headers, body)).await
}

/// Stop an active or paused campaign, for good.
#[utoipa::path(post, path = paths::CAMPAIGN_STOP, tag = "Campaigns", operation_id = "autocall_campaign_stop",
    params(("id" = i64, Path, description = "The campaign.")),
    responses(
        (status = 200, description = "The campaign.", body = Data<AutocallCampaign>),
        (status = 409, description = "Its state does not allow it; or a request with this Idempotency-Key is still running.",
            body = crate::http::error::Body, example = json!({"message": "A draft campaign cannot be stopped."})),
    ))]
pub async fn stop(
    author: Author<AutocallManage>,
    key: Key,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let id = path_id(path)?;
    let asked = Asked {
        transition: Move::Stop,
        path: paths::CAMPAIGN_STOP,
        id,
        key,
    };
    transit(author, asked, StatusCode::OK, (&headers, body)).await
}

/// A transition that a request asks for.
struct Asked {
    transition: Move,
    /// Path of the route.
    path: &'static str,
    id: i64,
    key: Key,
}

async fn transit<G: Grant>(
    author: Author<G>,
    asked: Asked,
    status: StatusCode,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response> {
    let Asked {
        transition,
        path,
        id,
        key,
    } = asked;
    let path = path.replace("{id}", &id.to_string());
    let begun = Once::begin(
        &author.app,
        &author.caller,
        (key, &path),
        (headers, body),
        body::LARGE,
    );
    let mut run = match begun.await? {
        Once::Repeated(answer) => return Ok(answer),
        Once::New(run) => run,
    };
    let campaign = campaigns::lock(&mut run.scope, id).await?;
    let object = body::optional_members(run.body()?)?;
    // A request for a transition has no members.
    let mut faults = Faults::default();
    Members::default().create(&object, author.locale(), &mut faults);
    run.checked(faults.into_result(Some(())))?;
    let data = campaigns::transit(&mut run.scope, campaign, transition, author.actor).await?;
    run.finish(status, &Data { data }).await
}
