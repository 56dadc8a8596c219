//! A caller who changes resources.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::auth::Caller;
use crate::auth::audit::Actor;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::http::context::Client;
use crate::http::extract::{Grant, Permitted};
use crate::ingest::Locale;

/// Like [`Permitted`], with what a change needs.
pub struct Author<G: Grant> {
    pub app: Arc<App>,
    pub caller: Arc<Caller>,
    pub actor: Actor,
    grant: PhantomData<G>,
}

impl<G: Grant> FromRequestParts<Arc<App>> for Author<G> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let Permitted { caller, .. } = Permitted::<G>::from_request_parts(parts, app).await?;
        let Client(address) = Client::from_request_parts(parts, app).await?;
        let actor = caller.actor(address, app.clock.now());
        Ok(Self {
            app: Arc::clone(app),
            caller,
            actor,
            grant: PhantomData,
        })
    }
}

impl<G: Grant> Author<G> {
    /// Zone and country code of the caller's tenant.
    pub fn locale(&self) -> Locale {
        Locale {
            zone: self.caller.tenant.timezone,
            country_code: self.caller.tenant.settings.country_code(),
        }
    }

    /// A transaction on the tenant's rows.
    pub async fn write(&self) -> Result<Scope> {
        self.app.db.write(self.caller.tenant.id).await
    }
}
