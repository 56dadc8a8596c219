//! Signing in to the page: sessions that a cookie carries (`/api/auth/session`).

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::AppendHeaders;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{self, Me, NO_STORE};
use super::context::{Client, RequestContext};
use super::cookie::Site;
use super::extract::{AnyToken, Permitted, Visitor};
use super::openapi::{guard, limit_by_address};
use super::{body, paths};
use crate::app::App;
use crate::auth::audit::Event;
use crate::auth::limit::Group;
use crate::auth::session::{self, Carrier, Credential};
use crate::auth::sign_in_link;
use crate::envelope::Data;
use crate::error::{Error, Faults, Result};
use crate::input::members;

/// Maximum length of a code, in code points; that of a longer one is unknown anyway.
const CODE_LEN: usize = 200;

/// Credentials, or the code of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "members are read by name, to report every fault; this is their schema"
)]
pub enum SignIn {
    /// With a password.
    Password(PasswordSignIn),
    /// With a link.
    Code(CodeSignIn),
}

/// A user name and a password.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "the schema of what is read by name")]
pub struct PasswordSignIn {
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
}

/// The code of a link from `callboard link`.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "the schema of what is read by name")]
pub struct CodeSignIn {
    /// The text after `#sign-in=` in the link. It is valid once.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00]*$",
        example = "1.qKq0Zt0WqkCqUYsvJYdHSwx4Rj5i2wH7VhT0o8d3QyE"
    )]
    code: String,
}

/// The session's user, account and permissions.
#[derive(Serialize, ToSchema)]
pub struct SessionResponse {
    /// Null without a session.
    data: Option<Me>,
    /// False while the installation has no account at all, so that nobody could sign in; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, required = false, example = false)]
    has_accounts: Option<bool>,
}

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router
        .routes(routes!(show, sign_in, sign_out))
        .routes(routes!(end_all));
    let login = [Group::LoginAddress, Group::LoginName];
    let router = limit_by_address(router, (HttpMethod::Post, paths::SESSION), &login);
    guard::<AnyToken>(router, paths::SESSIONS)
}

type Headers<const N: usize> = AppendHeaders<[(HeaderName, HeaderValue); N]>;

/// The session of this request.
///
/// Without one, or with a cookie whose session has ended, `data` is null; `has_accounts` is false beside it while the
/// installation has no account. A session is counted in the group auth.
#[utoipa::path(get, path = paths::SESSION, tag = "Access", operation_id = "session_show",
    responses(
        (status = 200, description = "The session's user, account and permissions, or null.", body = SessionResponse),
        (status = 401, description = "The token is not valid.", body = super::error::Body),
        (status = 429, description = "The session asks too often.", body = super::error::Body),
        (status = 503, description = "The database is unreachable, or the server is overloaded.", body = super::error::Body),
    ))]
async fn show(
    Visitor(caller): Visitor,
    State(app): State<Arc<App>>,
) -> Result<([(HeaderName, &'static str); 1], Json<SessionResponse>)> {
    let data = match caller {
        Some(caller) => Some(Me::of(&app, &caller).await?),
        None => None,
    };
    let is_new = data.is_none() && is_new(&app).await?;
    let has_accounts = is_new.then_some(false);
    Ok((NO_STORE, Json(SessionResponse { data, has_accounts })))
}

/// True while the installation has no account. Asked of the database until there is one.
async fn is_new(app: &App) -> Result<bool> {
    if app.has_accounts.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let is_new = app.db.tenants().await?.is_empty();
    app.has_accounts.store(!is_new, Ordering::Relaxed);
    Ok(is_new)
}

/// Sign in: a session in a cookie.
///
/// For pages of this server only. The cookie cannot be read by scripts, and is sent by them to this server alone; where a
/// request has the header `Authorization`, it is not read. With it, a request that could change something needs the header
/// `X-Callboard-Page: 1`, and an `Origin` and a `Sec-Fetch-Site`, where sent, of the page itself. The session expires 30 days
/// after its last use. A session that this browser had before ends. Limited to 5 a minute per client address and user name, and
/// 30 per address.
#[utoipa::path(post, path = paths::SESSION, tag = "Access", operation_id = "session_sign_in", request_body = SignIn,
    responses(
        (status = 200, description = "Signed in; Set-Cookie has the session.", body = Data<Me>),
        (status = 400, description = "The body is not a JSON object.", body = super::error::Body),
        (status = 401, description = "Unknown user, wrong password, or disabled user; or the code is unknown, used or expired.",
            body = super::error::Body, example = json!({"message": "Invalid username or password."})),
        (status = 403, description = "A page of another origin asks.", body = super::error::Body),
        (status = 408, description = "The body made no progress for a minute.", body = super::error::Body),
        (status = 413, description = "The body is larger than 64 KiB.", body = super::error::Body),
        (status = 415, description = "The body is not application/json.", body = super::error::Body),
        (status = 422, description = "Missing or invalid fields.", body = super::error::Body),
        (status = 429, description = "Too many logins.", body = super::error::Body,
            example = json!({"message": "Too many requests. Retry after 12 seconds."})),
        (status = 503, description = "The database is unreachable, or the server is overloaded.", body = super::error::Body),
    ))]
