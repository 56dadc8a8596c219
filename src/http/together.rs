//! Several reports in one answer: `/api/autocall/campaigns/{id}/reports` and `/api/telesales/reports`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::caching::Conditions;
use super::extract::{AutocallApiAccess, Grant, Permitted, TelesalesApiAccess, path_id};
use super::{answers, openapi};
use crate::answers::Form;
use crate::app::App;
use crate::error::Result;
use crate::reports::report::{Module, Place};
use crate::reports::together::{GROUPS, Group, Together};

/// Adds the operations of both groups, each with the permission of its reports.
pub fn add_all(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    GROUPS
        .iter()
        .fold(router, |router, group| match group.module {
            Module::Autocall => add::<AutocallApiAccess>(router, group),
            Module::Telesales => add::<TelesalesApiAccess>(router, group),
        })
}

fn add<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    group: &'static Group,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_together(router.get_openapi_mut(), group);
    let of_account = move |Permitted { caller, .. }: Permitted<G>,
                           State(app): State<Arc<App>>,
                           conditions: Conditions,
                           RawQuery(query): RawQuery| async move {
        let asked = group.read(&query.unwrap_or_default(), None);
        answer(&app, caller.tenant.id, asked, &conditions).await
    };
    let of_campaign = move |Permitted { caller, .. }: Permitted<G>,
                            State(app): State<Arc<App>>,
                            conditions: Conditions,
                            path: Result<Path<String>, PathRejection>,
                            RawQuery(query): RawQuery| async move {
        let asked = group.read(&query.unwrap_or_default(), Some(path_id(path)?));
        answer(&app, caller.tenant.id, asked, &conditions).await
    };
    let route = match group.place {
        Place::OfCampaign => get(of_campaign),
        Place::AcrossCampaigns | Place::OfAccount => get(of_account),
    };
    let path = group.place.folder();
    openapi::guard::<G>(router.route(path, route), path)
}

async fn answer(
    app: &App,
    tenant: i64,
    asked: Together,
    conditions: &Conditions,
) -> Result<Response> {
    answers::answer(app, tenant, Form::TaggedJson, Arc::new(asked), conditions).await
}
