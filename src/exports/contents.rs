//! The contents of an export: reports by their definitions, read in one snapshot.

use chrono::{DateTime, Utc};

use super::hourly;
use super::request::ReportType;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::{Caption, Heading};
use crate::reports::autocall::CampaignStart;
use crate::reports::report::{Context, Export, Summary};
use crate::reports::{self, Definition};
use crate::rollups::Source;
use crate::table::Table;
use crate::time::Window;

/// A report as part of a file.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    report: &'static Definition,
    /// Name of its sheet.
    pub sheet: &'static str,
    pub summary: Summary,
}

impl ReportType {
    /// The reports of the file, in the order of the sheets.
    fn parts(self) -> impl Iterator<Item = Part> {
        reports::ALL.iter().filter_map(move |report| {
            let Export { sheet, summary, .. } = report.export()?;
            let is_in = self == Self::Full || self == Self::One(report.about.name);
            is_in.then_some(Part {
                report,
                sheet,
                summary: *summary,
            })
        })
    }

    /// True if the file has a row for every attempt.
    pub fn has_attempts(self) -> bool {
        self == Self::Full
    }
}

/// The tables of a file and its description.
#[derive(Debug)]
pub struct Contents {
    pub report_type: ReportType,
    pub campaign: String,
    /// The tables of each part.
    pub parts: Vec<(Part, Vec<Table>)>,
    pub caption: Caption,
    account: String,
    pub made_at: DateTime<Utc>,
    /// See [`hourly`].
    pub by_hour: Option<Table>,
}

impl Contents {
    /// Reads every report of the file in the scope's snapshot, of a window and of the one that it is compared with.
    pub async fn read(
        scope: &mut Scope,
        report_type: ReportType,
        campaign: i64,
        (window, earlier): (Window, Option<Window>),
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let tenant = Tenant::load(scope).await?;
        let beginning = CampaignStart::load(scope, &[campaign])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        let context = Context {
            tenant: &tenant,
            now,
        };
        let (mut parts, mut by_hour) = (Vec::new(), None);
        for part in report_type.parts() {
            let request = part
                .report
                .of_window(campaign, &window)
                .ok_or_else(|| Error::internal("a part of a file without a campaign"))?;
            let request = match &earlier {
                Some(earlier) => request.compared_with(earlier),
                None => request,
            };
            let answer = request.answer(scope, context, Source::Rolled).await?;
            if let Some(hours) = hourly::read(scope, context, &request, &answer).await? {
                by_hour = Some(hours);
            }
            parts.push((part, answer.outcome.tables()));
        }
        let name = beginning.name;
        let filters = vec![("Campaign", format!("{name} ({campaign})"))];
        let mut caption = Caption {
            window: Some(window),
            zone: window.zone,
            filters,
        };
        if let Some(earlier) = &earlier {
            caption.compare_with(earlier);
        }
        Ok(Self {
            report_type,
            campaign: name,
            parts,
            caption,
            account: tenant.name,
            made_at: now,
            by_hour,
        })
    }

    pub fn heading(&self) -> Heading<'_> {
        let (title, summary) = match (self.report_type, self.parts.first()) {
            (ReportType::Full, _) | (_, None) => (
                "Campaign report",
                "All reports of a campaign and all its attempts.",
            ),
            (_, Some((part, _))) => (part.report.about.title, part.report.about.summary),
        };
        let Self {
            caption,
            account,
            made_at,
            by_hour,
            ..
        } = self;
        Heading {
            title,
            summary,
            caption,
            account,
            made_at: *made_at,
            by_hour: by_hour.as_ref(),
        }
    }

    /// The table of a file that has no other.
    pub fn only_table(&self) -> Option<&Table> {
        let mut tables = self.tables();
        let only = tables.next().filter(|_| !self.report_type.has_attempts());
        only.filter(|_| tables.next().is_none())
    }

    /// Every table, in the order of the sheets.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().flat_map(|(_, tables)| tables)
    }
}
