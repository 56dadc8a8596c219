//! AutoCall reports, over the attempts of a campaign (contract, section 3).
//!
//! Owns their common subject: the campaign in the path, and its window.

mod digits;
mod script;

pub mod comparison;
pub mod dtmf;
pub mod funnel;
pub mod hangup;
pub mod heatmap;
pub mod kpis;
pub mod trend;
pub mod typical_day;

use chrono::{DateTime, Utc};

use sqlx::FromRow;
use sqlx::postgres::PgRow;

use super::compare;
use super::report::{Context, Subject};
use super::series::{Select, bind_segments};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::Caption;
use crate::input::{Bounds, COMPARE, Ends, Kind, Parameter, Query, UNTIL, WINDOW, ZONE_OF_ACCOUNT};
use crate::rollups::{
    Bind, Detail, Kept, Older, Plan, RollupScope, Source, Statements, statement_of, statements,
};
use crate::time::compare::{Comparing, Earlier};
use crate::time::instant::GivenInstant;
use crate::time::{Granularity, Window, Zone};

pub const FROM: Parameter = Parameter::optional(
    "from",
    Kind::Moment,
    "Start of the window. Default: when the campaign started, else its first attempt, else its creation.",
);
pub const TO: Parameter = Parameter::optional(
    "to",
    Kind::Moment,
    "End of the window, left out; a bare date takes in that day, a clock time written 23:59:59 that whole second. \
     Default: now.",
);

/// One campaign and a window.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub id: i64,
    pub window: Window,
    trusted: bool,
    kept: Kept,
}

impl Campaign {
    /// The part of the tenant's rows that is kept.
    pub const fn kept(&self) -> Kept {
        self.kept
    }

    /// A statement over a campaign, `$2`; its own arguments come next, then the window.
    fn select<R>(&self, scope: &Scope, sql: &'static Statements, source: Source) -> Select<R>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        scope
            .select(sql.of(source, RollupScope::Campaign))
            .bind(self.id)
    }

    /// Binds the window for figures of it as a whole: its plan, or from and to.
    fn bind_window<R>(&self, rows: Select<R>, source: Source) -> Result<Select<R>> {
        Ok(match source {
            Source::Rolled => {
                let of = RollupScope::Campaign;
                rows.bind_plan(&Plan::whole(&self.window, Detail::Fine, of, self.kept)?)
            }
            Source::Raw => rows.bind(self.window.from).bind(self.window.to),
        })
    }

    /// Binds the window for figures by local time: its plan, or its segments.
    fn bind_local<R>(
        &self,
        rows: Select<R>,
        source: Source,
        unit: Granularity,
    ) -> Result<Select<R>> {
        Ok(match source {
            Source::Rolled => {
                let of = RollupScope::Campaign;
                rows.bind_plan(&Plan::cut(
                    &self.window,
                    unit,
                    (Detail::Fine, of),
                    self.kept,
                )?)
            }
            Source::Raw => bind_segments(rows, &self.window),
        })
    }

    /// Number of attempts in the window.
    pub async fn attempts(&self, scope: &mut Scope) -> Result<i64> {
        if self.trusted {
            return self.counted(scope, Source::Rolled).await;
        }
        for older in Older::all(scope).await? {
            older.enter(scope).await?;
            let counted = self.counted_if_trusted(scope).await;
            if let Some(counted) = Older::leave(scope, counted).await? {
                return Ok(counted);
            }
        }
        scope.plan_by_arguments().await?;
        self.counted(scope, Source::Raw).await
    }

    async fn counted_if_trusted(&self, scope: &mut Scope) -> Result<Option<i64>> {
        let found = CampaignStart::load(scope, &[self.id]).await?;
        if !found.iter().all(|campaign| campaign.trusted) {
            return Ok(None);
        }
        self.counted(scope, Source::Rolled).await.map(Some)
    }

    async fn counted(&self, scope: &mut Scope, source: Source) -> Result<i64> {
        let mut read = *self;
        let source = read.read_from(source);
        let counted = read.bind_window(read.select(scope, &COUNTED, source), source)?;
        let counted: Counted = counted.fetch_one(scope.connection()).await?;
        Ok(counted.dialed)
    }
}

static COUNTED: Statements =
    statements!(include_str!("comparison.sql"), include_str!("kpis.raw.sql"));

#[derive(sqlx::FromRow)]
struct Counted {
    dialed: i64,
}

/// Start of a campaign, for the default window.
#[derive(Debug, sqlx::FromRow)]
pub struct CampaignStart {
    pub id: i64,
    pub name: String,
    pub started_at: Option<DateTime<Utc>>,
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// Quarter hour of its first attempt of which there are only sums.
    pub first_kept_at: Option<DateTime<Utc>>,
    /// `None` if outside the years 1 to 9999; so are the other instants.
    pub created_at: Option<DateTime<Utc>>,
    /// True if its roll-ups can be trusted.
    pub trusted: bool,
}

impl CampaignStart {
    /// Those of the campaigns that the tenant has, unordered.
    pub async fn load(scope: &mut Scope, ids: &[i64]) -> Result<Vec<Self>> {
        let rows = scope
            .select(statement_of!(include_str!("campaign.sql")))
            .bind(ids.to_vec());
        Ok(rows.fetch_all(scope.connection()).await?)
    }

