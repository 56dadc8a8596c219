//! Deciding keys: what the people who answered pressed last. Shared by the KPIs and the DTMF report.

use super::Campaign;
use crate::db::Scope;
use crate::error::Result;

/// Answered attempts by deciding key.
#[derive(Debug, Default)]
pub struct Digits {
    /// Key and count, most pressed first, then by key.
    pub pressed: Vec<(String, i64)>,
    /// Answered attempts without a key.
    pub no_input: i64,
}

impl Digits {
    pub async fn load(scope: &mut Scope, campaign: &Campaign) -> Result<Self> {
        let window = campaign.window;
        let rows = scope.select(include_str!("digits.sql")).bind(campaign.id).bind(window.from).bind(window.to);
        let rows: Vec<(String, i64)> = rows.fetch_all(scope.connection()).await?;
        let (none, pressed): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(digit, _)| digit.is_empty());
        Ok(Self { pressed, no_input: none.into_iter().map(|(_, count)| count).sum() })
    }
}
