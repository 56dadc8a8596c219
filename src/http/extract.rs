//! Extractors. A handler that takes [`Permitted`] runs only for authorized requests, counted against their rate limit.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::context::RequestContext;
use crate::app::App;
use crate::auth::limit::Group;
use crate::auth::{Caller, Permission, session};
use crate::error::{Error, Result};

/// The permissions that a route requires, as a type.
pub trait Grant: Send + Sync + 'static {
    /// Required permissions, all of them.
    const PERMISSIONS: &'static [Permission];
    /// Rate-limit group of the route.
    const GROUP: Group;
}

/// The caller, who has those permissions. Otherwise `Unauthenticated`, `TooManyRequests` or `LacksPermission`;
/// `Unavailable` if the tenant has too many unfinished bodies.
pub struct Permitted<G: Grant> {
    pub caller: Arc<Caller>,
    grant: PhantomData<G>,
}

macro_rules! grants {
    ($( $(#[$meta:meta])* $grant:ident: $group:ident [$( $permission:ident ),*]; )*) => { $(
        $(#[$meta])*
        pub struct $grant;
        impl Grant for $grant {
            const PERMISSIONS: &'static [Permission] = &[$( Permission::$permission ),*];
            const GROUP: Group = Group::$group;
        }
    )* };
}

// The only list of required permissions; the OpenAPI document reads it too.
grants! {
    AutocallApiAccess: Autocall [AutocallApiAccess];
    TelesalesApiAccess: Telesales [TelesalesApiAccess];
    AutocallExportReport: Autocall [AutocallApiAccess, AutocallExportReport];
    AutocallManage: Autocall [AutocallApiAccess, AutocallManageCampaign];
    LeadImport: LeadImport [AutocallApiAccess, AutocallManageCampaign];
    CampaignStart: Start [AutocallApiAccess, AutocallManageCampaign];
    WebhooksManage: Webhooks [WebhooksManage];
    WebhookTest: WebhookTest [WebhooksManage];
    UsersManage: Other [UsersManage];
    AnalyticsApiAccess: Analytics [AnalyticsApiAccess];
    IngestWrite: Ingest [IngestWrite];
    /// Any valid token.
    AnyToken: Auth [];
}

impl<G: Grant> FromRequestParts<Arc<App>> for Permitted<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let (token, now) = (
            bearer(parts).ok_or(Error::Unauthenticated)?,
            app.clock.now(),
        );
        let caller = session::authenticate(&app.db, &app.sessions, &app.keys, token, now).await?;
        let tenant = &caller.tenant;
        if let Some(standing) =
            app.limits
                .count_session(G::GROUP, &tenant.settings, tenant.id, caller.session)
        {
            RequestContext::of(parts)?.set_rate_limit(standing, now)?;
        }
        if !G::PERMISSIONS
            .iter()
            .all(|permission| caller.may(*permission))
        {
            return Err(Error::LacksPermission(
                G::PERMISSIONS
                    .iter()
                    .map(|permission| permission.name())
                    .collect(),
            ));
        }
        if let Some(upload) = RequestContext::of(parts)?.upload() {
            upload.belongs_to(caller.tenant.id)?;
        }
        Ok(Self {
            caller,
            grant: PhantomData,
        })
    }
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

/// The `{id}` of a path. An id that is not an integer is not found.
pub fn path_id(path: std::result::Result<Path<String>, PathRejection>) -> Result<i64> {
    let Path(id) = path.map_err(|_| Error::NotFound)?;
    id.parse().map_err(|_| Error::NotFound)
}
