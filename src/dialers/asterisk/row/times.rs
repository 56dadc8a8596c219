//! Instants of a row: its stamps, checked by its seconds.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::columns::Fields;
use super::super::stamp::{DateOrder, Stamp};
use super::super::value::{seconds, shown};
use crate::time::Zone;

pub struct Times {
    pub start: DateTime<Utc>,
    pub answer: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub billsec: i32,
}

impl Times {
    pub fn read(fields: &Fields, zone: Zone, order: Option<DateOrder>) -> Result<Self, String> {
        let instant = |name: &str| instant(fields, name, zone, order);
        // FreePBX knows the epoch of `calldate`.
        let start = match instant("call_timestamp")? {
            None => instant("start")?.map_or_else(|| instant("calldate"), |at| Ok(Some(at)))?,
            epoch => epoch,
        };
        let start = start.ok_or("The record has no `start` or `calldate`.")?;
        let billsec = seconds(fields, "billsec")?;
        let duration = seconds(fields, "duration")?;
        let (answer, stamped) = (instant("answer")?, instant("end")?);
        let after = |from: DateTime<Utc>, seconds: i32| from + TimeDelta::seconds(seconds.into());
        let end = match duration {
            Some(duration) => close_to(stamped, after(start, duration)),
            None => stamped
                .filter(|end| *end >= start)
                .unwrap_or_else(|| after(start, billsec.unwrap_or(0))),
        };
        let told = billsec.map(|billsec| end - TimeDelta::seconds(billsec.into()));
        let answer = match told {
            Some(told) => close_to(answer, told),
            None => answer.unwrap_or(start),
        };
        let answer = answer.clamp(start, end.max(start));
        let billsec =
            billsec.unwrap_or_else(|| (end - answer).num_seconds().try_into().unwrap_or(i32::MAX));
        Ok(Self {
            start,
            answer,
            end: end.max(start),
            billsec,
        })
    }
}

/// The stamp, or what the seconds tell where they differ by more than a minute: a local time may be one that repeats.
fn close_to(stamp: Option<DateTime<Utc>>, told: DateTime<Utc>) -> DateTime<Utc> {
    stamp
        .filter(|stamp| (*stamp - told).abs() <= TimeDelta::minutes(1))
        .unwrap_or(told)
}

fn instant(
    fields: &Fields,
    name: &str,
    zone: Zone,
    order: Option<DateOrder>,
) -> Result<Option<DateTime<Utc>>, String> {
    let Some(text) = fields
        .get(name)
        .filter(|text| !text.starts_with("0000-00-00"))
    else {
        return Ok(None);
    };
    let Some(stamp) = Stamp::parse(text, zone) else {
        return Err(format!("`{name}` is no date and time: `{}`.", shown(text)));
    };
    match stamp.instant(order) {
        Some(at) => Ok(Some(at)),
        None if order.is_none() => Err(format!(
            "Nothing proves the order of day and month in `{}`; say it with `date_format`, such as dd/mm/yyyy.",
            shown(text)
        )),
        None => Err(format!(
            "`{name}` is no date in the order of the others: `{}`.",
            shown(text)
        )),
    }
}
