//! What a client orders: which reports, as which file, over which window.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::Result;
use crate::query::{Choice, Kind, Parameter, Query, ZONE_OF_ACCOUNT, choice};
use crate::reports::autocall::{Beginning, Campaign, FROM, TO};
use crate::reports::report::{Format, Occasion, Subject};
use crate::time::Window;

choice! {
    /// What is exported.
    pub enum ReportType {
        Kpis = "kpis",
        Trend = "trend",
        Hangup = "hangup",
        Dtmf = "dtmf",
        Funnel = "funnel",
        Full = "full",
    }
}

const REPORT_TYPE: Parameter = Parameter::required(
    "report_type",
    Kind::Choice(ReportType::NAMES),
    "Which report: full is all of these, the heatmap, and every attempt as a row; the trend is by day.",
);
const FORMAT: Parameter = Parameter::optional(
    "format",
    Kind::Choice(&["xlsx", "csv"]),
    "What the file is, xlsx by default; as csv, several tables are a zip of them.",
);

/// The members of an order.
pub const PARAMETERS: &[Parameter] = &[REPORT_TYPE, FROM, TO, FORMAT, ZONE_OF_ACCOUNT];

/// Which formats there are, the default first.
const FORMATS: &[Format] = &[Format::Xlsx, Format::Csv];

/// An order that can be carried out.
#[derive(Debug)]
pub struct Order {
    pub campaign: i64,
    pub report_type: ReportType,
    pub format: Format,
    /// As it was when it was ordered: the end is then, unless the order says otherwise.
    pub window: Window,
    /// Attempts in it.
    pub attempts: i64,
    /// The order as it was given, in one spelling: what two orders agree in that ask for the same.
    pub asked: String,
}

/// NotFound where the account has no such campaign.
pub async fn find_campaign(scope: &mut Scope, campaign: i64) -> Result<Beginning> {
    Campaign::find(scope, Some(campaign)).await
}

impl Order {
    /// From the members of a JSON object. NotFound where the account has no such campaign; then Invalid with every
    /// faulty field.
    pub async fn read(
        scope: &mut Scope,
        tenant: &Tenant,
        campaign: i64,
        members: &Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let beginning = find_campaign(scope, campaign).await?;
        let mut query = Query::of_members(members, PARAMETERS);
        let report_type = query.choice::<ReportType>(&REPORT_TYPE);
        let format = query.choice_of(&FORMAT, FORMATS).unwrap_or(FORMATS[0]);
        let given = [&FROM, &TO, &ZONE_OF_ACCOUNT]
            .map(|parameter| query.text(parameter).map(str::to_owned));
        let ends = Campaign::read(&mut query);
        let mut faults = query.into_faults();
        let occasion = Occasion { tenant, now };
        let campaign = Campaign::resolve(&ends, beginning, occasion, &mut faults);
        let (report_type, campaign) = faults.into_result(report_type.zip(campaign))?;
        let attempts = campaign.attempts(scope).await?;
        let asked = json!([campaign.id, report_type.name(), format.name(), given]).to_string();
        Ok(Self {
            campaign: campaign.id,
            report_type,
            format,
            window: campaign.window,
            attempts,
            asked,
        })
    }
}
