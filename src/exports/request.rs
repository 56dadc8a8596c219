//! Orders of exports: report, format and window.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::layout::{LANG, Layout, TEMPLATE};
use crate::input::{
    COMPARE, Choice, Kind, Parameter, Query, UNTIL, WINDOW, ZONE_OF_ACCOUNT, fault,
};
use crate::reports::autocall::{Campaign, CampaignStart, FROM, TO};
use crate::reports::report::{Context, Export, Format, Subject};
use crate::reports::{self, Definition};
use crate::templates::store;
use crate::time::Window;
use crate::time::exact::exactly;
use crate::words::Language;

/// The content of an export: a report, or all of them with every attempt. Which reports there are is said by their
/// definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportType {
    One(&'static str),
    Full,
}

impl ReportType {
    const COUNT: usize = {
        let (mut count, mut at) = (1, 0);
        while at < reports::ALL.len() {
            count += is_alone(&reports::ALL[at]) as usize;
            at += 1;
        }
        count
    };

    const ARRAY: [Self; Self::COUNT] = {
        let (mut all, mut count, mut at) = ([Self::Full; Self::COUNT], 0, 0);
        while at < reports::ALL.len() {
            if is_alone(&reports::ALL[at]) {
                all[count] = Self::One(reports::ALL[at].about.name);
                count += 1;
            }
            at += 1;
        }
        all
    };

    pub const NAMES: &'static [&'static str] = &{
        let (mut names, mut at) = ([""; Self::COUNT], 0);
        while at < Self::COUNT {
            names[at] = Self::ARRAY[at].text();
            at += 1;
        }
        names
    };

    const fn text(self) -> &'static str {
        match self {
            Self::One(name) => name,
            Self::Full => "full",
        }
    }
}

impl Choice for ReportType {
    const ALL: &'static [Self] = &Self::ARRAY;

    fn name(self) -> &'static str {
        self.text()
    }
}

const fn is_alone(report: &Definition) -> bool {
    matches!(report.export(), Some(Export { alone: true, .. }))
}

pub const REPORT_TYPE: Parameter = Parameter::required(
    "report_type",
    Kind::Choice(ReportType::NAMES),
    "The report; full is all of them, the heatmap, and every attempt as a row. The trend is by day.",
);
pub const FORMAT: Parameter = Parameter::optional(
    "format",
    Kind::Choice(&["xlsx", "csv"]),
    "The format, xlsx by default; several tables as csv are a zip.",
);

/// The members of an order.
pub const PARAMETERS: &[Parameter] = &[
    REPORT_TYPE,
    FROM,
    TO,
    WINDOW,
    COMPARE,
    UNTIL,
    FORMAT,
    LANG,
    TEMPLATE,
    ZONE_OF_ACCOUNT,
];

/// Members of an order that are stored as they were given.
pub const GIVEN: [&Parameter; 6] = [&FROM, &TO, &WINDOW, &COMPARE, &UNTIL, &ZONE_OF_ACCOUNT];

/// The member of an order of everything that names templates by report.
pub const TEMPLATES: &str = "templates";

/// The formats, the default first.
pub const FORMATS: &[Format] = &[Format::Xlsx, Format::Csv];

/// A valid order.
#[derive(Debug)]
pub struct Order {
    pub campaign: i64,
    pub report_type: ReportType,
    pub format: Format,
    /// Resolved when ordered: a default end is that time.
    pub window: Window,
    /// The window that it is compared with.
    pub earlier: Option<Window>,
    /// Attempts in the window.
    pub attempts: i64,
    /// The order in canonical form, a list: campaign, report, format, what else was given, the ends of the window that it is
    /// compared with, if it is, and its layout.
    pub asked: String,
}

/// NotFound where the account has no such campaign.
pub async fn find_campaign(scope: &mut Scope, campaign: i64) -> Result<CampaignStart> {
    Campaign::find(scope, Some(campaign)).await
}

/// Keeps a campaign from being deleted until the end of the transaction. `NotFound` if the tenant has no such campaign.
pub async fn keep_campaign(scope: &mut Scope, campaign: i64) -> Result<()> {
    let keep = scope.query(include_str!("sql/keep_campaign.sql"));
    let kept = keep.bind(campaign).fetch_optional(scope.connection());
    kept.await?.map(drop).ok_or(Error::NotFound)
}

