//! Extractors. A handler that takes [`Permitted`] runs only for authorized requests, counted against their rate limit.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::context::RequestContext;
use super::cookie::Site;
use super::paths;
use crate::app::App;
use crate::auth::limit::Group;
use crate::auth::session::{self, Credential};
use crate::auth::{Caller, Permission};
use crate::error::{Error, Result};

/// The permissions and the rate-limit group of a route, as a type.
pub trait Grant: Send + Sync + 'static {
    /// Required permissions, all of them.
    const PERMISSIONS: &'static [Permission];
    /// A permission that suffices instead of the first.
    const INSTEAD: Option<Permission> = None;
    /// Rate-limit group of the route.
    const GROUP: Group;
    /// Rate-limit group of a request with a list of items.
    const LIST_GROUP: Group = Self::GROUP;
}

/// The caller, who has those permissions. Otherwise `Unauthenticated`, `TooManyRequests` or `LacksPermission`; `Forbidden` if
/// a page of another origin uses the cookie; `Unavailable` if the tenant has too many unfinished bodies.
pub struct Permitted<G: Grant> {
    pub caller: Arc<Caller>,
    grant: PhantomData<G>,
}

macro_rules! grants {
    ($( $(#[$meta:meta])* $grant:ident: $group:ident $(or $list:ident)? [$( $permission:ident ),*] $(or $instead:ident)?; )*) => { $(
        $(#[$meta])*
        pub struct $grant;
        impl Grant for $grant {
            const PERMISSIONS: &'static [Permission] = &[$( Permission::$permission ),*];
            $(const INSTEAD: Option<Permission> = Some(Permission::$instead);)?
            const GROUP: Group = Group::$group;
            $(const LIST_GROUP: Group = Group::$list;)?
        }
    )* };
}

// The only list of required permissions and rate-limit groups; the OpenAPI document reads it too.
grants! {
    AutocallApiAccess: Autocall [AutocallApiAccess];
    TelesalesApiAccess: Telesales [TelesalesApiAccess];
    AttemptsAccess: Autocall [AutocallApiAccess] or AnalyticsApiAccess;
    AttemptsFile: Autocall [AutocallApiAccess, CallsRead] or AnalyticsApiAccess;
    CampaignAttemptsFile: Autocall [AutocallApiAccess, CallsRead];
    SalesCallsFile: Telesales [TelesalesApiAccess, CallsRead];
    AutocallExportReport: Autocall [AutocallApiAccess, AutocallExportReport];
    AutocallManage: Autocall [AutocallApiAccess, AutocallManageCampaign];
    LeadAddition: Autocall or LeadImport [AutocallApiAccess, AutocallManageCampaign];
    LeadImport: LeadImport [AutocallApiAccess, AutocallManageCampaign];
    CampaignStart: Start [AutocallApiAccess, AutocallManageCampaign];
    /// Either product, which the handler tells apart.
    OverviewRead: Other [AutocallApiAccess] or TelesalesApiAccess;
    WebhooksManage: Webhooks [WebhooksManage];
    WebhookTest: WebhookTest [WebhooksManage];
    ExportsManage: Other [ExportsManage];
    ScheduleRun: ScheduleRun [ExportsManage];
    UsersManage: Other [UsersManage];
    AnalyticsApiAccess: Analytics [AnalyticsApiAccess];
    IngestWrite: Ingest [IngestWrite];
    /// Switches, which post each call.
    DialerWrite: Dialers [IngestWrite];
    /// Any valid token.
    AnyToken: Auth [];
    /// Any valid token, to read the templates that its files may name.
    TemplatesRead: Other [];
    /// Any valid token, to list the exports that it may order.
    ExportsRead: Other [];
    /// Rows that Telesales reports show, to choose from.
    SalesChoices: Other [TelesalesApiAccess];
    /// Any valid token, to search the names that it may read.
    Search: Other [];
    /// Any valid token, for its user's own settings.
    OwnSettings: Other [];
    /// Any valid token, to read what an account is and what its figures mean.
    Meta: Other [];
}

impl<G: Grant> FromRequestParts<Arc<App>> for Permitted<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let caller = authenticated(parts, app).await?;
        let context = RequestContext::of(parts)?;
        permit::<G>(app, &caller, context, G::GROUP)?;
        attribute_upload(&caller, context)?;
        Ok(Self {
            caller,
            grant: PhantomData,
        })
    }
}

/// The caller of a route whose rate-limit group depends on the body. Like [`Permitted`], but not counted yet. A request that
/// either group would refuse, or that lacks a permission, is refused before its body is read.
pub struct Uncounted<G: Grant> {
    caller: Arc<Caller>,
    context: RequestContext,
    grant: PhantomData<G>,
}

