//! Orders of evidence: a campaign or all, and the window.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::super::entry::Entry;
use super::super::request::{FORMAT, FORMATS};
use super::ordered::{Ordered, REPORT_TYPE};
use crate::auth::audit::Changes;
use crate::auth::{Tenant, user};
use crate::db::Scope;
use crate::error::{Faults, Result};
use crate::files::layout::LANG;
use crate::input::{Choice as _, Kind, Parameter, Query, ZONE_UTC};
use crate::reports::report::{Context, Format};
use crate::reports::telesales::abandon_rate::{AskedRecent, MINUTES};
use crate::reports::telesales::{CAMPAIGN_ID, evidence};
use crate::rollups::Source;
use crate::table::{Cell, Table};
use crate::time::instant::rounded_up;
use crate::time::{Window, Zone};
use crate::words::Language;

const CAMPAIGN: Parameter = Parameter::optional(
    CAMPAIGN_ID.name,
    Kind::Id,
    "Only this campaign. Default: every campaign of the compliance report.",
);
const WINDOW_MINUTES: Parameter = Parameter::optional(
    MINUTES.name,
    MINUTES.kind,
    "Length of the window, which ends at window_to.",
);
pub const WINDOW_FROM: Parameter = Parameter::optional(
    "window_from",
    Kind::Moment,
    "Start of the window, in place of window_minutes: at most 129,600 minutes before its end. The window has it in its first minute, because its length is whole minutes.",
);
pub const WINDOW_TO: Parameter = Parameter::optional(
    "window_to",
    Kind::Moment,
    "End of the window, left out, rounded up to whole seconds; a bare date takes in that day. Default: now, which also stands for a later time.",
);

/// The members of an order.
pub const PARAMETERS: &[Parameter] = &[
    CAMPAIGN,
    WINDOW_MINUTES,
    WINDOW_FROM,
    WINDOW_TO,
    FORMAT,
    LANG,
    ZONE_UTC,
];

/// A valid order.
pub struct EvidenceOrder {
    ordered: Ordered,
    accepted: Option<Language>,
    format: Format,
    window: Window,
    /// Rows that the file has, if none comes or goes until it is made.
    rows: i64,
}

impl EvidenceOrder {
    /// Reads the members of a JSON object, of that user. `accepted`: the client's language. `Invalid` with every faulty field, or
    /// `Missing`.
    pub async fn read(
        scope: &mut Scope,
        (tenant, user): (&Tenant, i64),
        (members, accepted): (&Map<String, Value>, Option<Language>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let mut query = Query::of_members(members, PARAMETERS);
        let zone = query.zone().unwrap_or(Zone::UTC);
        let start = query.moment(&WINDOW_FROM).map(|from| from.start(zone));
        let end = query.moment(&WINDOW_TO).map(|to| to.end(zone));
        let minutes = query.integer(&WINDOW_MINUTES);
        if start.is_some() && query.is_given(&WINDOW_MINUTES) {
            let place = format!("stands in place of {}.", WINDOW_MINUTES.name);
            query.fail(WINDOW_FROM.name, place);
        }
        let campaign = query.id(&CAMPAIGN);
        let format = query.choice_of(&FORMAT, FORMATS).unwrap_or(FORMATS[0]);
        let language = query.listed(&LANG).and_then(Language::named);
        let mut faults = query.into_faults();
        let to = rounded_up(end.map_or(now, |end| end.min(now)));
        let minutes = start.map_or(minutes, |from| length(from, to, &mut faults));
        if to - TimeDelta::minutes(minutes) < DateTime::UNIX_EPOCH {
            // Nobody was called then.
            faults.add(WINDOW_TO.name, "The window must not begin before 1970.");
        }
        faults.into_result(Some(()))?;
        let context = Context { tenant, now: to };
        let asked = AskedRecent::of(campaign, minutes, zone);
        let request = evidence::campaigns(asked);
        let answer = request.answer(scope, context, Source::Rolled).await?;
        let window = answer
            .caption
            .window
            .unwrap_or(Window { from: to, to, zone });
        let breaches = evidence::count_breaches(scope, campaign, &window).await?;
        let tables = answer.outcome.tables();
        let campaigns = tables.iter().map(|table| of_campaigns(table, &window));
        Ok(Self {
            ordered: Ordered {
                campaign_id: campaign,
                window_minutes: minutes,
                lang: language.map(|language| language.name().to_owned()),
                by: user::find(scope, user).await?.username,
            },
            accepted,
            format,
            window,
            rows: breaches + campaigns.sum::<i64>(),
        })
    }

    /// The order for the queue.
    pub fn entry(&self) -> Entry {
        let accepted = self.accepted.map(Language::name);
        Entry {
            campaign: None,
            report_type: REPORT_TYPE,
            format: self.format,
            window: self.window,
            asked: json!({ REPORT_TYPE: self.ordered, "accepted": accepted }).to_string(),
            rows: self.rows,
        }
    }

    /// The order as the audit log has it.
    pub fn told(&self) -> Changes {
        let campaign = self.ordered.campaign_id;
        let told = [
            (CAMPAIGN.name, campaign.map(|id| id.to_string())),
            (FORMAT.name, Some(self.format.name().to_owned())),
            ("rows", Some(self.rows.to_string())),
            ("window", Some(self.window.exactly())),
        ];
        let told: BTreeMap<_, _> = told.into_iter().collect();
        let told = told.into_iter();
        told.filter_map(|(name, value)| Some((name.to_owned(), (Value::Null, value?.into()))))
            .collect()
    }
}

/// Whole minutes of a window that has its start in its first minute. A length that the report does not have is a fault.
fn length(from: DateTime<Utc>, to: DateTime<Utc>, faults: &mut Faults) -> i64 {
    let seconds = (to - from.trunc_subsecs(0)).num_seconds();
    let minutes = seconds.div_euclid(60) + i64::from(seconds.rem_euclid(60) > 0);
    let Kind::Integer { range, .. } = &MINUTES.kind else {
        return minutes;
    };
    if !range.contains(&minutes) {
        let (to, most) = (WINDOW_TO.name, range.end());
        let fault = format!("must be before {to}, by at most {most} minutes.");
        faults.add(WINDOW_FROM.name, fault);
        return *range.start();
    }
    minutes
}

/// Rows of the campaigns, of their days, and of the calls that they count.
fn of_campaigns(table: &Table, window: &Window) -> i64 {
    let each = 1 + i64::try_from(evidence::count_days(window)).unwrap_or(i64::MAX);
    let counts = ["attempts_abandoned", "blocked_count"].map(|name| table.column(name));
    let counted = |row: &Vec<Cell>| {
        let counts = counts.iter().flatten().map(|at| match &row[*at] {
            Cell::Integer(count) => *count,
            _ => 0,
        });
        each + counts.sum::<i64>()
    };
    table.rows.iter().map(counted).sum()
}
