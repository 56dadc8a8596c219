//! `/api/ingest/routing`: the rules that tell where calls of dialers belong.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::audit::{self, Changes, Event, Target};
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
    guard::<IngestWrite>(router.routes(routes!(show, put)), paths::ROUTING)
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
/// ones. Calls that are stored already go elsewhere when a record of theirs comes again.
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