async fn sign_in(
    State(app): State<Arc<App>>,
    Client(address): Client,
    axum::Extension(context): axum::Extension<RequestContext>,
    headers: HeaderMap,
    body: Body,
) -> Result<(Headers<2>, Json<Data<Me>>)> {
    let site = Site::of(&headers, app.exports.public_url.as_deref());
    let previous = cookie(&site, &headers);
    match previous {
        Some(_) => site.check(&Method::POST, &headers)?,
        None => site.check_origin(&headers)?,
    }
    let now = app.clock.now();
    if let Some(standing) = app.limits.count_login(address) {
        context.set_rate_limit(standing, now)?;
    }
    let object = body::object(&headers, body).await?;
    let value = match code(&object)? {
        Some(code) => sign_in_link::open_session(&app.db, &app.keys, &code, address, now).await?,
        None => {
            let from = (address, Carrier::Cookie);
            auth::by_password(&app, &context, object, from).await?.1
        }
    };
    if let Some(previous) = previous
        && let Err(error) = end(&app, previous, address).await
    {
        // The new session counts for more than the end of one that this browser forgets.
        tracing::warn!(%error, "could not end the session before a new one");
    }
    let cookie = Credential::Cookie(&value);
    let caller = session::authenticate(&app.db, &app.sessions, &app.keys, cookie, now).await?;
    let data = Me::of(&app, &caller).await?;
    let headers = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (SET_COOKIE, site.set(&value)?),
    ];
    Ok((AppendHeaders(headers), Json(Data { data })))
}

/// Sign out: end the session of this request, and remove the cookie.
///
/// Every tab of the browser shares it. Without an open session nothing ends. A session is counted in the group auth.
#[utoipa::path(delete, path = paths::SESSION, tag = "Access", operation_id = "session_sign_out",
    responses(
        (status = 204, description = "There is no session any more."),
        (status = 401, description = "The token is not valid.", body = super::error::Body),
        (status = 403, description = "A page of another origin asks.", body = super::error::Body),
        (status = 429, description = "The session asks too often.", body = super::error::Body),
        (status = 503, description = "The database is unreachable, or the server is overloaded.", body = super::error::Body),
    ))]
async fn sign_out(
    Visitor(caller): Visitor,
    State(app): State<Arc<App>>,
    Client(address): Client,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap)> {
    if let Some(caller) = caller {
        revoke(&app, (caller.tenant.id, caller.session), address).await?;
    }
    Ok((StatusCode::NO_CONTENT, without_cookie(&app, &headers)?))
}

/// End all sessions of this user: tokens and cookies, on all devices, this one included.
///
/// Tokens that an operator issued for the user end as well.
#[utoipa::path(delete, path = paths::SESSIONS, tag = "Access", operation_id = "sessions_end",
    responses((status = 204, description = "The user has no open session.")))]
async fn end_all(
    Permitted { caller, .. }: Permitted<AnyToken>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    headers: HeaderMap,
) -> Result<(StatusCode, HeaderMap)> {
    let ended = session::revoke_own(&app.db, &caller, address, app.clock.now()).await?;
    for session in ended {
        app.sessions.forget(&(caller.tenant.id, session));
    }
    Ok((StatusCode::NO_CONTENT, without_cookie(&app, &headers)?))
}

/// The code of a body; `None` if it has none, so that it is one with a password.
fn code(object: &Map<String, Value>) -> Result<Option<String>> {
    if object.get("code").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let mut faults = Faults::default();
    let code = members::required_text(object, "code", CODE_LEN, &mut faults);
    for other in ["username", "password"] {
        if object.get(other).is_some_and(|value| !value.is_null()) {
            faults.add(other, "cannot be combined with code.");
        }
    }
    faults.into_result(code).map(Some)
}

/// The cookie of a request, which is not read beside `Authorization`.
fn cookie<'a>(site: &Site, headers: &'a HeaderMap) -> Option<&'a str> {
    site.cookie(headers)
        .filter(|_| !headers.contains_key(AUTHORIZATION))
}

/// Ends the session of a cookie, if it is open.
async fn end(app: &App, cookie: &str, address: IpAddr) -> Result<()> {
    let (cookie, now) = (Credential::Cookie(cookie), app.clock.now());
    match session::authenticate(&app.db, &app.sessions, &app.keys, cookie, now).await {
        Ok(caller) => revoke(app, (caller.tenant.id, caller.session), address).await,
        Err(Error::Unauthenticated) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Ends a session; one that has ended already stays so.
async fn revoke(app: &App, key: (i64, uuid::Uuid), address: IpAddr) -> Result<()> {
    let event = (Event::Logout, Some(address));
    let revoked = session::revoke(&app.db, key.0, key.1, event, app.clock.now()).await;
    app.sessions.forget(&key);
    match revoked {
        Err(Error::NotFound) => Ok(()),
        revoked => revoked,
    }
}

/// Headers that remove the cookie, unless the request was one with a token.
fn without_cookie(app: &App, headers: &HeaderMap) -> Result<HeaderMap> {
    let mut answer = HeaderMap::new();
    if !headers.contains_key(AUTHORIZATION) {
        let site = Site::of(headers, app.exports.public_url.as_deref());
        answer.insert(SET_COOKIE, site.removed()?);
    }
    Ok(answer)
}
