//! What the keys do in a campaign's script, and what the script calls them.

use serde::Deserialize;
use sqlx::types::Json;

use crate::db::Scope;
use crate::error::Result;

/// A key that the script gives something to do.
#[derive(Debug, Deserialize)]
pub struct Action {
    pub digit: String,
    pub label: String,
}

/// The script's actions, in its order. Empty where the campaign has no script, or the script defines none.
pub async fn actions(scope: &mut Scope, campaign: i64) -> Result<Vec<Action>> {
    let row = scope.select::<(Json<Vec<Action>>,)>(include_str!("script.sql")).bind(campaign);
    let row = row.fetch_optional(scope.connection()).await?;
    Ok(row.map(|(Json(actions),)| actions).unwrap_or_default())
}
