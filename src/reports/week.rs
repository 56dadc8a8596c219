//! The week as 168 cells, from Sunday, hour by hour: shared by both heatmaps.

const HOURS: usize = 7 * 24;

/// Every hour of the week in order, zeros included: day of week, hour, counters.
pub fn cells<C: Default + Copy>(
    rows: Vec<C>,
    hour_of_week: impl Fn(&C) -> i64,
) -> Vec<(i64, i64, C)> {
    let mut week = [C::default(); HOURS];
    for row in rows {
        if let Some(cell) = usize::try_from(hour_of_week(&row))
            .ok()
            .and_then(|hour| week.get_mut(hour))
        {
            *cell = row;
        }
    }
    (0..)
        .zip(week)
        .map(|(hour, counters)| (hour / 24, hour % 24, counters))
        .collect()
}