impl<G: Grant> FromRequestParts<Arc<App>> for Uncounted<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let caller = authenticated(parts, app).await?;
        let context = RequestContext::of(parts)?.clone();
        let has_room = |group| {
            let settings = &caller.tenant.settings;
            app.limits.has_room(group, settings, caller.session)
        };
        if lacks::<G>(&caller) || !has_room(G::GROUP) && !has_room(G::LIST_GROUP) {
            permit::<G>(app, &caller, &context, G::GROUP)?;
        }
        attribute_upload(&caller, &context)?;
        Ok(Self {
            caller,
            context,
            grant: PhantomData,
        })
    }
}

impl<G: Grant> Uncounted<G> {
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Counts the request in the group of lists or of single items. Errors of [`Permitted`].
    pub fn count(self, app: &App, is_list: bool) -> Result<Arc<Caller>> {
        let group = if is_list { G::LIST_GROUP } else { G::GROUP };
        permit::<G>(app, &self.caller, &self.context, group)?;
        Ok(self.caller)
    }
}

/// The caller of a route that answers everybody; `None` without an open session. A caller is counted as one of `AnyToken`.
pub struct Visitor(pub Option<Arc<Caller>>);

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let Some(credential) = credential(parts, app)? else {
            return Ok(Self(None));
        };
        let caller = match session_of(credential, app).await {
            // The session of a cookie has ended: in another tab, or by itself.
            Err(Error::Unauthenticated) if matches!(credential, Credential::Cookie(_)) => {
                return Ok(Self(None));
            }
            caller => caller?,
        };
        let context = RequestContext::of(parts)?;
        permit::<AnyToken>(app, &caller, context, AnyToken::GROUP)?;
        Ok(Self(Some(caller)))
    }
}

async fn authenticated(parts: &Parts, app: &App) -> Result<Arc<Caller>> {
    if let Some(password) = basic(parts) {
        return session_of(Credential::Token(&password), app).await;
    }
    let credential = credential(parts, app)?.ok_or(Error::Unauthenticated)?;
    session_of(credential, app).await
}

async fn session_of(credential: Credential<'_>, app: &App) -> Result<Arc<Caller>> {
    let now = app.clock.now();
    session::authenticate(&app.db, &app.sessions, &app.keys, credential, now).await
}

/// The token of a request, or else its cookie. A cookie beside any `Authorization` is not read.
fn credential<'a>(parts: &'a Parts, app: &App) -> Result<Option<Credential<'a>>> {
    if parts.headers.contains_key(AUTHORIZATION) {
        let token = bearer(parts).ok_or(Error::Unauthenticated)?;
        return Ok(Some(Credential::Token(token)));
    }
    let site = Site::of(&parts.headers, app.exports.public_url.as_deref());
    let Some(value) = site.cookie(&parts.headers) else {
        return Ok(None);
    };
    site.check(&parts.method, &parts.headers)?;
    Ok(Some(Credential::Cookie(value)))
}

/// Counts a request and checks its permissions.
fn permit<G: Grant>(
    app: &App,
    caller: &Caller,
    context: &RequestContext,
    group: Group,
) -> Result<()> {
    let tenant = &caller.tenant;
    let counted = app
        .limits
        .count_session(group, &tenant.settings, tenant.id, caller.session);
    if let Some(standing) = counted {
        context.set_rate_limit(standing, app.clock.now())?;
    }
    check::<G>(caller)
}

/// `LacksPermission` if the caller lacks a permission of the grant.
pub fn check<G: Grant>(caller: &Caller) -> Result<()> {
    if !lacks::<G>(caller) {
        return Ok(());
    }
    let names = G::PERMISSIONS.iter().map(|permission| permission.name());
    Err(Error::LacksPermission(names.collect()))
}

/// True if the caller lacks a permission of the grant.
fn lacks<G: Grant>(caller: &Caller) -> bool {
    let mut required = G::PERMISSIONS.iter().enumerate();
    let instead = G::INSTEAD.is_some_and(|instead| caller.may(instead));
    !required.all(|(at, permission)| caller.may(*permission) || at == 0 && instead)
}

/// `Unavailable` if the tenant has too many unfinished bodies.
fn attribute_upload(caller: &Caller, context: &RequestContext) -> Result<()> {
    context
        .upload()
        .map_or(Ok(()), |upload| upload.belongs_to(caller.tenant.id))
}

/// The password of basic authentication, which is a token: at the doors of dialers, whose switches know no other. Its user
/// name is not read. Elsewhere a browser that keeps it would send it with forms of other origins.
fn basic(parts: &Parts) -> Option<String> {
    if !parts.uri.path().starts_with(paths::DIALER_DOORS) {
        return None;
    }
    let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts
        .headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The `{job_id}` of a path. One that no job can have is not found.
pub fn path_job(path: std::result::Result<Path<String>, PathRejection>) -> Result<String> {
    let Path(job) = path.map_err(|_| Error::NotFound)?;
    if job.contains('\0') {
        return Err(Error::NotFound);
    }
    Ok(job)
}

/// The `{id}` of a path. An id that is not an integer is not found.
pub fn path_id(path: std::result::Result<Path<String>, PathRejection>) -> Result<i64> {
    let Path(id) = path.map_err(|_| Error::NotFound)?;
    id.parse().map_err(|_| Error::NotFound)
}
