//! What a file is made of: the reports as they are defined, asked in one snapshot.

use chrono::{DateTime, Utc};
use form_urlencoded::Serializer;

use super::request::ReportType;
use super::{Heading, hourly};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::reports::autocall::{dtmf, funnel, hangup, heatmap, kpis, trend};
use crate::reports::report::{Caption, Definition, Format, Occasion, Request};
use crate::rollups::Source;
use crate::table::Table;
use crate::time::Window;
use crate::time::instant::exactly;

/// A report as a part of a file.
#[derive(Debug)]
pub struct Part {
    report: Definition,
    /// What its sheet is called.
    pub sheet: &'static str,
}

/// The reports, in the order of the sheets.
static PARTS: [Part; 6] = [
    Part { report: Definition::of::<kpis::Kpis>(), sheet: "KPIs" },
    Part { report: Definition::of::<trend::Trend>(), sheet: "Trend" },
    Part { report: Definition::of::<hangup::Hangup>(), sheet: "Hangup" },
    Part { report: Definition::of::<heatmap::Heatmap>(), sheet: "Heatmap" },
    Part { report: Definition::of::<dtmf::Dtmf>(), sheet: "DTMF" },
    Part { report: Definition::of::<funnel::Funnel>(), sheet: "Funnel" },
];

impl ReportType {
    fn parts(self) -> &'static [Part] {
        match self {
            Self::Kpis => &PARTS[0..1],
            Self::Trend => &PARTS[1..2],
            Self::Hangup => &PARTS[2..3],
            Self::Dtmf => &PARTS[4..5],
            Self::Funnel => &PARTS[5..6],
            Self::Full => &PARTS,
        }
    }

    /// Whether every attempt is a row of the file.
    pub fn has_attempts(self) -> bool {
        self == Self::Full
    }
}

/// The tables of a file, and what it says about itself.
#[derive(Debug)]
pub struct Contents {
    pub report_type: ReportType,
    pub campaign: String,
    /// The tables of each part.
    pub parts: Vec<(&'static Part, Vec<Table>)>,
    pub caption: Caption,
    account: String,
    pub made_at: DateTime<Utc>,
    /// See [`hourly`].
    pub by_hour: Option<Table>,
}

impl Contents {
    /// Asks for every report that the file has, all in the snapshot of that scope.
    pub async fn read(
        scope: &mut Scope,
        report_type: ReportType,
        campaign: i64,
        window: Window,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let tenant = Tenant::load(scope).await?;
        let name = scope.select("select name from autocall_campaigns where tenant_id = $1 and id = $2").bind(campaign);
        let (name,): (String,) = name.fetch_optional(scope.connection()).await?.ok_or(Error::NotFound)?;
        let query = query(window);
        let (mut parts, mut by_hour) = (Vec::new(), None);
        for part in report_type.parts() {
            let occasion = Occasion { tenant: &tenant, now, path_id: Some(campaign) };
            let request = Request { occasion, query: &query, formats: &[Format::Json], source: Source::Rolled };
            let answer = part.report.answer(scope, request).await?;
            let request = Request { occasion, query: &query, formats: &[Format::Json], source: Source::Rolled };
            by_hour = hourly::read(scope, &part.report, request, &answer).await?.or(by_hour);
            parts.push((part, answer.outcome.tables()));
        }
        let filters = vec![("Campaign", format!("{name} ({campaign})"))];
        let caption = Caption { window: Some(window), zone: window.zone, filters };
        Ok(Self { report_type, campaign: name, parts, caption, account: tenant.name, made_at: now, by_hour })
    }

    pub fn heading(&self) -> Heading<'_> {
        let (title, summary) = match (self.report_type, self.parts.first()) {
            (ReportType::Full, _) | (_, None) => {
                ("Campaign report", "Every report of a campaign, and all its attempts.")
            }
            (_, Some((part, _))) => (part.report.about.title, part.report.about.summary),
        };
        let Self { caption, account, made_at, by_hour, .. } = self;
        Heading { title, summary, caption, account, made_at: *made_at, by_hour: by_hour.as_ref() }
    }

    /// Every table, in the order of the sheets.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().flat_map(|(_, tables)| tables)
    }
}

/// The window as a query names it, to the microsecond.
fn query(window: Window) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("from", &exactly(window.from)).append_pair("to", &exactly(window.to));
    query.append_pair("timezone", window.zone.name()).finish()
}
