//! Warnings that were raised: what changes when others hold, and how that is stored.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;

use super::warnings::Warning;
use crate::db::Scope;
use crate::error::Result;

/// Time for which a warning must be away until it has ended.
const AWAY: TimeDelta = TimeDelta::minutes(5);

/// The identity of a warning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::FromRow)]
pub struct Key {
    /// Empty for a warning of the account.
    module: String,
    code: String,
    /// 0 without a campaign.
    campaign_id: i64,
    subject: String,
}

impl Key {
    pub fn of(warning: &Warning, module: &str) -> Self {
        Self {
            module: module.to_owned(),
            code: warning.code.name().to_owned(),
            campaign_id: warning.campaign.unwrap_or_default(),
            subject: warning.subject.clone().unwrap_or_default(),
        }
    }
}

/// A warning that was raised.
#[derive(Debug, sqlx::FromRow)]
struct Raised {
    #[sqlx(flatten)]
    key: Key,
    gone_since: Option<DateTime<Utc>>,
}

/// A warning that holds, by the data of its event.
#[derive(Debug, Serialize)]
struct Begun<'a> {
    #[serde(flatten)]
    key: &'a Key,
    data: &'a Value,
}

/// Changes of the warnings that were raised.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes<'a> {
    begun: Vec<&'a Key>,
    back: Vec<Key>,
    gone: Vec<Key>,
    over: Vec<Key>,
}

/// Changes that make those raised the ones that hold.
fn changes<'a>(
    raised: Vec<Raised>,
    holding: &'a BTreeMap<Key, Value>,
    now: DateTime<Utc>,
) -> Changes<'a> {
    let mut changes = Changes::default();
    let known: BTreeMap<Key, Option<DateTime<Utc>>> = raised
        .into_iter()
        .map(|it| (it.key, it.gone_since))
        .collect();
    changes.begun = holding
        .keys()
        .filter(|key| !known.contains_key(*key))
        .collect();
    for (key, gone_since) in known {
        match (holding.contains_key(&key), gone_since) {
            (true, Some(_)) => changes.back.push(key),
            (false, None) => changes.gone.push(key),
            (false, Some(since)) if now - since >= AWAY => changes.over.push(key),
            (true, None) | (false, Some(_)) => {}
        }
    }
    changes
}

/// Stores the warnings that hold, and raises those that begin. Returns their number. Without a change nothing is written.
pub async fn store(
    scope: &mut Scope,
    holding: &BTreeMap<Key, Value>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let raised = scope.select::<Raised>(include_str!("sql/raised.sql"));
    let raised = raised.fetch_all(scope.connection()).await?;
    let Changes {
        begun,
        back,
        gone,
        over,
    } = changes(raised, holding, now);
    if !over.is_empty() {
        let end = scope.query(include_str!("sql/raised_over.sql"));
        end.bind(Json(over)).execute(scope.connection()).await?;
    }
    for (keys, since) in [(back, None), (gone, Some(now))] {
        if !keys.is_empty() {
            let mark = scope.query(include_str!("sql/raised_gone.sql"));
            let mark = mark.bind(Json(keys)).bind(since);
            mark.execute(scope.connection()).await?;
        }
    }
    if begun.is_empty() {
        return Ok(0);
    }
    let begun = begun.into_iter();
    let begun: Vec<Begun> = begun
        .filter_map(|key| {
            Some(Begun {
                key,
                data: holding.get(key)?,
            })
        })
        .collect();
    let begun = serde_json::to_value(begun).map_err(crate::error::Error::internal)?;
    let raise = scope.query(include_str!("sql/raise.sql"));
    let raise = raise.bind(Json(begun)).bind(now);
    Ok(raise.execute(scope.connection()).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(campaign_id: i64) -> Key {
        Key {
            module: "telesales".into(),
            code: "abandon_near".into(),
            campaign_id,
            subject: String::new(),
        }
    }

    #[test]
    fn a_warning_begins_once_and_ends_after_a_while() {
        let now: DateTime<Utc> = "2026-06-30T08:00:00Z".parse().expect("an instant");
        let away = |campaign, minutes: Option<i64>| Raised {
            key: key(campaign),
            gone_since: minutes.map(|minutes| now - TimeDelta::minutes(minutes)),
        };
        let raised = vec![
            away(1, None),
            away(2, None),
            away(3, Some(4)),
            away(4, Some(4)),
            away(5, Some(5)),
        ];
        let holding = [1, 3, 6]
            .map(|campaign| (key(campaign), Value::Null))
            .into();
        let sixth = key(6);
        let expected = Changes {
            begun: vec![&sixth],
            back: vec![key(3)],
            gone: vec![key(2)],
            over: vec![key(5)],
        };
        assert_eq!(changes(raised, &holding, now), expected);
    }
}
