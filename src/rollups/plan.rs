//! Range planning: which buckets of which level, and which ragged ends of raw rows, make up a window.
//!
//! Pure: a window goes in, ranges come out. Must not know what is counted, nor SQL (`bind`).

use super::catalog::{Detail, Scope};
use super::kept::Kept;
use super::level::Level;
use crate::error::Result;
use crate::time::window::Segment;
use crate::time::{Granularity, Window, Zone};
use chrono::{DateTime, Utc};

/// Whole buckets of one level, half-open, with the offset of their local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub level: Level,
    pub from: i64,
    pub to: i64,
    /// Offset of local time from UTC in seconds.
    pub utc_offset: i32,
}

/// A window divided into whole buckets and ragged ends of raw rows, without overlaps or gaps.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Plan {
    pub ranges: Vec<Range>,
    pub ragged: Vec<Segment>,
    /// The first quarter hour whose rows count ([`Kept::rows_from`]).
    pub rows_from: i32,
}

impl Plan {
    /// The plan for totals of the window.
    pub fn whole(window: &Window, detail: Detail, scope: Scope, kept: Kept) -> Result<Self> {
        let mut plan = Self::default();
        if window.from < window.to {
            let stretch = Segment {
                from: window.from,
                to: window.to,
                utc_offset: 0,
            };
            plan.add_kept(stretch, detail.levels(scope), |_| true, kept)?;
        }
        Ok(plan)
    }

    pub(super) fn of(window: &Window, levels: &[Level]) -> Self {
        let mut plan = Self::default();
        if window.from < window.to {
            plan.add(
                Segment {
                    from: window.from,
                    to: window.to,
                    utc_offset: 0,
                },
                levels,
            );
        }
        plan
    }

    /// The plan for totals of the window of several accounts, from sums before the latest of their cuts. From where on
    /// rows count differs by account ([`Kept::rows_from`]). `Invalid` if it begins or ends within a bucket there.
    pub fn of_sums(window: &Window, detail: Detail, scope: Scope, latest: Kept) -> Result<Self> {
        let plan = Self::of(window, detail.levels(scope));
        let cut = latest.complete_from();
        if plan.ragged.iter().any(|end| Some(end.from) < cut) {
            return Err(latest.too_fine());
        }
        Ok(plan)
    }

    /// The plan for figures by local hour, day or week: a bucket is used only if it lies within one of these, which depends
    /// on the zone's offset at the time.
    pub fn cut(
        window: &Window,
        unit: Granularity,
        (detail, scope): (Detail, Scope),
        kept: Kept,
    ) -> Result<Self> {
        let mut plan = Self::default();
        for segment in window.segments() {
            let within = |level: &Level| {
                level.seconds() <= unit.seconds()
                    && i64::from(segment.utc_offset) % level.seconds() == 0
            };
            plan.add_kept(segment, detail.levels(scope), within, kept)?;
        }
        Ok(plan)
    }

    /// The plan for sums of several windows, ascending, each by itself: no bucket reaches over an end of one. Local times are those
    /// of UTC. Parts that follow each other are read as one, since a row tells its time: each part is looked up by itself, for every
    /// campaign.
    pub fn apart(windows: &[Window], detail: Detail, scope: Scope, kept: Kept) -> Result<Self> {
        let mut plan = Self {
            rows_from: kept.rows_from(),
            ..Self::default()
        };
        for window in windows.iter().filter(|window| window.from < window.to) {
            let stretch = Segment {
                from: window.from,
                to: window.to,
                utc_offset: 0,
            };
            plan.add_kept(stretch, detail.levels(scope), |_| true, kept)?;
        }
        plan.ranges.dedup_by(|next, last| {
            let follows = (last.level, last.to) == (next.level, next.from);
            if follows {
                last.to = next.to;
            }
            follows
        });
        plan.ragged.dedup_by(|next, last| {
            let follows = last.to == next.from;
            if follows {
                last.to = next.to;
            }
            follows
        });
        Ok(plan)
    }

