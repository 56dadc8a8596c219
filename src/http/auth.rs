//! Login, logout and the current user: `/api/auth`

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::context::{Client, RequestContext};
use super::extract::{AnyToken, Permitted};
use super::{body, meta, paths};
use crate::app::App;
use crate::auth::audit::Event;
use crate::auth::login::{self, LoginRequest, Password};
use crate::auth::session::Carrier;
use crate::auth::settings::AUTO;
use crate::auth::user::{self, User};
use crate::auth::user_settings::{self, UserSettings};
use crate::auth::username::username_key;
use crate::auth::{Caller, Permission, password, session};
use crate::envelope::Data;
use crate::error::{Faults, Result};
use crate::input::members;
use crate::percent::DecimalNumber;
use crate::text::NAME_LEN;
use crate::words::Language;

/// Credentials of a login.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "fields are read by name, to report every fault; this is their schema"
)]
pub struct Credentials {
    /// User name, in any case.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\x00]*$",
        example = "an.nguyen"
    )]
    username: String,
    /// Password.
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]*$",
        example = "correct horse"
    )]
    password: String,
    /// Name of the client's device; shown in the list of tokens.
    #[schema(max_length = 255, pattern = r"^[^\x00]*$", example = "Reception")]
    device_name: Option<String>,
}

/// The user and a token.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// The user, as an object.
    data: OfUser,
    /// For the `Authorization` header, after `Bearer `. It expires 30 days after its last use, or when revoked.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl")]
    token: String,
}

/// The user who has logged in.
#[derive(Serialize, ToSchema)]
pub struct OfUser {
    /// The user.
    user: User,
}

/// The caller: user, account, permissions, and what a page needs to begin.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The token's user.
    user: User,
    /// The token's account.
    tenant: Account,
    /// The token's permissions.
    #[schema(example = json!(["autocall_api_access", "telesales_api_access"]))]
    permissions: Vec<Permission>,
    /// Language of texts for the user: en, vi, or auto, that of the request. The user's choice, else the account's.
    #[schema(example = "vi")]
    language: String,
    /// The user's own settings.
    settings: UserSettings,
    /// Thresholds of warnings and of the health of caller IDs, by account setting.
    #[schema(value_type = BTreeMap<String, f64>, example = json!({"warn_abandon_near_pct": 80, "warn_abandon_near_dials": 100}))]
    thresholds: BTreeMap<&'static str, DecimalNumber<6>>,
}

impl Me {
    pub async fn of(app: &App, caller: &Caller) -> Result<Self> {
        let mut scope = app.db.read(caller.tenant.id).await?;
        let user = user::find(&mut scope, caller.user_id).await?;
        let settings = user_settings::find(&mut scope, caller.user_id).await?;
        let tenant = &caller.tenant;
        let language = tenant.settings.language.map_or(AUTO, Language::name);
        let language = settings.language.as_deref().unwrap_or(language).to_owned();
        let thresholds = meta::thresholds(&tenant.settings);
        let tenant = Account {
            id: tenant.id,
            name: tenant.name.clone(),
            timezone: tenant.timezone.name(),
        };
        Ok(Self {
            user,
            tenant,
            permissions: caller.permissions(),
            language,
            settings,
            thresholds,
        })
    }
}

/// An account.
#[derive(Serialize, ToSchema)]
pub struct Account {
    /// Its id.
    #[schema(example = 1)]
    id: i64,
    /// Its name.
    #[schema(example = "My company")]
    name: String,
    /// Default time zone of its reports.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    timezone: &'static str,
}

/// Tokens and identities must not be cached.
pub const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// Log in.
///
/// An unknown user name and a wrong password get the same response. Limited to 5 a minute per client address and user name,
/// and 30 per address.
#[utoipa::path(post, path = paths::LOGIN, tag = "Access", operation_id = "auth_login", request_body = Credentials,
    responses(
        (status = 200, description = "Logged in.", body = LoggedIn),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 401, description = "Unknown user, wrong password, or disabled user.", body = super::error::Body,
            example = json!({"message": "Invalid username or password."})),
        (status = 408, description = "The body made no progress for a minute.", body = super::error::Body),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid fields.", body = super::error::Body),
        (status = 429, description = "Too many logins.", body = super::error::Body,
            example = json!({"message": "Too many requests. Retry after 12 seconds."})),
        (status = 503, description = "The database is unreachable, or the server is overloaded.", body = super::error::Body),
    ))]
pub async fn login(
    State(app): State<Arc<App>>,
    Client(address): Client,
    axum::Extension(context): axum::Extension<RequestContext>,
    headers: HeaderMap,
    body: Body,
) -> Result<([(HeaderName, &'static str); 1], Json<LoggedIn>)> {
    let now = app.clock.now();
    if let Some(standing) = app.limits.count_login(address) {
        context.set_rate_limit(standing, now)?;
    }
    let object = body::object(&headers, body).await?;
    let (user, token) = by_password(&app, &context, object, (address, Carrier::Token)).await?;
    Ok((
        NO_STORE,
        Json(LoggedIn {
            data: OfUser { user },
            token,
        }),
    ))
}

/// Opens a session for the user name and the password of a body, counted by name. Returns the user and what carries the
/// session.
pub async fn by_password(
    app: &App,
    context: &RequestContext,
    object: Map<String, Value>,
    from: (IpAddr, Carrier),
) -> Result<(User, String)> {
    let now = app.clock.now();
    let username = object
        .get("username")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let counted = app.limits.count_login_name(from.0, &username_key(username));
    if let Some(standing) = counted {
        context.set_rate_limit(standing, now)?;
    }
    let attempt = login_request(&object, from)?;
    drop(object); // up to 64 KiB, and a login may wait
    login::login(&app.db, &app.keys, &app.passwords, attempt, now).await
}

fn login_request(
    object: &Map<String, Value>,
    (address, carrier): (IpAddr, Carrier),
) -> Result<LoginRequest> {
    let mut faults = Faults::default();
    let username = members::required_text(object, "username", NAME_LEN, &mut faults);
    let password =
        members::required_verbatim(object, "password", password::LOGIN_MAX_LEN, &mut faults)
            .map(Password);
    let device_name = members::text(object, "device_name", NAME_LEN, &mut faults);
    let read = username.zip(password);
    faults.into_result(read.map(|(username, password)| LoginRequest {
        username,
        password,
        device_name,
        address,
        carrier,
    }))
}

/// Log out: revoke the token of this request.
#[utoipa::path(post, path = paths::LOGOUT, tag = "Access", operation_id = "auth_logout", responses((status = 204, description = "The token is revoked.")))]
pub async fn logout(
    Permitted { caller, .. }: Permitted<AnyToken>,
    State(app): State<Arc<App>>,
    Client(address): Client,
) -> Result<StatusCode> {
    let (tenant, session) = (caller.tenant.id, caller.session);
    session::revoke(
        &app.db,
        tenant,
        session,
        (Event::Logout, Some(address)),
        app.clock.now(),
    )
    .await?;
    app.sessions.forget(&(tenant, session));
    Ok(StatusCode::NO_CONTENT)
}

/// The current user, account and permissions.
#[utoipa::path(get, path = paths::ME, tag = "Access", operation_id = "auth_me",
    responses((status = 200, description = "The owner of the token.", body = Data<Me>)))]
pub async fn me(
    Permitted { caller, .. }: Permitted<AnyToken>,
    State(app): State<Arc<App>>,
) -> Result<([(HeaderName, &'static str); 1], Json<Data<Me>>)> {
    let data = Me::of(&app, &caller).await?;
    Ok((NO_STORE, Json(Data { data })))
}
