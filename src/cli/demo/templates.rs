//! The demo's export templates: one for agents in a customer's layout, one for the trend of a campaign.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::app::App;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::templates::request::{self, Wanted};
use crate::templates::store;

const EXAMPLES: &str = include_str!("templates.json");

/// One of them, that is deleted again before a file is made by it.
pub const SHORT_LIVED: &str = "trend-by-mistake";

/// Deletes that one.
pub async fn delete_short_lived(scope: &mut Scope) -> Result<()> {
    store::lock(scope).await?;
    store::delete(scope, SHORT_LIVED).await
}

/// Adds the examples, or puts them back as they were.
pub async fn put(app: &App, tenant: i64, now: DateTime<Utc>) -> Result<()> {
    let examples: BTreeMap<String, Map<String, Value>> =
        serde_json::from_str(EXAMPLES).map_err(Error::internal)?;
    let mut scope = app.db.write(tenant).await?;
    store::lock(&mut scope).await?;
    for (name, members) in examples {
        let Wanted {
            report,
            template,
            logo,
        } = request::read(&members, None)?;
        let before = match store::find(&mut scope, &name).await {
            Err(Error::NotFound) => None,
            found => Some(found?),
        };
        let row = (report.as_str(), template, logo);
        store::put(&mut scope, &name, row, before.as_ref(), now).await?;
    }
    scope.commit().await
}
