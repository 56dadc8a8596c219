//! `/api/ingest/routing`: the rules that tell where calls of dialers belong.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::audit::{self, Changes, Event, Target};
use crate::dialers::remap::{self, Left};
use crate::dialers::routing::{self, RoutingBody};
use crate::envelope::Data;
use crate::error::Result;
use crate::http::context::Client;
use crate::http::extract::{IngestWrite, Permitted};
use crate::http::openapi::guard;
use crate::http::{body, error, paths};

/// Maximum size of a routing, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = guard::<IngestWrite>(router.routes(routes!(show, put)), paths::ROUTING);
    guard::<IngestWrite>(router.routes(routes!(apply)), paths::ROUTING_APPLY)
}

/// The rules that tell where calls of dialers belong.
#[utoipa::path(get, path = paths::ROUTING, tag = "Ingest", operation_id = "routing",
    responses(
        (status = 200, description = "The routing; without rules where the account has none.", body = Data<RoutingBody>,
            example = json!({"data": {"strip_prefixes": [], "rules": [{"when": {"accountcode": "sales"}, "to": "telesales"}]}})),
    ))]
async fn show(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
) -> Result<Json<Data<Value>>> {
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = routing::of_account(&mut scope).await?.shown();
    Ok(Json(Data { data }))
}

/// Replace the rules.
///
/// The first rule whose tests all hold decides. Calls for which none does go where the fields `campaign_id`, `lead_id`,
/// `agent_id` and `attempt_number` of their record say, else to a campaign for calls without one; of those only the outbound
/// ones. Records in quarantine are read again in the background. Calls that are stored stay where they are until a record of
/// theirs comes again, or `/api/ingest/routing/apply` is asked.
#[utoipa::path(put, path = paths::ROUTING, tag = "Ingest", operation_id = "routing_put",
    request_body(content = RoutingBody, example = json!({"strip_prefixes": ["9"], "rules": [
        {"when": {"context": "internal"}, "to": "ignore"},
        {"when": {"accountcode": ["sales", "retention"], "direction": "outbound"}, "to": "telesales",
            "campaign": {"field": "accountcode"}, "agent": {"field": "cc_agent"}},
        {"when": {"dst": {"pattern": "^0?9"}}, "to": "autocall", "campaign": 17}]})),
    responses(
        (status = 200, description = "The routing as it is stored.", body = Data<RoutingBody>,
            example = json!({"data": {"strip_prefixes": [], "rules": []}})),
        (status = 400, description = "The body is not a JSON object.", body = error::Body),
        (status = 413, description = "The body is larger than 1 MiB.", body = error::Body),
        (status = 415, description = "The body is not application/json.", body = error::Body),
        (status = 422, description = "Invalid members, all of them listed by their paths.", body = error::Body,
            example = json!({"message": "The given data was invalid.",
                "errors": {"rules.0.to": ["must be one of: autocall, telesales, ignore."]}})),
    ))]
async fn put(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Value>>> {
    let (tenant, now) = (caller.tenant.id, app.clock.now());
    let members = body::map(&body::read(&headers, body, MAX_BODY).await?)?;
    let wanted = routing::read(&members)?;
    let mut scope = app.db.write(tenant).await?;
    let before = routing::of_account(&mut scope).await?.shown();
    let data = wanted.shown();
    if data != before {
        routing::put(&mut scope, &wanted, now).await?;
        remap::note(&mut scope, Left::Quarantine, now).await?;
        let target = Target {
            kind: "routing",
            id: tenant,
            name: None,
        };
        // Rules can be long: that they changed is told, not how.
        let changes = Changes::from([("rules".to_owned(), (Value::Null, Value::Null))]);
        let actor = caller.actor(address, now);
        audit::record_change(&mut scope, actor, Event::RoutingChanged, target, changes).await?;
        scope.commit().await?;
    }
    Ok(Json(Data { data }))
}

/// Calls that are placed anew.
#[derive(Serialize, ToSchema)]
#[schema(as = RoutingApplied)]
struct Applied {
    /// Stored calls that are looked at.
    calls: i64,
}

/// Place stored calls by the rules.
///
/// In the background, a few hundred at once: reports count a call at its old place or at its new one. A call stays where it is
/// when what its records said is no longer kept (`CALLBOARD_KEEP_RAW`). Leads that were made from called numbers and have no call
/// any more go. Asked again, it begins again.
#[utoipa::path(post, path = paths::ROUTING_APPLY, tag = "Ingest", operation_id = "routing_apply",
    responses(
        (status = 202, description = "The calls are being placed.", body = Data<Applied>,
            example = json!({"data": {"calls": 12840}})),
    ))]
async fn apply(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    Client(address): Client,
) -> Result<(StatusCode, Json<Data<Applied>>)> {
    let (tenant, now) = (caller.tenant.id, app.clock.now());
    let mut scope = app.db.write(tenant).await?;
    remap::note(&mut scope, Left::Calls, now).await?;
    let calls = remap::calls(&mut scope).await?;
    let target = Target {
        kind: "routing",
        id: tenant,
        name: None,
    };
    let changes = Changes::from([("calls".to_owned(), (Value::Null, calls.into()))]);
    let actor = caller.actor(address, now);
    audit::record_change(&mut scope, actor, Event::RoutingApplied, target, changes).await?;
    scope.commit().await?;
    let data = Applied { calls };
    Ok((StatusCode::ACCEPTED, Json(Data { data })))
}
