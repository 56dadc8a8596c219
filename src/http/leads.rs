//! Lists of leads: `/api/autocall/leads` and `/api/telesales/leads`

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::caching::Conditions;
use super::calls::{lacks_calls_read, sight};
use super::extract::{AttemptsAccess, Grant, Permitted, TelesalesApiAccess};
use super::{answers, openapi};
use crate::answers::Form;
use crate::app::App;
use crate::calls::Sight;
use crate::leads::{self, List, Request};
use crate::reports::report::Module;

/// Adds the operations of both lists.
pub fn add_all(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    leads::ALL
        .iter()
        .fold(router, |router, list| match list.module {
            Module::Autocall => add::<AttemptsAccess>(router, list),
            Module::Telesales => add::<TelesalesApiAccess>(router, list),
        })
}

fn add<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    list: &'static List,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_leads(router.get_openapi_mut(), list);
    let page = move |Permitted { caller, .. }: Permitted<G>,
                     State(app): State<Arc<App>>,
                     conditions: Conditions,
                     RawQuery(query): RawQuery| async move {
        let sight = sight(&caller);
        let request = Request::read(list, &query.unwrap_or_default(), sight);
        if sight == Sight::Masked && request.names_phone() {
            return Err(lacks_calls_read::<G>());
        }
        let (tenant, asked) = (caller.tenant.id, Arc::new(request));
        answers::answer(&app, tenant, Form::TaggedJson, asked, &conditions).await
    };
    openapi::guard::<G>(router.route(list.path, get(page)), list.path)
}