    /// Everything before an instant that has rows.
    pub fn before(end: DateTime<Utc>, scope: Scope, kept: Kept) -> Result<Self> {
        // infallible: the first day of Postgres' calendar, in 4714 BC
        let from = DateTime::from_timestamp(-210_866_803_200, 0).unwrap_or_default();
        let all = Window {
            from,
            to: end.max(from),
            zone: Zone::UTC,
        };
        Self::whole(&kept.with_rows(&all), Detail::Fine, scope, kept)
    }

    /// All time that has rows.
    pub fn ever(scope: Scope, kept: Kept) -> Result<Self> {
        // infallible: after the latest quarter hour of roll-ups, in the year 20000
        let end = DateTime::from_timestamp(568_971_820_800 + 86_400, 0).unwrap_or_default();
        Self::before(end, scope, kept)
    }

    /// Like [`Plan::add`], within what is kept: before the cut sums only, after it rows only if they are wanted. `Invalid` if
    /// the sums before the cut are too coarse. The day of the cut is kept by quarters there, whatever the scope (`cut`).
    fn add_kept(
        &mut self,
        stretch: Segment,
        levels: &[Level],
        within: impl Fn(&Level) -> bool,
        kept: Kept,
    ) -> Result<()> {
        self.rows_from = kept.rows_from();
        let finer = [Level::Quarter].into_iter().chain(levels.iter().copied());
        let mut finer: Vec<Level> = finer.filter(&within).collect();
        finer.dedup();
        let levels: Vec<Level> = levels.iter().copied().filter(within).collect();
        let mut from = stretch.from;
        let mut part = |plan: &mut Self, to: DateTime<Utc>, levels: &[Level]| {
            let to = to.clamp(from, stretch.to);
            plan.add(
                Segment {
                    from,
                    to,
                    ..stretch
                },
                levels,
            );
            from = to;
        };
        if let Some(cut) = kept.complete_from() {
            let ragged = self.ragged.len();
            let day = Level::Day.start(Level::Day.bucket(cut));
            part(self, day, &levels);
            part(self, cut, &finer);
            if self.ragged.len() > ragged {
                return Err(kept.too_fine());
            }
        }
        part(self, stretch.to, if kept.by_rows() { &[] } else { &levels });
        Ok(())
    }

    /// Divides a range: coarse buckets inside, finer ones towards both ends, raw rows where not even the finest fits.
    fn add(&mut self, stretch: Segment, levels: &[Level]) {
        let Some((coarsest, finer)) = levels.split_last() else {
            if stretch.from < stretch.to {
                self.ragged.push(stretch);
            }
            return;
        };
        let (from, to) = (
            coarsest.bucket_from(stretch.from),
            coarsest.bucket(stretch.to),
        );
        if from >= to {
            return self.add(stretch, finer);
        }
        self.add(
            Segment {
                to: coarsest.start(from),
                ..stretch
            },
            finer,
        );
        self.ranges.push(Range {
            level: *coarsest,
            from,
            to,
            utc_offset: stretch.utc_offset,
        });
        self.add(
            Segment {
                from: coarsest.start(to),
                ..stretch
            },
            finer,
        );
    }
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use proptest::prelude::*;

    use super::*;
    use crate::time::zone::zone;

