//! `/api/autocall/scripts`

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
use crate::error::Result;
use crate::http::extract::{AutocallApiAccess, AutocallManage, Permitted, path_id};
use crate::http::once::{Key, Once};
use crate::http::openapi::{self, resources};
use crate::http::{body, lists, paths};
use crate::resources::scripts::{self, MEMBERS, Script};

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = lists::add::<AutocallApiAccess, Script>(router, paths::SCRIPTS)
        .routes(routes!(create))
        .routes(routes!(show, change, delete));
    let router = openapi::guard::<AutocallManage>(router, paths::SCRIPTS);
    let show = [HttpMethod::Get];
    let router = openapi::guard_methods::<AutocallApiAccess>(router, paths::SCRIPT, &show);
    let mut router = openapi::guard::<AutocallManage>(router, paths::SCRIPT);
    let both = [paths::SCRIPTS, paths::SCRIPT];
    let linked = [
        ("show", "autocall_script"),
        ("change", "autocall_script_change"),
        ("delete", "autocall_script_delete"),
    ];
    resources::complete::<Script>(router.get_openapi_mut(), &both, &MEMBERS, &linked);
    router
}

/// Body of a new script.
struct NewAutocallScript;

impl PartialSchema for NewAutocallScript {
    fn schema() -> RefOr<Schema> {
        resources::created("A new script.", &MEMBERS)
    }
}

impl ToSchema for NewAutocallScript {}

/// Body of changes to a script.
struct AutocallScriptChanges;

impl PartialSchema for AutocallScriptChanges {
    fn schema() -> RefOr<Schema> {
        resources::changed(
            "Members of a script to change; null resets one to its default.",
            &MEMBERS,
        )
    }
}

impl ToSchema for AutocallScriptChanges {}

/// Create a script.
#[utoipa::path(post, path = paths::SCRIPTS, tag = "AutoCall resources", operation_id = "autocall_script_create",
    request_body(content = NewAutocallScript),
    responses(
        (status = 201, description = "The script.", body = Data<Script>),
        (status = 409, description = "A request with this Idempotency-Key is still running.", body = crate::http::error::Body),
    ))]
pub async fn create(
    author: Author<AutocallManage>,
    key: Key,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    let keyed = (key, paths::SCRIPTS);
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
    let created = scripts::create(&mut run.scope, &object, locale, actor).await;
    let data = run.checked(created)?;
    run.finish(StatusCode::CREATED, &Data { data }).await
}

/// One script.
#[utoipa::path(get, path = paths::SCRIPT, tag = "AutoCall resources", operation_id = "autocall_script",
    params(("id" = i64, Path, description = "The script.")),
    responses((status = 200, description = "The script.", body = Data<Script>)))]
pub async fn show(
    Permitted { caller, .. }: Permitted<AutocallApiAccess>,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Data<Script>>> {
    let id = path_id(path)?;
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = scripts::find(&mut scope, id).await?;
    Ok(Json(Data { data }))
}

/// Change the members of a script that are named.
///
/// A member that is sent with its value is no change, so a script that was read can be sent back. Archiving one that an
/// active campaign uses is allowed; the campaign runs on.
#[utoipa::path(patch, path = paths::SCRIPT, tag = "AutoCall resources", operation_id = "autocall_script_change",
    params(("id" = i64, Path, description = "The script.")),
    request_body(content = AutocallScriptChanges),
    responses((status = 200, description = "The script.", body = Data<Script>)))]
pub async fn change(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Script>>> {
    let id = path_id(path)?;
    let body = body::read(&headers, body, body::LARGE).await;
    let mut scope = author.write().await?;
    let script = scripts::lock(&mut scope, id).await?;
    let object = body::members(&body?)?;
    let (locale, actor) = (author.locale(), author.actor);
    let data = scripts::change(&mut scope, script, &object, locale, actor).await?;
    scope.commit().await?;
    Ok(Json(Data { data }))
}

/// Delete a script that no campaign uses and no other script switches to.
#[utoipa::path(delete, path = paths::SCRIPT, tag = "AutoCall resources", operation_id = "autocall_script_delete",
    params(("id" = i64, Path, description = "The script.")),
    responses(
        (status = 204, description = "The script is deleted."),
        (status = 409, description = "A campaign or another script uses it.", body = crate::http::error::Body,
            example = json!({"message": "A script that a campaign uses cannot be deleted."})),
    ))]
pub async fn delete(
    author: Author<AutocallManage>,
    path: Result<Path<String>, PathRejection>,
) -> Result<StatusCode> {
    let id = path_id(path)?;
    let mut scope = author.write().await?;
    scripts::delete(&mut scope, id, author.actor).await?;
    scope.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
