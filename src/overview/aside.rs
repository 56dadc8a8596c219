//! Warnings that a user has put aside: for a day, nobody else's overview changes.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::warnings::Warning;
use crate::closed::{ProductName, WarningCode};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::input::{Kind, Parameter, Query};
use crate::rollups::Module;
use crate::text::NAME_LEN;
use crate::time::Instant;

const HOURS: i64 = 24;
/// Warnings that a user may have put aside at a time.
const MOST: i64 = 1_000;

const MODULE: Parameter = Parameter::required(
    "module",
    Kind::Choice(ProductName::VALUES),
    "Product of the overview.",
);
const CODE: Parameter = Parameter::required(
    "code",
    Kind::Choice(WarningCode::VALUES),
    "Kind of the warning.",
);
const CAMPAIGN_ID: Parameter = Parameter::optional(
    "campaign_id",
    Kind::Id,
    "Campaign of the warning, if it has one.",
);
const SUBJECT: Parameter = Parameter::optional(
    "subject",
    Kind::Text,
    "Subject of the warning, if it has one.",
);

/// Members of the body.
pub const MEMBERS: &[Parameter] = &[MODULE, CODE, CAMPAIGN_ID, SUBJECT];

/// A warning that is put aside.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OverviewWarningAside)]
pub struct PutAside {
    /// Product of the overview.
    #[schema(value_type = ProductName)]
    pub module: &'static str,
    /// Kind of the warning.
    #[schema(value_type = WarningCode)]
    code: &'static str,
    /// Campaign of the warning.
    campaign_id: Option<i64>,
    /// Subject of the warning.
    subject: Option<String>,
    /// Time at which the warning comes back, if it still holds.
    until: Instant,
}

impl PutAside {
    /// Reads the body. `Invalid` with every fault.
    pub fn read(members: &Map<String, Value>, now: DateTime<Utc>) -> Result<Self> {
        let mut query = Query::of_members(members, MEMBERS);
        let (module, code) = (query.listed(&MODULE), query.listed(&CODE));
        let campaign_id = query.id(&CAMPAIGN_ID);
        let subject = query.storable_text(&SUBJECT);
        if subject
            .as_ref()
            .is_some_and(|it| it.chars().count() > NAME_LEN)
        {
            query.fail(
                SUBJECT.name,
                format!("must not have more than {NAME_LEN} characters."),
            );
        }
        let aside = module.zip(code).map(|(module, code)| Self {
            module,
            code,
            campaign_id,
            subject,
            until: Instant(now + TimeDelta::hours(HOURS)),
        });
        query.finish(aside)
    }

    /// Puts it aside for a user. `Missing` without the campaign, `Conflict` with too many of them.
    pub async fn store(&self, scope: &mut Scope, user: i64, now: DateTime<Utc>) -> Result<()> {
        let checked = scope.select::<(bool, i64)>(include_str!("sql/aside_checked.sql"));
        let checked = checked
            .bind(user)
            .bind(now)
            .bind(self.module)
            .bind(self.campaign_id);
        let (is_known, count) = checked.fetch_one(scope.connection()).await?;
        if !is_known {
            Error::missing(CAMPAIGN_ID.name, self.campaign_id).map_or(Ok(()), Err)?;
        }
        if count >= MOST {
            let rule = format!("A user may put aside {MOST} warnings at a time.");
            return Err(Error::conflict(rule));
        }
        let tidy = scope.query(include_str!("sql/aside_over.sql"));
        tidy.bind(user)
            .bind(now)
            .execute(scope.connection())
            .await?;
        let put = scope.query(include_str!("sql/aside_put.sql"));
        let put = put
            .bind(user)
            .bind(self.module)
            .bind(self.code)
            .bind(self.campaign_id.unwrap_or_default())
            .bind(self.subject.clone().unwrap_or_default())
            .bind(self.until.0);
        put.execute(scope.connection()).await?;
        Ok(())
    }
}

/// Warnings that a user has put aside.
pub struct Aside(HashSet<(String, i64, String)>);

impl Aside {
    pub async fn load(
        scope: &mut Scope,
        module: Module,
        user: i64,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let rows = scope.select::<(String, i64, String)>(include_str!("sql/aside.sql"));
        let rows = rows.bind(user).bind(module.name()).bind(now);
        let rows = rows.fetch_all(scope.connection()).await?;
        Ok(Self(rows.into_iter().collect()))
    }

    pub fn holds(&self, warning: &Warning) -> bool {
        let subject = warning.subject.clone().unwrap_or_default();
        let campaign = warning.campaign.unwrap_or_default();
        let key = (warning.code.name().to_owned(), campaign, subject);
        self.0.contains(&key)
    }
}
