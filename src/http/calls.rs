//! Lists of calls: every list is served by the same code.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::caching::Conditions;
use super::extract::{
    AttemptsAccess, AttemptsFile, AutocallApiAccess, CampaignAttemptsFile, Grant, Permitted,
    SalesCallsFile, TelesalesApiAccess, path_id,
};
use super::{answers, call_files, openapi};
use crate::answers::Form;
use crate::app::App;
use crate::auth::{Caller, Permission};
use crate::calls::{self, List, Place, Request, Sight, Single, SingleRequest};
use crate::error::{Error, Result};
use crate::reports::report::Module;
use crate::text::nfc;

/// Adds the operations of every list.
pub fn add_all(mut router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    for list in calls::ALL {
        router = match list.place {
            Place::Campaign => add::<AutocallApiAccess, CampaignAttemptsFile>(router, list),
            Place::Attempts => add::<AttemptsAccess, AttemptsFile>(router, list),
            Place::SalesCalls => add::<TelesalesApiAccess, SalesCallsFile>(router, list),
        };
    }
    for single in calls::SINGLES {
        router = match single.module {
            Module::Autocall => add_single::<AttemptsAccess>(router, single),
            Module::Telesales => add_single::<TelesalesApiAccess>(router, single),
        };
    }
    router
}

/// Adds a list, with the permissions of its pages and of its files.
fn add<G: Grant, F: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    list: &'static List,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_calls(router.get_openapi_mut(), list);
    let of_account = move |Permitted { caller, .. }: Permitted<G>,
                           State(app): State<Arc<App>>,
                           conditions: Conditions,
                           RawQuery(query): RawQuery| async move {
        page::<G>(&app, &caller, list, query, 0, &conditions).await
    };
    let of_campaign = move |Permitted { caller, .. }: Permitted<G>,
                            State(app): State<Arc<App>>,
                            conditions: Conditions,
                            path: Result<Path<String>, PathRejection>,
                            RawQuery(query): RawQuery| async move {
        page::<G>(&app, &caller, list, query, path_id(path)?, &conditions).await
    };
    let route = match list.place {
        Place::Campaign => get(of_campaign),
        Place::Attempts | Place::SalesCalls => get(of_account),
    };
    let router = openapi::guard::<G>(router.route(list.path, route), list.path);
    call_files::add::<F>(router, list)
}

async fn page<G: Grant>(
    app: &App,
    caller: &Caller,
    list: &'static List,
    query: Option<String>,
    path_id: i64,
    conditions: &Conditions,
) -> Result<Response> {
    let sight = sight(caller);
    let request = Request::read(list, &query.unwrap_or_default(), path_id, sight);
    if sight == Sight::Masked && request.names_phone() {
        return Err(lacks_calls_read::<G>());
    }
    let (tenant, asked) = (caller.tenant.id, Arc::new(request));
    answers::answer(app, tenant, Form::TaggedJson, asked, conditions).await
}

fn add_single<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    single: &'static Single,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_single_call(router.get_openapi_mut(), single);
    let show = move |Permitted { caller, .. }: Permitted<G>,
                     State(app): State<Arc<App>>,
                     conditions: Conditions,
                     path: Result<Path<String>, PathRejection>| async move {
        // A text that no call can have is none's.
        let Path(uuid) = path.map_err(|_| Error::NotFound)?;
        if uuid.contains('\0') {
            return Err(Error::NotFound);
        }
        let request = SingleRequest::new(single, nfc(&uuid).into_owned(), sight(&caller));
        let (tenant, asked) = (caller.tenant.id, Arc::new(request));
        answers::answer(&app, tenant, Form::TaggedJson, asked, &conditions).await
    };
    openapi::guard::<G>(router.route(single.path, get(show)), single.path)
}

/// What a caller sees of leads.
pub fn sight(caller: &Caller) -> Sight {
    if caller.may(Permission::CallsRead) {
        Sight::Clear
    } else {
        Sight::Masked
    }
}

/// The refusal of what needs `calls_read` besides the permissions of a route.
pub fn lacks_calls_read<G: Grant>() -> Error {
    let required = G::PERMISSIONS.iter().chain([&Permission::CallsRead]);
    Error::LacksPermission(required.map(|permission| permission.name()).collect())
}
