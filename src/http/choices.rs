//! Lists to choose from, and the search: `/api/teams`, `/api/agents`, `/api/dispositions`, `/api/caller-ids`, `/api/search`

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Permitted, SalesChoices, Search};
use super::{lists, openapi, paths};
use crate::app::App;
use crate::envelope::Page;
use crate::error::Result;
use crate::input::Query;
use crate::page::{PAGE, PER_PAGE, PageRequest};
use crate::resources::choices::search::{self, Found, Q};
use crate::resources::choices::{Agent, CallerId, Disposition, Team};

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = lists::add::<SalesChoices, Team>(router, paths::TEAMS);
    let router = lists::add::<SalesChoices, Agent>(router, paths::AGENTS);
    let router = lists::add::<SalesChoices, Disposition>(router, paths::DISPOSITIONS);
    let router = lists::add::<SalesChoices, CallerId>(router, paths::CALLER_IDS);
    let mut router = router.routes(routes!(find));
    let described = [openapi::described(&Q)];
    openapi::add_query(router.get_openapi_mut(), paths::SEARCH, described);
    openapi::guard::<Search>(router, paths::SEARCH)
}

/// Search campaigns, teams, agents, dispositions and caller IDs by name.
///
/// At most 50 of each kind, by name. Kinds that the token may not read are left out.
#[utoipa::path(get, path = paths::SEARCH, tag = "Choices", operation_id = "search", params(PageRequest),
    responses(
        (status = 200, description = "A page of what was found.", body = Page<Found>,
            example = json!({"current_page": 1, "data": [{"kind": "agent", "id": "25", "name": "Nguyễn Văn An"}],
                "last_page": 1, "per_page": 50, "total": 1})),
        (status = 422, description = "Missing or invalid parameters, all of them listed.", body = super::error::Body),
    ))]
async fn find(
    Permitted { caller, .. }: Permitted<Search>,
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Found>>> {
    let mut query = Query::parse(query.as_deref().unwrap_or_default(), [&PAGE, &PER_PAGE, &Q]);
    let page = PageRequest::read(&mut query);
    let text = query.storable_text(&Q);
    query.require(&Q);
    let (page, text) = query.finish(text.map(|text| (page, text)))?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    Ok(Json(search::page(&mut scope, &caller, &text, page).await?))
}
