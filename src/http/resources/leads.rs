//! `/api/autocall/campaigns/{id}/leads` and `/api/autocall/leads/{id}`

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::author::Author;
use super::lead_bodies::{
    self, AutocallLeadChanges, AutocallLeadItems, AutocallLeadsAddition, Change, Sent,
};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::audit::{self, Actor, Changes, Event, Target};
use crate::envelope::{Data, Page};
use crate::error::{Faults, Result};
use crate::http::context::Client;
use crate::http::extract::{
    AutocallApiAccess, AutocallManage, LeadAddition, LeadImport, Permitted, Uncounted, path_id,
};
use crate::http::once::{Key, Once, Run};
use crate::http::{body, error, openapi, paths};
use crate::ingest::Locale;
use crate::resources::leads::change::{self, Changed};
use crate::resources::leads::import::{self, Added};
use crate::resources::leads::items::{self, ItemFaults};
use crate::resources::leads::{self, AutocallLead, LockedCampaign};
use crate::resources::list;

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router
        .routes(routes!(page, add_one_or_many, change_many))
        .routes(routes!(import))
        .routes(routes!(show, change, delete));
    lead_bodies::complete(router.get_openapi_mut());
    let read = [HttpMethod::Get];
    let leads = [paths::CAMPAIGN_LEADS, paths::LEAD];
    let router = leads.iter().fold(router, |router, path| {
        openapi::guard_methods::<AutocallApiAccess>(router, path, &read)
    });
    let add = [HttpMethod::Post];
    let router = openapi::guard_methods::<LeadAddition>(router, paths::CAMPAIGN_LEADS, &add);
    let router = openapi::guard::<LeadImport>(router, paths::CAMPAIGN_LEADS_IMPORT);
    leads.iter().fold(router, |router, path| {
        openapi::guard::<AutocallManage>(router, path)
    })
}

/// Defines the answer to a list of which every item was rejected, by the counts that it has.
macro_rules! refusal {
    ($name:ident, $schema:ident, $counts:ident) => {
        /// The answer to a list of which every item was rejected.
        #[derive(Serialize, ToSchema)]
        #[schema(as = $schema)]
        struct $name {
            /// The fixed message of a 422.
            message: &'static str,
            /// Faults of the first 100 items, by `leads.<index>.<member>`; or of a member, by name.
            #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
            errors: Faults,
            /// The counts; absent if the list itself is at fault.
            #[schema(value_type = Option<$counts>, nullable = false)]
            data: $counts,
        }

        impl $name {
            fn answer(data: $counts, reported: &[ItemFaults]) -> Response {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let refusal = Self {
                    message: error::message(status),
                    errors: items::faults(reported),
                    data,
                };
                (status, Json(refusal)).into_response()
            }
        }
    };
}

refusal!(AddedRefusal, AutocallLeadsAddedRefusal, Added);
refusal!(ChangedRefusal, AutocallLeadsChangedRefusal, Changed);

/// Leads of a campaign, newest id first.
#[utoipa::path(get, path = paths::CAMPAIGN_LEADS, tag = "AutoCall resources", operation_id = "autocall_leads",
    params(("id" = i64, Path, description = "The campaign.")),
    responses(
        (status = 200, description = "A page.", body = Page<AutocallLead>),
        (status = 422, description = "Invalid parameters, all of them listed.", body = error::Body),
    ))]
async fn page(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<AutocallLead>>> {
    let campaign = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    leads::check_campaign(&mut scope, campaign).await?;
    let wanted = leads::wanted(query.as_deref().unwrap_or_default(), locale(&caller))?;
    Ok(Json(list::page(&mut scope, wanted, Some(campaign)).await?))
}

/// Add a lead, or a list of 1 to 5,000 leads, to a campaign.
///
/// One lead is counted among 120 requests a minute, a list among 30. A phone that the campaign has, however it is spelled, is
/// a conflict for one lead; in a list it is a duplicate, and so is one that stands earlier in the list. Invalid items of a
/// list are reported, and the others added; only a list without a valid item is a 422.
#[utoipa::path(post, path = paths::CAMPAIGN_LEADS, tag = "AutoCall resources", operation_id = "autocall_leads_add",
    params(("id" = i64, Path, description = "The campaign.")),
    request_body(content = AutocallLeadsAddition, example = json!({"leads": [
        {"phone": "0987 654 321", "external_ref": "crm-1", "payload": {"name": "An", "due": 1_200_000}},
        {"phone": "0912 345 678", "external_ref": "crm-2", "payload": {"name": "Binh"}}]})),
    responses(
        (status = 201, description = "The lead, or the counts of the list.", body = lead_bodies::Answer,
            example = json!({"data": {"added": 2, "duplicates": 0, "invalid": 0, "errors": [],
                "ids": [1_099_511_627_780_i64, 1_099_511_627_781_i64]}})),
        (status = 409, description = "The campaign is completed, or has this phone; or a request with this Idempotency-Key is still running.",
            body = error::Body, example = json!({"message": "A completed campaign takes no leads."})),
        (status = 422, description = "Invalid members, all of them listed; of a list, if no item is valid.", body = AddedRefusal),
    ))]
