//! `GET /api/audit`

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Permitted, UsersManage};
use super::{openapi, paths};
use crate::app::App;
use crate::auth::audit::Event;
use crate::auth::log::{self, Entry, Filter};
use crate::envelope::Page;
use crate::error::Result;
use crate::input::{Ends, Kind, Parameter, Query, ZONE_OF_ACCOUNT};
use crate::page::{PAGE, PER_PAGE, PageRequest};

const ACTOR: Parameter = Parameter::optional(
    "actor",
    Kind::Text,
    "Only actions of this user, by id or name.",
);
const ACTION: Parameter =
    Parameter::optional("action", Kind::Choice(Event::ACTIONS), "Only this action.");
const TARGET: Parameter = Parameter::optional(
    "target",
    Kind::Text,
    "Only actions on this target: a kind such as campaign, an id, or both as in campaign:5.",
);
const FROM: Parameter = Parameter::optional("from", Kind::Moment, "Only entries from then on.");
const TO: Parameter = Parameter::optional(
    "to",
    Kind::Moment,
    "Only entries from before then; a date includes that day.",
);
const PARAMETERS: [&Parameter; 8] = [
    &PAGE,
    &PER_PAGE,
    &ACTOR,
    &ACTION,
    &TARGET,
    &FROM,
    &TO,
    &ZONE_OF_ACCOUNT,
];

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(page));
    let described = PARAMETERS.map(openapi::described);
    openapi::add_query(router.get_openapi_mut(), paths::AUDIT, described);
    openapi::guard::<UsersManage>(router, paths::AUDIT)
}

/// The audit log, newest entry first.
///
/// Entries: logins, tokens, exports, and resources that were created, changed, started or stopped, with their authors. Passwords, secrets and
/// phones are never in it.
#[utoipa::path(get, path = paths::AUDIT, tag = "Audit", operation_id = "audit",
    responses(
        (status = 200, description = "A page of entries.", body = Page<Entry>,
            example = json!({"current_page": 1, "data": [
                {"id": 42, "at": "2026-06-30T08:00:00+00:00",
                 "actor": {"id": 1, "username": "ann", "token": "0b9d1f6e-6c1e-4c41-9d5e-2f4f3c2b1a00"},
                 "address": "192.0.2.7", "action": "campaign.started",
                 "target": {"kind": "campaign", "id": "1099511627776", "name": "June reminders"},
                 "changes": {"status": ["draft", "active"]}}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "Invalid parameters, all of them listed.", body = super::error::Body),
    ))]
pub async fn page(
    Permitted { caller, .. }: Permitted<UsersManage>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Entry>>> {
    let mut query = Query::parse(query.as_deref().unwrap_or_default(), PARAMETERS);
    let page = PageRequest::read(&mut query);
    let zone = query.zone().unwrap_or(caller.tenant.timezone);
    let action = query.listed(&ACTION);
    let Ends { from, to } = Ends::read(&mut query, &FROM, &TO, zone);
    let filter = Filter {
        actor: query.storable_text(&ACTOR),
        event: Event::ALL
            .iter()
            .copied()
            .find(|event| Some(event.action()) == action),
        target: query.storable_text(&TARGET),
        from: from.map(|from| from.start(zone)),
        to: to.map(|to| to.end(zone)),
    };
    let (page, filter) = query.finish(Some((page, filter)))?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(log::page(&mut scope, &filter, page).await?))
}
