//! Binding of plans and links: the arguments of `{{plan}}` and of readers, in order.

use super::level::narrow;
use super::plan::{Plan, Range};
use super::rectangles::{Links, Quiet, Rectangle};
use crate::db::Select;
use crate::time::Window;

/// Arguments of a plan: its parts, and from where on rows count.
pub const OF_PLAN: usize = OF_PARTS + 1;
/// Arguments of a plan's parts.
pub const OF_PARTS: usize = 7;
/// Arguments of links.
pub const OF_LINKS: usize = 10;

/// Binds the arguments of readers.
pub trait Bind {
    /// The parts, then the first quarter hour whose rows count.
    #[must_use]
    fn bind_plan(self, plan: &Plan) -> Self;

    /// Width, first and last bucket and offset of each range, then from, to and offset of each ragged end.
    #[must_use]
    fn bind_parts(self, plan: &Plan) -> Self;

    /// The window, its whole hours, and the rectangles: width, first and last bucket of the earlier instant, then of
    /// the later one.
    #[must_use]
    fn bind_links(self, links: &Links) -> Self;

    /// The rest of the hours at the window's edges: from the hour to the window's start, and from its end to the end of the
    /// hour.
    #[must_use]
    fn bind_rest_of_hours(self, window: &Window) -> Self;
}

impl<R> Bind for Select<R> {
    fn bind_plan(self, plan: &Plan) -> Self {
        self.bind_parts(plan).bind(plan.rows_from)
    }

    fn bind_parts(self, plan: &Plan) -> Self {
        let ranges = |field: fn(&Range) -> i32| plan.ranges.iter().map(field).collect::<Vec<i32>>();
        let ragged = &plan.ragged;
        self.bind(ranges(|range| range.level.width()))
            .bind(ranges(|range| narrow(range.from)))
            .bind(ranges(|range| narrow(range.to)))
            .bind(ranges(|range| range.utc_offset))
            .bind(ragged.iter().map(|end| end.from).collect::<Vec<_>>())
            .bind(ragged.iter().map(|end| end.to).collect::<Vec<_>>())
            .bind(ragged.iter().map(|end| end.utc_offset).collect::<Vec<_>>())
    }

    fn bind_links(self, links: &Links) -> Self {
        let of = |field: fn(&Rectangle) -> i64| {
            let rectangles = links.rectangles.iter();
            rectangles.map(|it| narrow(field(it))).collect::<Vec<i32>>()
        };
        self.bind(links.window.from)
            .bind(links.window.to)
            .bind(links.from)
            .bind(links.to)
            .bind(of(|it| it.earlier.level.width().into()))
            .bind(of(|it| it.earlier.from))
            .bind(of(|it| it.earlier.to))
            .bind(of(|it| it.later.level.width().into()))
            .bind(of(|it| it.later.from))
            .bind(of(|it| it.later.to))
    }

    fn bind_rest_of_hours(self, window: &Window) -> Self {
        let hours = Quiet::hours(window);
        self.bind(hours.from)
            .bind(window.from)
            .bind(window.to)
            .bind(hours.to)
    }
}