async fn add_one_or_many(
    caller: Uncounted<LeadAddition>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    key: Key,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let campaign = match path_id(path) {
        Ok(campaign) => campaign,
        Err(error) => return caller.count(&app, false).and(Err(error)),
    };
    let body = body::read(&headers, body, body::LARGE).await;
    let locale = locale(caller.caller());
    let (body, sent) = Sent::read(body, locale).await;
    let caller = caller.count(&app, sent.is_list)?;
    let actor = caller.actor(address, app.clock.now());
    let asked = Asked {
        campaign,
        path: paths::CAMPAIGN_LEADS,
        key,
        body,
        sent,
    };
    asked.store(&app, &caller, actor).await
}

/// Add leads to a campaign; like `POST /api/autocall/campaigns/{id}/leads`, and always counted among 30 requests a minute.
#[utoipa::path(post, path = paths::CAMPAIGN_LEADS_IMPORT, tag = "AutoCall resources", operation_id = "autocall_leads_import",
    params(("id" = i64, Path, description = "The campaign.")),
    request_body(content = AutocallLeadsAddition, example = json!({"leads": [
        {"phone": "0987 654 321", "external_ref": "crm-1", "payload": {"name": "An", "due": 1_200_000}},
        {"phone": "0912 345 678", "external_ref": "crm-2", "payload": {"name": "Binh"}}]})),
    responses(
        (status = 201, description = "The lead, or the counts of the list.", body = lead_bodies::Answer,
            example = json!({"data": {"added": 2, "duplicates": 0, "invalid": 0, "errors": [],
                "ids": [1_099_511_627_780_i64, 1_099_511_627_781_i64]}})),
        (status = 409, description = "The campaign is completed, or has this phone; or a request with this Idempotency-Key is still running.",
            body = error::Body, example = json!({"message": "A completed campaign takes no leads."})),
        (status = 422, description = "Invalid members, all of them listed; of a list, if no item is valid.", body = AddedRefusal),
    ))]
async fn import(
    author: Author<LeadImport>,
    key: Key,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let campaign = path_id(path)?;
    let body = body::read(&headers, body, body::LARGE).await;
    let (body, sent) = Sent::read(body, author.locale()).await;
    let asked = Asked {
        campaign,
        path: paths::CAMPAIGN_LEADS_IMPORT,
        key,
        body,
        sent,
    };
    asked.store(&author.app, &author.caller, author.actor).await
}

/// New leads that a request asks for.
struct Asked {
    campaign: i64,
    /// Path of the route.
    path: &'static str,
    key: Key,
    body: Result<Vec<u8>>,
    sent: Sent,
}

impl Asked {
    async fn store(self, app: &App, caller: &Caller, actor: Actor) -> Result<Response> {
        let path = self.path.replace("{id}", &self.campaign.to_string());
        let mut run = match Once::with_body(app, caller, (self.key, &path), self.body).await? {
            Once::Repeated(answer) => return Ok(answer),
            Once::New(run) => run,
        };
        let campaign = LockedCampaign::lock(&mut run.scope, self.campaign).await?;
        match run.checked(self.sent.addition)? {
            lead_bodies::Addition::One(lead) => add_one(*run, &campaign, lead, actor).await,
            lead_bodies::Addition::Many(leads) => add_many(*run, &campaign, leads, actor).await,
        }
    }
}

async fn add_one(
    mut run: Run,
    campaign: &LockedCampaign,
    lead: import::NewLead,
    actor: Actor,
) -> Result<Response> {
    let scope = &mut run.scope;
    let id = import::add_one(scope, campaign, lead).await?;
    let data = leads::find(scope, id).await?;
    let target = target(&data);
    audit::record_change(scope, actor, Event::LeadCreated, target, Changes::new()).await?;
    run.finish(StatusCode::CREATED, &Data { data }).await
}

async fn add_many(
    mut run: Run,
    campaign: &LockedCampaign,
    leads: import::Import,
    actor: Actor,
) -> Result<Response> {
    let scope = &mut run.scope;
    let data = import::add_many(scope, campaign, leads).await?;
    if data.is_refused() {
        // Nothing was written. The key is free for another request once the answer is out.
        run.scope.commit().await?;
        return Ok(AddedRefusal::answer(data.clone(), &data.errors));
    }
    if data.added > 0 {
        let target = Target {
            kind: "campaign",
            id: campaign.id,
            name: Some(&campaign.name),
        };
        let added = ("leads".to_owned(), (0.into(), data.added.into()));
        let changes = Changes::from([added]);
        audit::record_change(scope, actor, Event::LeadsImported, target, changes).await?;
    }
    run.finish(StatusCode::CREATED, &Data { data }).await
}