impl Order {
    /// Reads the members of a JSON object. `accepted`: the client's language. `NotFound` if the tenant has no such campaign;
    /// otherwise `Invalid` with every faulty field.
    pub async fn read(
        scope: &mut Scope,
        tenant: &Tenant,
        campaign: i64,
        (members, accepted): (&Map<String, Value>, Option<Language>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let beginning = find_campaign(scope, campaign).await?;
        let mut query = Query::of_members(members, PARAMETERS);
        let report_type = query.choice::<ReportType>(&REPORT_TYPE);
        let format = query.choice_of(&FORMAT, FORMATS).unwrap_or(FORMATS[0]);
        let layout = Layout::read(&mut query);
        let given = GIVEN.map(|parameter| query.text(parameter).map(str::to_owned));
        let (window, comparing) = (Campaign::read(&mut query), query.comparing());
        let mut faults = query.into_faults();
        let context = Context { tenant, now };
        let campaign = Campaign::resolve(&window, beginning, context, &mut faults);
        let both = comparing.zip(campaign.as_ref());
        let earlier = both.and_then(|(comparing, campaign)| {
            campaign.earlier(&window, comparing, context, &mut faults)
        });
        let named = (layout.template.as_deref(), members.get(TEMPLATES));
        let templates = templates(scope, report_type, named, &mut faults).await?;
        let (report_type, campaign) = faults.into_result(report_type.zip(campaign))?;
        let attempts = campaign.attempts(scope).await?;
        let earlier = earlier.and_then(|ends| ends.window(campaign.window.zone));
        let ends = earlier.map(|window| [exactly(window.from), exactly(window.to)]);
        let (id, report, file) = (campaign.id, report_type.name(), format.name());
        let name = |language: Option<Language>| language.map(Language::name);
        let layout = json!({"lang": name(layout.language), "accepted": name(accepted), "templates": templates});
        let asked = json!([id, report, file, given, ends, layout]).to_string();
        Ok(Self {
            campaign: campaign.id,
            report_type,
            format,
            window: campaign.window,
            earlier,
            attempts,
            asked,
        })
    }
}

impl Order {
    /// The order for the queue.
    pub fn entry(&self) -> Entry {
        let rows = if self.report_type.has_attempts() {
            self.attempts
        } else {
            0
        };
        Entry {
            campaign: Some(self.campaign),
            report_type: self.report_type.text(),
            format: self.format,
            window: self.window,
            asked: self.asked.clone(),
            rows,
        }
    }
}

/// Names of the templates of an order by report: `template` of its only report, or `templates` of each. Adds faults. Without
/// a report only those of the shape.
async fn templates(
    scope: &mut Scope,
    report_type: Option<ReportType>,
    (one, many): (Option<&str>, Option<&Value>),
    faults: &mut Faults,
) -> Result<BTreeMap<String, String>> {
    let many = match many.filter(|many| !many.is_null()).map(Value::as_object) {
        Some(None) => {
            faults.add(TEMPLATES, fault::of_field(TEMPLATES, fault::OBJECT));
            None
        }
        many => many.flatten(),
    };
    let Some(report_type) = report_type else {
        return Ok(BTreeMap::new());
    };
    let (reports, is_full) = (report_type.reports(), report_type == ReportType::Full);
    let mut found = BTreeMap::new();
    if let Some(name) = one {
        match reports.first().filter(|_| !is_full) {
            Some(report) => drop(found.insert(report.clone(), (TEMPLATE.name.to_owned(), name))),
            None => faults.add(
                TEMPLATE.name,
                "cannot stand beside full, which takes templates.",
            ),
        }
    }
    if many.is_some() && !is_full {
        faults.add(TEMPLATES, "needs the report_type full.");
    }
    let many = many.into_iter().flatten().filter(|_| is_full);
    for (report, name) in many.take(MAX_TEMPLATES) {
        let short: String = report.chars().take(MAX_MEMBER).collect();
        let field = format!("{TEMPLATES}.{short}");
        match name.as_str() {
            _ if !reports.contains(report) => {
                let known = fault::one_of(reports.iter().map(String::as_str));
                faults.add(field, known);
            }
            Some(name) => drop(found.insert(report.clone(), (field, name))),
            None => faults.add(field.as_str(), fault::of_field(&field, fault::STRING)),
        }
    }
    for (report, (field, name)) in &found {
        match store::load(scope, field, name, report).await {
            Err(Error::Invalid(others)) => faults.merge(others),
            other => drop(other?),
        }
    }
    let found = found.into_iter();
    let found = found.map(|(report, (_, name))| (report, name.to_owned()));
    Ok(found.collect())
}

/// Maximum number of templates that are looked at, and of characters of a report in a fault.
const MAX_TEMPLATES: usize = 20;
const MAX_MEMBER: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed::ExportReport;

    #[test]
    fn the_documented_values_are_the_exported_reports() {
        assert_eq!(ReportType::NAMES, ExportReport::VALUES);
    }
}
