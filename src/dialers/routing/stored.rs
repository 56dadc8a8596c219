//! The routing of an account, as it is stored.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::request::read;
use super::rules::Routing;
use crate::db::Scope;
use crate::error::Result;

/// The account's routing: no rules where it has none.
pub async fn of_account(scope: &mut Scope) -> Result<Routing> {
    let find = scope.select::<(Json<Value>,)>(include_str!("../sql/routing.sql"));
    let found = find.fetch_optional(scope.connection()).await?;
    let stored = found.map(|(Json(stored),)| stored);
    match stored.as_ref().and_then(Value::as_object) {
        Some(members) => read(members),
        None => Ok(Routing::default()),
    }
}

/// Replaces the account's routing.
pub async fn put(scope: &mut Scope, routing: &Routing, now: DateTime<Utc>) -> Result<()> {
    let put = scope.query(include_str!("../sql/put_routing.sql"));
    let put = put.bind(Json(routing.shown())).bind(now);
    put.execute(scope.connection()).await?;
    Ok(())
}