/// Change many leads of a campaign.
///
/// Items are applied in their order. One whose lead has its values already is a duplicate. Invalid items are reported, and
/// the others applied; only a list without a valid item is a 422.
#[utoipa::path(patch, path = paths::CAMPAIGN_LEADS, tag = "AutoCall resources", operation_id = "autocall_leads_change",
    params(("id" = i64, Path, description = "The campaign.")),
    request_body(content = AutocallLeadItems, example = json!({"leads": [{"id": 1, "status": "dnc"}]})),
    responses(
        (status = 200, description = "The counts of the list.", body = Data<Changed>,
            example = json!({"data": {"changed": 1, "duplicates": 0, "invalid": 0, "errors": [], "ids": [1]}})),
        (status = 422, description = "The list is invalid, or none of its items is valid.", body = ChangedRefusal),
    ))]
async fn change_many(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let campaign = path_id(path)?;
    let body = body::read(&headers, body, body::LARGE).await;
    let mut scope = author.write().await?;
    let name = leads::check_campaign(&mut scope, campaign).await?;
    let items = Change::read(body?).await?;
    let data = change::change_many(&mut scope, campaign, &items, author.locale()).await?;
    if data.is_refused() {
        return Ok(ChangedRefusal::answer(data.clone(), &data.errors));
    }
    if data.changed > 0 {
        let target = Target {
            kind: "campaign",
            id: campaign,
            name: Some(&name),
        };
        let changed = ("leads".to_owned(), (0.into(), data.changed.into()));
        let changes = Changes::from([changed]);
        audit::record_change(
            &mut scope,
            author.actor,
            Event::LeadsChanged,
            target,
            changes,
        )
        .await?;
    }
    scope.commit().await?;
    Ok(Json(Data { data }).into_response())
}

/// One lead.
#[utoipa::path(get, path = paths::LEAD, tag = "AutoCall resources", operation_id = "autocall_lead",
    params(("id" = i64, Path, description = "The lead.")),
    responses((status = 200, description = "The lead.", body = Data<AutocallLead>)))]
async fn show(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<AutocallLead>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = leads::find(&mut scope, id).await?;
    Ok(Json(Data { data }))
}

/// Change the members of a lead that are named.
///
/// A member that is sent with its value is no change, so a lead that was read can be sent back.
#[utoipa::path(patch, path = paths::LEAD, tag = "AutoCall resources", operation_id = "autocall_lead_change",
    params(("id" = i64, Path, description = "The lead.")),
    request_body(content = AutocallLeadChanges, example = json!({"status": "dnc"})),
    responses((status = 200, description = "The lead.", body = Data<AutocallLead>)))]
async fn change(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<AutocallLead>>> {
    let id = path_id(path)?;
    let body = body::read(&headers, body, body::LARGE).await;
    let mut scope = author.write().await?;
    let object = || body::members(&body?);
    let (data, changes) = change::change_one(&mut scope, id, object, author.locale()).await?;
    if !changes.is_empty() {
        let target = target(&data);
        audit::record_change(
            &mut scope,
            author.actor,
            Event::LeadChanged,
            target,
            changes,
        )
        .await?;
    }
    scope.commit().await?;
    Ok(Json(Data { data }))
}

/// Delete a lead that has no attempts.
#[utoipa::path(delete, path = paths::LEAD, tag = "AutoCall resources", operation_id = "autocall_lead_delete",
    params(("id" = i64, Path, description = "The lead.")),
    responses(
        (status = 204, description = "The lead is deleted."),
        (status = 409, description = "It has attempts.", body = error::Body,
            example = json!({"message": "A lead with attempts cannot be deleted."})),
    ))]
async fn delete(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let id = path_id(path)?;
    let mut scope = author.write().await?;
    let external_ref = leads::delete(&mut scope, id).await?;
    let target = Target {
        kind: LEAD,
        id,
        name: external_ref.as_deref(),
    };
    let changes = Changes::new();
    audit::record_change(
        &mut scope,
        author.actor,
        Event::LeadDeleted,
        target,
        changes,
    )
    .await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Kind of target in the audit log.
const LEAD: &str = "lead";

fn target(lead: &AutocallLead) -> Target<'_> {
    Target {
        kind: LEAD,
        id: lead.id,
        name: lead.external_ref.as_deref(),
    }
}

fn locale(caller: &Caller) -> Locale {
    Locale {
        zone: caller.tenant.timezone,
        country_code: caller.tenant.settings.country_code(),
    }
}
