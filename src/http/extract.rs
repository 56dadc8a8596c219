//! What handlers ask for in their arguments. A handler that takes [`Permitted`] *is* authorised.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::app::App;
use crate::auth::{Caller, Permission, session};
use crate::error::{Error, Result};

/// A permission as a type.
pub trait Grant: Send + Sync + 'static {
    const PERMISSION: Permission;
}

/// The caller, who has that permission. Unauthenticated or Forbidden otherwise.
pub struct Permitted<G: Grant> {
    pub caller: Arc<Caller>,
    grant: PhantomData<G>,
}

macro_rules! grants {
    ($( $grant:ident ),* $(,)?) => { $(
        pub struct $grant;
        impl Grant for $grant {
            const PERMISSION: Permission = Permission::$grant;
        }
    )* };
}

grants!(AutocallApiAccess, TelesalesApiAccess, AnalyticsApiAccess, IngestWrite);

impl<G: Grant> FromRequestParts<Arc<App>> for Permitted<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let token = bearer(parts).ok_or(Error::Unauthenticated)?;
        let caller = session::authenticate(&app.db, &app.sessions, &app.keys, token, app.clock.now()).await?;
        if !caller.may(G::PERMISSION) {
            return Err(Error::Forbidden);
        }
        Ok(Self { caller, grant: PhantomData })
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The `{id}` of a path. What is no integer is nothing's id.
pub fn path_id(path: std::result::Result<Path<String>, PathRejection>) -> Result<i64> {
    let Path(id) = path.map_err(|_| Error::NotFound)?;
    id.parse().map_err(|_| Error::NotFound)
}
