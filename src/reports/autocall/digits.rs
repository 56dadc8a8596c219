//! Deciding keys: the last key of each answered attempt. Shared by the KPIs and the DTMF report.

use super::Campaign;
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::{Source, Statements, statements};

static STATEMENTS: Statements = statements!("digits");

/// Answered attempts by deciding key.
#[derive(Debug, Default)]
pub struct Digits {
    /// Key and count, by count descending, then key.
    pub pressed: Vec<(String, i64)>,
    /// Answered attempts without a key.
    pub no_input: i64,
}

impl Digits {
    pub async fn load(scope: &mut Scope, campaign: &Campaign, source: Source) -> Result<Self> {
        if source == Source::Rolled {
            let row = campaign.select::<KeyCounts>(scope, &STATEMENTS, source);
            let row = campaign.bind_window(row, source)?;
            return Ok(row.fetch_one(scope.connection()).await?.into());
        }
        let rows = campaign.select(scope, &STATEMENTS, source);
        let rows = campaign.bind_window(rows, source)?;
        let rows: Vec<(String, i64)> = rows.fetch_all(scope.connection()).await?;
        let (none, pressed): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(digit, _)| digit.is_empty());
        Ok(Self {
            pressed,
            no_input: none.into_iter().map(|(_, count)| count).sum(),
        })
    }
}

/// Deciding keys in the roll-up: one counter each, null without any row.
#[derive(Debug, sqlx::FromRow)]
pub struct KeyCounts {
    no_input: i64,
    /// In the order of [`KEYS`].
    keys: Vec<Option<i64>>,
}

const KEYS: [&str; 12] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"];

impl From<KeyCounts> for Digits {
    fn from(counts: KeyCounts) -> Self {
        let counted = KEYS
            .into_iter()
            .zip(counts.keys.into_iter().map(Option::unwrap_or_default));
        let mut pressed: Vec<(String, i64)> = counted
            .filter(|(_, count)| *count != 0)
            .map(|(key, count)| (key.to_owned(), count))
            .collect();
        pressed.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
        Self {
            pressed,
            no_input: counts.no_input,
        }
    }
}
