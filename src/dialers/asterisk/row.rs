//! One call record, by the names of its fields, as a leg.

mod identity;
mod times;

use identity::Identity;
use times::Times;

use super::channel;
use super::columns::Fields;
use super::stamp::{DateOrder, Stamp, instant_of_id};
use super::value::text;
use crate::dialers::collapse::is_outside;
use crate::dialers::leg::{Ending, Leg, Part, Record, Vocabulary};
use crate::time::Zone;

/// Proof of the order of day and month in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// There is nothing to prove.
    Certain,
    Proves(DateOrder),
    Unproved,
}

pub fn order_of(fields: &Fields, zone: Zone) -> Order {
    let near = text(fields, &["uniqueid", "linkedid"]).and_then(instant_of_id);
    let stamps = ["start", "calldate", "answer", "end"]
        .into_iter()
        .filter_map(|name| fields.get(name));
    let unsure: Vec<Stamp> = stamps
        .filter_map(|text| Stamp::parse(text, zone))
        .filter(|stamp| !stamp.is_certain())
        .collect();
    match unsure.iter().find_map(|stamp| stamp.proof(near)) {
        Some(order) => Order::Proves(order),
        None if unsure.is_empty() => Order::Certain,
        None => Order::Unproved,
    }
}

/// A record of fields. `order` is that of day and month, where something proved it.
pub fn record(fields: Fields, zone: Zone, order: Option<DateOrder>) -> Record {
    match leg(fields, zone, order) {
        Ok(leg) => Record::Leg(Box::new(leg)),
        Err(reason) => Record::Unreadable(reason),
    }
}

fn leg(fields: Fields, zone: Zone, order: Option<DateOrder>) -> Result<Leg, String> {
    let Some(disposition) = text(&fields, &["disposition"]) else {
        return Err("The record has no `disposition`.".to_owned());
    };
    let is_answered = disposition.eq_ignore_ascii_case("ANSWERED") || disposition == "8";
    let ending = Ending {
        vocabulary: Vocabulary::Disposition,
        name: disposition.to_owned(),
    };
    let times = Times::read(&fields, zone, order)?;
    let ids = Identity::read(&fields);
    let to = called(&fields);
    let part = part(&fields, to.as_deref());
    Ok(Leg {
        key: ids.key,
        call: ids.call,
        family: ids.family,
        part,
        started_at: Some(times.start),
        answered_at: is_answered.then_some(times.answer),
        ended_at: Some(times.end),
        billsec: if is_answered { times.billsec } else { 0 },
        ending: Some(ending),
        from: caller(&fields, to.as_deref()),
        to,
        keys: None,
        agent: None,
        wrap_sec: None,
        provider: provider(&fields, part),
        abandoned: false,
        fields,
    })
}

/// The number called: `dst`, or the number that `Dial` was told where `dst` is a place in a dialplan.
fn called(fields: &Fields) -> Option<String> {
    let dst = text(fields, &["dst"]);
    if dst.is_some_and(|dst| !matches!(dst, "s" | "h" | "i" | "t" | "e" | "o" | "a" | "T")) {
        return dst.map(str::to_owned);
    }
    let is_dial = text(fields, &["lastapp"]) == Some("Dial");
    let dialed = text(fields, &["lastdata"])
        .filter(|_| is_dial)
        .and_then(channel::dialed);
    dialed
        .filter(|number| is_outside(number))
        .or(dst)
        .map(str::to_owned)
}

/// Outside numbers see the caller ID; inside, who calls is `src`.
fn caller(fields: &Fields, to: Option<&str>) -> Option<String> {
    let shown = text(fields, &["clid"]).and_then(channel::caller);
    let src = text(fields, &["src"]);
    let caller = if to.is_some_and(is_outside) {
        shown.or(src)
    } else {
        src.or(shown)
    };
    caller.map(str::to_owned)
}

fn trunk(fields: &Fields) -> Option<&str> {
    text(fields, &["trunk", "dst_trunk_name"])
}

fn part(fields: &Fields, to: Option<&str>) -> Part {
    let called = text(fields, &["dstchannel"]);
    let is_local = match called {
        Some(called) => channel::is_local(called),
        None => text(fields, &["channel"]).is_some_and(channel::is_local),
    };
    let is_dial = text(fields, &["lastapp"]) == Some("Dial") && trunk(fields).is_some();
    if is_local {
        Part::Artefact
    } else if to.is_some_and(is_outside) && (called.is_some() || is_dial) {
        Part::Dialed
    } else {
        Part::Whole
    }
}

/// The peer that was called. A `trunk` column may name the next trunk that was tried, so it counts only without a peer.
fn provider(fields: &Fields, part: Part) -> Option<String> {
    let called = text(fields, &["dstchannel"]).filter(|_| part == Part::Dialed);
    called
        .and_then(channel::peer)
        .or_else(|| trunk(fields).map(str::to_owned))
}

#[cfg(test)]
mod tests;