    fn instant(&self, kept: Kept) -> Option<DateTime<Utc>> {
        self.started_at
            .or(self.first_kept_at)
            .or(self.first_attempt_at)
            .or(self.created_at)
            .map(|at| kept.start(at))
    }
}

/// A window as requested: its ends, each with a default, and its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AskedWindow {
    bounds: Bounds,
    zone: Option<Zone>,
}

impl AskedWindow {
    /// Reads `from`, `to` or `window`, and `timezone`.
    pub fn read(query: &mut Query) -> Self {
        Self {
            zone: query.zone(),
            bounds: Bounds::read(query, &FROM, &TO),
        }
    }

    /// Exactly that window.
    fn of(window: &Window) -> Self {
        let given = |at| Some(GivenInstant::Instant { at, end: at });
        Self {
            bounds: Bounds::Given(Ends {
                from: given(window.from),
                to: given(window.to),
            }),
            zone: Some(window.zone),
        }
    }

    /// The window's ends, in the tenant's zone by default. An end before the start, as requested, is a fault of the end.
    pub fn resolve(self, context: Context<'_>, faults: &mut Faults) -> WindowBounds {
        let zone = self.zone.unwrap_or(context.tenant.timezone);
        let ends = self.bounds.ends(zone, context.now);
        let names = [FROM.name, TO.name];
        ends.check_order(zone, names, faults);
        let [from, to] = names.map(|end| self.bounds.field(end));
        let kept = Kept::of(context.tenant, from);
        if let Some(at) = ends.from {
            kept.check(from, at.start(zone), faults);
        }
        if let Some(at) = ends.to {
            kept.check(to, at.end(zone), faults);
        }
        WindowBounds {
            ends,
            zone,
            now: context.now,
            kept,
        }
    }
}

/// The ends of a window in their zone. A missing one has a default, which depends on the campaign.
#[derive(Debug, Clone, Copy)]
pub struct WindowBounds {
    ends: Ends,
    pub zone: Zone,
    now: DateTime<Utc>,
    pub kept: Kept,
}

impl WindowBounds {
    /// The window, with defaults for missing ends. A default is never on the wrong side of the other end: a campaign
    /// that has not begun has an empty window.
    pub fn window(self, beginning: &CampaignStart) -> Window {
        let zone = self.zone;
        let to = self.ends.to.map_or(self.now, |to| to.end(zone));
        let from = self.ends.from.map(|from| from.start(zone));
        let from = from.or_else(|| beginning.instant(self.kept));
        Window {
            from: from.map_or(to, |from| from.min(to)),
            to,
            zone,
        }
    }
}

impl Subject for Campaign {
    const PARAMETERS: &'static [Parameter] = &[FROM, TO, WINDOW, COMPARE, UNTIL, ZONE_OF_ACCOUNT];
    type Asked = AskedWindow;
    type Found = CampaignStart;

    fn read(query: &mut Query) -> AskedWindow {
        AskedWindow::read(query)
    }

    fn of_window(window: &Window) -> Option<AskedWindow> {
        Some(AskedWindow::of(window))
    }

    async fn find(scope: &mut Scope, path_id: Option<i64>) -> Result<CampaignStart> {
        let id = path_id.ok_or(Error::NotFound)?;
        CampaignStart::load(scope, &[id])
            .await?
            .pop()
            .ok_or(Error::NotFound)
    }

    fn resolve(
        asked: &AskedWindow,
        beginning: CampaignStart,
        context: Context<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let bounds = asked.resolve(context, faults);
        Some(Self {
            id: beginning.id,
            window: bounds.window(&beginning),
            trusted: beginning.trusted,
            kept: bounds.kept,
        })
    }

    fn earlier(
        &self,
        asked: &AskedWindow,
        comparing: Comparing,
        context: Context<'_>,
        faults: &mut Faults,
    ) -> Option<Ends> {
        let ends = asked.bounds.ends(self.window.zone, context.now);
        if ends.from.is_none() && !matches!(comparing.with, Earlier::Between(..)) {
            faults.add(
                COMPARE.name,
                "needs from: nothing is before all of a campaign.",
            );
            return None;
        }
        let given = (ends, &self.window);
        compare::earlier(comparing, given, (self.kept, context.now), faults)
    }

    fn moved(asked: &AskedWindow, to: Ends) -> AskedWindow {
        AskedWindow {
            bounds: Bounds::Given(to),
            ..*asked
        }
    }

    async fn check(&mut self, _: &mut Scope) -> Result<()> {
        Ok(())
    }

    fn trusted(&self) -> bool {
        self.trusted
    }

    fn read_from(&mut self, source: Source) -> Source {
        self.kept.statements(source, [&self.window])
    }

    fn begin_with_rows(&mut self) {
        self.window = self.kept.with_rows(&self.window);
    }

    fn caption(&self) -> Caption {
        let filters = vec![("campaign_id", self.id.to_string())];
        Caption {
            window: Some(self.window),
            zone: self.window.zone,
            filters,
            earlier: None,
        }
    }
}
