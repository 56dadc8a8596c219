//! Windows divided for counting leads, by two instants of each: pairs of ranges of whole buckets.
//!
//! Pure, like plans. Must not know what is counted, nor SQL (`bind`).

use chrono::{DateTime, Utc};

use super::kept::Kept;
use super::level::Level;
use super::plan::{Plan, Range};
use crate::time::Window;

/// A pair of ranges of whole buckets, for two instants of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rectangle {
    pub earlier: Range,
    pub later: Range,
}

/// True for each edge of a window if the rest of its hour, outside the window, has no rows. Such an hour counts as a whole
/// one, so that its leads need not be read one by one. This holds if a window starts with its campaign, or ends now.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Quiet {
    pub before: bool,
    pub after: bool,
}

impl Quiet {
    /// The window with the whole of the hours that it begins and ends in.
    pub fn hours(window: &Window) -> Window {
        let both = Self {
            before: true,
            after: true,
        };
        both.widened(window)
    }

    fn widened(self, window: &Window) -> Window {
        let hour = Level::Hour;
        Window {
            from: if self.before {
                hour.start(hour.bucket(window.from))
            } else {
                window.from
            },
            to: if self.after {
                hour.start(hour.bucket_from(window.to))
            } else {
                window.to
            },
            zone: window.zone,
        }
    }
}

/// A window divided for counting leads: rectangles that contain every pair of instants within its whole hours exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    pub window: Window,
    /// The whole hours of the window; empty if there are none.
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub rectangles: Vec<Rectangle>,
}

impl Links {
    /// The levels of links.
    pub const LEVELS: [Level; 2] = [Level::Hour, Level::Day];

    pub fn within(window: &Window, quiet: Quiet, kept: Kept) -> Self {
        // Links still count the leads of rows before the cut, in the hour that it divides.
        let before = quiet.before && !kept.begins_before(&Quiet::hours(window));
        let quiet = Quiet { before, ..quiet };
        let ranges = Plan::of(&quiet.widened(window), &Self::LEVELS).ranges;
        let start = |range: &Range| range.level.start(range.from);
        let end = |range: &Range| range.level.start(range.to);
        // Ranges ascend, and the second instant of a pair is never earlier.
        let pairs = ranges.iter().enumerate().flat_map(|(at, earlier)| {
            ranges[at..].iter().map(|later| Rectangle {
                earlier: *earlier,
                later: *later,
            })
        });
        Self {
            window: *window,
            from: ranges.first().map_or(window.from, start),
            to: ranges.last().map_or(window.from, end),
            rectangles: pairs.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Zone;

    const ALL: Kept = Kept::new(None, Zone::UTC, "from");

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

    #[test]
    fn leads_are_linked_across_every_two_parts_of_the_whole_hours() {
        let ragged = window("2026-06-01T21:20:00Z", "2026-06-04T02:40:00Z", Zone::UTC);
        let links = Links::within(&ragged, Quiet::default(), ALL);
        assert_eq!(
            (links.from, links.to),
            (at("2026-06-01T22:00:00Z"), at("2026-06-04T02:00:00Z"))
        );
        let levels: Vec<String> = links
            .rectangles
            .iter()
            .map(|it| format!("{:?} {:?}", it.earlier.level, it.later.level))
            .collect();
        assert_eq!(
            levels,
            [
                "Hour Hour",
                "Hour Day",
                "Hour Hour",
                "Day Day",
                "Day Hour",
                "Hour Hour"
            ]
        );
        let quiet = Links::within(
            &ragged,
            Quiet {
                before: true,
                after: false,
            },
            ALL,
        );
        assert_eq!(
            (quiet.from, quiet.to),
            (at("2026-06-01T21:00:00Z"), at("2026-06-04T02:00:00Z"))
        );
        assert_eq!(quiet.window, ragged);
        let none = Links::within(
            &window("2026-06-01T21:20:00Z", "2026-06-01T22:10:00Z", Zone::UTC),
            Quiet::default(),
            ALL,
        );
        assert!(none.rectangles.is_empty() && none.from == none.to);
    }
}
