//! Actions and labels of keys in a campaign's script.

use crate::db::Scope;
use crate::error::Result;

/// A key with an action.
#[derive(Debug, sqlx::FromRow)]
pub struct Action {
    pub digit: String,
    pub label: String,
}

/// The script's actions, one per key. Empty if the campaign has no script, or the script defines none.
pub async fn actions(scope: &mut Scope, campaign: i64) -> Result<Vec<Action>> {
    let rows = scope.select(include_str!("script.sql")).bind(campaign);
    Ok(rows.fetch_all(scope.connection()).await?)
}
