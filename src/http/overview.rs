//! `/api/overview`: campaigns at work, and what is wrong with them.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caching::Conditions;
use super::extract::{OverviewRead, Permitted};
use super::{answers, body, openapi, paths};
use crate::answers::Form;
use crate::app::App;
use crate::auth::{Caller, Permission};
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::overview::{MEMBERS, Overview, PutAside, Sees, paces_of};
use crate::rollups::Module;

/// Adds the operations.
pub fn add(mut router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    openapi::add_overview(router.get_openapi_mut());
    let router = router.route(paths::OVERVIEW, get(show));
    let router = openapi::guard::<OverviewRead>(router, paths::OVERVIEW);
    let router = router.routes(routes!(put_aside));
    openapi::guard::<OverviewRead>(router, paths::PUT_ASIDE)
}

/// The permission for a product.
const fn permission(module: Module) -> Permission {
    match module {
        Module::Autocall => Permission::AutocallApiAccess,
        Module::Telesales => Permission::TelesalesApiAccess,
    }
}

fn check(caller: &Caller, module: Module) -> Result<()> {
    let needed = permission(module);
    if caller.may(needed) {
        return Ok(());
    }
    Err(Error::LacksPermission(vec![needed.name()]))
}

async fn show(
    Permitted { caller, .. }: Permitted<OverviewRead>,
    State(app): State<Arc<App>>,
    conditions: Conditions,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let open = Module::ALL.into_iter();
    let open: Vec<Module> = open.filter(|it| caller.may(permission(*it))).collect();
    let sees = Sees {
        exports: caller.may(Permission::AutocallExportReport),
        webhooks: caller.may(Permission::WebhooksManage),
    };
    let raw = query.unwrap_or_default();
    let overview = Overview::read(&raw, caller.user_id, &open, sees)?;
    check(&caller, overview.module())?;
    let day = (
        overview.module(),
        overview.zone(&caller.tenant),
        app.clock.now(),
    );
    let paces = paces_of(&app.db, &app.paces, &caller.tenant, day).await?;
    let asked = Arc::new(overview.with_paces(paces));
    answers::answer(&app, caller.tenant.id, Form::TaggedJson, asked, &conditions).await
}

/// A warning to put aside.
pub struct OverviewPutAside;

impl PartialSchema for OverviewPutAside {
    fn schema() -> RefOr<Schema> {
        openapi::object("A warning to put aside.", MEMBERS)
    }
}

impl ToSchema for OverviewPutAside {}

/// Put a warning aside for a day.
///
/// The overview of this user lacks it for 24 hours; those of others keep it.
#[utoipa::path(post, path = paths::PUT_ASIDE, tag = "Overview", operation_id = "overview_put_aside",
    request_body(content = OverviewPutAside, example = json!({"module": "telesales", "code": "abandon_near", "campaign_id": 43})),
    responses(
        (status = 200, description = "The warning is aside.", body = Data<PutAside>,
            example = json!({"data": {"module": "telesales", "code": "abandon_near", "campaign_id": 43, "subject": null,
                "until": "2026-07-01T08:00:00+00:00"}})),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 404, description = "The account has no such campaign.", body = super::error::Body),
        (status = 409, description = "The user has put aside 1,000 warnings.", body = super::error::Body,
            example = json!({"message": "A user may put aside 1000 warnings at a time."})),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn put_aside(
    Permitted { caller, .. }: Permitted<OverviewRead>,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<PutAside>>> {
    let now = app.clock.now();
    let members = body::object(&headers, body).await?;
    let data = PutAside::read(&members, now)?;
    let module = Module::named(data.module);
    check(&caller, module.unwrap_or(Module::Autocall))?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    data.store(&mut scope, caller.user_id, now).await?;
    scope.commit().await?;
    Ok(Json(Data { data }))
}
