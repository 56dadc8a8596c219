//! The user's own settings of the page: `/api/me/settings`

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::NO_STORE;
use super::extract::{OwnSettings, Permitted};
use super::{body, openapi, paths};
use crate::app::App;
use crate::auth::user_settings::{self, UserSettings};
use crate::envelope::Data;
use crate::error::Result;

/// Settings of a user, whole: a member that is left out, or null, takes its default.
#[derive(serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `user_settings` reads")]
pub struct UserSettingsPut {
    /// en or vi; null for that of the account, else of the browser.
    #[schema(pattern = "^(en|vi)$", example = "vi")]
    language: Option<String>,
    /// light or dark; null for that of the device.
    #[schema(pattern = "^(light|dark)$", example = "dark")]
    theme: Option<String>,
    /// IANA time zone, in any case; null for that of the account.
    #[schema(format = "time-zone", example = "Asia/Ho_Chi_Minh")]
    zone: Option<String>,
    /// Pinned campaigns, first ones first, each once.
    #[schema(value_type = Option<std::collections::BTreeSet<UserPin>>, max_items = 50, example = json!(["autocall/12", "telesales/43"]))]
    pins: Option<Vec<UserPin>>,
    /// Views of the wallboard.
    wall: Option<UserWallPut>,
}

/// Views of the wallboard.
#[derive(serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `user_settings` reads")]
pub struct UserWallPut {
    /// Addresses of views, in order.
    #[schema(max_items = 6, example = json!(["#/autocall/12?w=today"]))]
    views: Option<Vec<UserView>>,
    /// Seconds that each is shown. Default: 20.
    #[schema(minimum = 5, maximum = 3600, example = 20)]
    seconds: Option<u64>,
    /// True to show names of agents. Default: false.
    names: Option<bool>,
}

/// A pinned campaign: module and id.
#[derive(serde::Deserialize, ToSchema)]
#[schema(
    pattern = "^(autocall|telesales)/(0|[1-9][0-9]{0,17})$",
    example = "autocall/12"
)]
#[expect(dead_code, reason = "the schema of what `user_settings` reads")]
pub struct UserPin(String);

/// Address of a view, from its `#/` on.
#[derive(serde::Deserialize, ToSchema)]
#[schema(
    max_length = 500,
    pattern = r"^#/[^\x00-\x1f\x7f-\x9f]*$",
    example = "#/autocall/12?w=today"
)]
#[expect(dead_code, reason = "the schema of what `user_settings` reads")]
pub struct UserView(String);

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router.routes(routes!(show, put));
    openapi::guard::<OwnSettings>(router, paths::MY_SETTINGS)
}

/// The settings of this user, the same in every browser.
#[utoipa::path(get, path = paths::MY_SETTINGS, tag = "Access", operation_id = "my_settings",
    responses((status = 200, description = "The settings; defaults where the user has set none.", body = Data<UserSettings>)))]
async fn show(
    Permitted { caller, .. }: Permitted<OwnSettings>,
    State(app): State<Arc<App>>,
) -> Result<([(HeaderName, &'static str); 1], Json<Data<UserSettings>>)> {
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = user_settings::find(&mut scope, caller.user_id).await?;
    Ok((NO_STORE, Json(Data { data })))
}

/// Set the settings of this user, all of them.
#[utoipa::path(put, path = paths::MY_SETTINGS, tag = "Access", operation_id = "my_settings_put", request_body = UserSettingsPut,
    responses(
        (status = 200, description = "The settings are kept.", body = Data<UserSettings>),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Invalid members, all of them listed.", body = super::error::Body),
    ))]
async fn put(
    Permitted { caller, .. }: Permitted<OwnSettings>,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<([(HeaderName, &'static str); 1], Json<Data<UserSettings>>)> {
    let data = user_settings::read(&body::object(&headers, body).await?)?;
    let mut scope = app.db.write(caller.tenant.id).await?;
    user_settings::put(&mut scope, caller.user_id, &data).await?;
    scope.commit().await?;
    Ok((NO_STORE, Json(Data { data })))
}