    const ALL: Kept = Kept::new(None, Zone::UTC, "from");
    const FINE: &[Level] = &[Level::Quarter, Level::Hour, Level::Day];

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect(text)
    }

    fn window(from: &str, to: &str, zone: Zone) -> Window {
        Window {
            from: at(from),
            to: at(to),
            zone,
        }
    }

    /// Each part as `level from to offset`, in time order.
    fn shown(plan: &Plan) -> Vec<String> {
        let name = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let ranges = plan.ranges.iter().map(|range| {
            let [from, to] = [range.from, range.to].map(|bucket| range.level.start(bucket));
            (
                from,
                format!(
                    "{:?} {} {} {}",
                    range.level,
                    name(from),
                    name(to),
                    range.utc_offset
                ),
            )
        });
        let ragged = plan.ragged.iter().map(|end| {
            (
                end.from,
                format!(
                    "rows {} {} {}",
                    name(end.from),
                    name(end.to),
                    end.utc_offset
                ),
            )
        });
        let mut parts: Vec<_> = ranges.chain(ragged).collect();
        parts.sort();
        parts.into_iter().map(|(_, part)| part).collect()
    }

    #[test]
    fn a_window_is_made_of_the_coarsest_buckets_that_fit() {
        let plan =
            |from, to, levels| shown(&Plan::of(&window(from, to, zone("Asia/Kathmandu")), levels));
        assert_eq!(
            plan("2026-06-01T22:20:00Z", "2026-06-04T01:40:00.5Z", FINE),
            [
                "rows 2026-06-01T22:20:00Z 2026-06-01T22:30:00Z 0",
                "Quarter 2026-06-01T22:30:00Z 2026-06-01T23:00:00Z 0",
                "Hour 2026-06-01T23:00:00Z 2026-06-02T00:00:00Z 0",
                "Day 2026-06-02T00:00:00Z 2026-06-04T00:00:00Z 0",
                "Hour 2026-06-04T00:00:00Z 2026-06-04T01:00:00Z 0",
                "Quarter 2026-06-04T01:00:00Z 2026-06-04T01:30:00Z 0",
                "rows 2026-06-04T01:30:00Z 2026-06-04T01:40:00.500Z 0",
            ]
        );
        let coarse = &[Level::Hour, Level::Day];
        assert_eq!(
            plan("2026-06-01T22:20:00Z", "2026-06-01T23:10:00Z", coarse),
            ["rows 2026-06-01T22:20:00Z 2026-06-01T23:10:00Z 0"],
            "no whole hour"
        );
        assert_eq!(
            plan("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", coarse).len(),
            1
        );
        assert!(plan("2026-06-01T22:20:00Z", "2026-06-01T22:20:00Z", FINE).is_empty());
        assert_eq!(
            plan(
                "1969-12-31T23:50:00Z",
                "1970-01-01T00:20:00Z",
                &[Level::Quarter]
            ),
            [
                "rows 1969-12-31T23:50:00Z 1970-01-01T00:00:00Z 0",
                "Quarter 1970-01-01T00:00:00Z 1970-01-01T00:15:00Z 0",
                "rows 1970-01-01T00:15:00Z 1970-01-01T00:20:00Z 0"
            ]
        );
    }

    #[test]
    fn a_bucket_is_not_taken_whole_where_the_local_clock_cuts_it() {
        let levels = |zone, unit| {
            let plan = Plan::cut(
                &window("2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z", zone),
                unit,
                (Detail::Fine, Scope::Campaign),
                ALL,
            )
            .expect("a plan");
            plan.ranges
                .iter()
                .map(|range| format!("{:?}", range.level))
                .collect::<Vec<_>>()
        };
        assert_eq!(levels(Zone::UTC, Granularity::Week), ["Day"]);
        assert_eq!(levels(Zone::UTC, Granularity::Hour), ["Hour"]);
        assert_eq!(levels(zone("Asia/Ho_Chi_Minh"), Granularity::Day), ["Hour"]);
        assert_eq!(
            levels(zone("Asia/Kathmandu"), Granularity::Day),
            ["Quarter"]
        );
    }

    #[test]
    fn parts_of_windows_that_follow_each_other_are_one() {
        let times = [
            "2026-06-01T22:30:00Z",
            "2026-06-01T22:45:00Z",
            "2026-06-01T23:00:00Z",
            "2026-06-02T01:00:00Z",
            "2026-06-02T02:10:00Z",
            "2026-06-02T02:15:00Z",
            "2026-06-03T00:00:00Z",
        ];
        let pairs = times.iter().zip(&times[1..]);
        let mut windows: Vec<_> = pairs
            .map(|(from, to)| window(from, to, Zone::UTC))
            .collect();
        let plan = |windows: &[Window]| {
            let plan = Plan::apart(windows, Detail::Fine, Scope::Campaign, ALL);
            shown(&plan.expect("a plan"))
        };
        assert_eq!(
            plan(&windows),
            [
                "Quarter 2026-06-01T22:30:00Z 2026-06-01T23:00:00Z 0",
                "Hour 2026-06-01T23:00:00Z 2026-06-02T02:00:00Z 0",
                "rows 2026-06-02T02:00:00Z 2026-06-02T02:15:00Z 0",
                "Quarter 2026-06-02T02:15:00Z 2026-06-02T03:00:00Z 0",
                "Hour 2026-06-02T03:00:00Z 2026-06-03T00:00:00Z 0",
            ]
        );
        windows.remove(1);
        assert_eq!(
            plan(&windows)[0],
            "Quarter 2026-06-01T22:30:00Z 2026-06-01T22:45:00Z 0"
        );
    }

    #[test]
    fn each_stretch_between_changes_of_the_clock_has_its_own_ends() {
        let berlin = Plan::cut(
            &window(
                "2026-03-28T23:00:00Z",
                "2026-03-29T03:00:00Z",
                zone("Europe/Berlin"),
            ),
            Granularity::Day,
            (Detail::Fine, Scope::Campaign),
            ALL,
        )
        .expect("a plan");
        assert_eq!(
            shown(&berlin),
            [
                "Hour 2026-03-28T23:00:00Z 2026-03-29T01:00:00Z 3600",
                "Hour 2026-03-29T01:00:00Z 2026-03-29T03:00:00Z 7200"
            ]
        );
        // DST changed at one minute past midnight until 2011.
        let st_johns = Plan::cut(
            &window(
                "2010-03-14T03:00:00Z",
                "2010-03-14T04:00:00Z",
                zone("America/St_Johns"),
            ),
            Granularity::Hour,
            (Detail::Fine, Scope::Campaign),
            ALL,
        )
        .expect("a plan");
        assert_eq!(
            shown(&st_johns),
            [
                "Quarter 2010-03-14T03:00:00Z 2010-03-14T03:30:00Z -12600",
                "rows 2010-03-14T03:30:00Z 2010-03-14T03:31:00Z -12600",
                "rows 2010-03-14T03:31:00Z 2010-03-14T03:45:00Z -9000",
                "Quarter 2010-03-14T03:45:00Z 2010-03-14T04:00:00Z -9000",
            ]
        );
        let before_the_railways = Plan::cut(
            &window(
                "1850-01-01T00:00:00Z",
                "1850-01-02T00:00:00Z",
                zone("Europe/Berlin"),
            ),
            Granularity::Hour,
            (Detail::Fine, Scope::Campaign),
            ALL,
        )
        .expect("a plan");
        assert!(
            before_the_railways.ranges.is_empty(),
            "an offset that is no whole quarter of an hour"
        );
    }

    proptest! {
        #[test]
        fn a_plan_covers_its_window_once_and_without_a_gap(from in 0..4_000_000_000_000_i64, length in 0..20_000_000_i64, zone in 0..Zone::all().count()) {
            let from = DateTime::from_timestamp_micros(from * 1_000).expect("an instant");
            let window = Window { from, to: from + chrono::TimeDelta::seconds(length), zone: Zone::all().nth(zone).unwrap() };
            for plan in [Plan::of(&window, FINE), Plan::cut(&window, Granularity::Hour, (Detail::Fine, Scope::Campaign), ALL).expect("a plan"), Plan::cut(&window, Granularity::Week, (Detail::Fine, Scope::Campaign), ALL).expect("a plan")] {
                let ranges = plan.ranges.iter().map(|range| (range.level.start(range.from), range.level.start(range.to)));
                let mut parts: Vec<_> = ranges.chain(plan.ragged.iter().map(|end| (end.from, end.to))).collect();
                parts.sort_unstable();
                let mut reached = window.from;
                for (from, to) in parts {
                    prop_assert_eq!(from, reached);
                    prop_assert!(to > from);
                    reached = to;
                }
                prop_assert_eq!(reached, window.to);
            }
        }
    }
}
