//! Warnings that are told by other things than a campaign's calls: caller IDs, exports, webhooks.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::since;
use super::warnings::{Code, Warning, caller_id};
use crate::auth::Tenant;
use crate::auth::settings::{Settings, count};
use crate::db::Scope;
use crate::error::Result;
use crate::percent::DecimalNumber;
use crate::reports::telesales::caller_id_health::Calls;
use crate::rollups::{Bind, Detail, Kept, Module, Plan, RollupScope, statement_of};
use crate::time::{Instant, Window};

/// Things besides campaigns that a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sees {
    pub exports: bool,
    pub webhooks: bool,
}

impl Sees {
    pub const ALL: Self = Self {
        exports: true,
        webhooks: true,
    };
}

#[derive(sqlx::FromRow)]
struct CallerId {
    cid: String,
    #[sqlx(flatten)]
    calls: Calls,
}

/// A caller ID with one of its campaigns.
#[derive(sqlx::FromRow)]
struct UsedBy {
    cid: String,
    campaign_id: i64,
}

/// Caller IDs that are not healthy by their dials of today, over all campaigns: a warning for each campaign that dialed with them.
pub async fn caller_ids(
    scope: &mut Scope,
    tenant: &Tenant,
    (today, now, kept): (&Window, DateTime<Utc>, Kept),
    campaigns: Vec<i64>,
) -> Result<Vec<Warning>> {
    let plan = |of| Plan::whole(today, Detail::Coarse, of, kept);
    let rows = scope.select::<CallerId>(statement_of!(include_str!("sql/caller_ids.sql")));
    let rows = rows.bind_plan(&plan(RollupScope::Account)?);
    let rows = rows.fetch_all(scope.connection()).await?;
    let told = rows
        .into_iter()
        .filter_map(|it| caller_id(it.calls, &tenant.settings).map(|code| (it, code)));
    let told: Vec<(CallerId, Code)> = told.collect();
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope.select::<UsedBy>(statement_of!(include_str!("sql/caller_ids_used.sql")));
    let rows = rows
        .bind(campaigns)
        .bind(
            told.iter()
                .map(|(it, _)| it.cid.clone())
                .collect::<Vec<_>>(),
        )
        .bind_plan(&plan(RollupScope::Campaign)?);
    let used = rows.fetch_all(scope.connection()).await?;
    let codes = told.iter().map(|(it, code)| (it.cid.as_str(), *code));
    let codes: Vec<(&str, Code)> = codes.collect();
    let since = since::of_caller_ids(scope, &codes, (today, now, kept), &tenant.settings).await?;
    let warnings = told.iter().flat_map(|(it, code)| {
        let campaigns = used.iter().filter(|used| used.cid == it.cid);
        campaigns.map(|used| Warning {
            code: *code,
            since: since.get(&it.cid).copied(),
            campaign: Some(used.campaign_id),
            subject: Some(it.cid.clone()),
            figures: json!({
                "calls": it.calls.all,
                "asr_pct": DecimalNumber::<1>::percent(it.calls.answers, it.calls.all),
                "rejected_pct": DecimalNumber::<1>::percent(it.calls.rejected, it.calls.all),
                "short_pct": DecimalNumber::<1>::percent(it.calls.short, it.calls.all),
            }),
        })
    });
    Ok(warnings.collect())
}

#[derive(sqlx::FromRow)]
struct Failed {
    id: String,
    campaign_id: Option<i64>,
    report_type: String,
    at: Option<Instant>,
}

/// Exports that failed, and webhooks that are suspended, as far as the caller may see them.
pub async fn others(
    scope: &mut Scope,
    (module, sees): (Module, Sees),
    (settings, now): (&Settings, DateTime<Utc>),
) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    if sees.exports {
        let since = now - TimeDelta::hours(count(settings.warn_export_failed_hours));
        let rows = scope.select::<Failed>(include_str!("sql/failed_exports.sql"));
        let rows = rows.bind(module == Module::Autocall).bind(since);
        let failed = rows.fetch_all(scope.connection()).await?;
        warnings.extend(failed.into_iter().map(|it| Warning {
            code: Code::ExportFailed,
            since: it.at,
            campaign: it.campaign_id,
            subject: Some(it.id),
            figures: json!({"report_type": it.report_type}),
        }));
    }
    if sees.webhooks {
        let rows = scope.select::<(i64, Option<Instant>)>(include_str!("sql/suspended.sql"));
        let suspended = rows.fetch_all(scope.connection()).await?;
        warnings.extend(suspended.into_iter().map(|(id, at)| Warning {
            code: Code::WebhookSuspended,
            since: at,
            campaign: None,
            subject: Some(id.to_string()),
            figures: json!({}),
        }));
    }
    Ok(warnings)
}
