//! Rows as legs.
//!
//! A status decides what a call came to, and not an answer instant: VICIdial writes a start and an end whatever happened, and
//! an account may overrule a status. So legs have no answer instant, and the seconds of a call count from its start.

use chrono::{DateTime, Datelike, Utc};

use super::table::{Fields, Table};
use super::value::{after, agent, before, epoch, id, number, seconds, stamp, trunk};
use crate::dialers::causes::{self, Outcome};
use crate::dialers::leg::{Ending, Leg, Part, Record, Vocabulary, call_id};
use crate::time::Zone;

/// Makes a record of a row, or says what is wrong with it.
pub fn record(table: Table, fields: Fields, zone: Zone) -> Result<Record, String> {
    match table {
        Table::Log | Table::Export => call(table, fields, zone),
        Table::Agents => work(fields, zone),
        Table::Carrier => channel(fields, zone),
        Table::Closers => Ok(Record::NoCall("rows of calls in")),
    }
}

/// A row of `vicidial_log`, or of the call export report.
fn call(table: Table, fields: Fields, zone: Zone) -> Result<Record, String> {
    let status = fields.get("status").ok_or("`status` is missing.")?;
    let ending = Ending {
        vocabulary: Vocabulary::Status,
        name: status.clone(),
    };
    let outcome = causes::verdict(&ending).map(|verdict| verdict.result);
    let started_at = epoch(&fields, "start_epoch").or_else(|| stamp(&fields, "call_date", zone));
    let started_at = started_at.ok_or("`start_epoch` or `call_date` must tell when it began.")?;
    let length = seconds(&fields, "length_in_sec")?;
    let ended_at =
        epoch(&fields, "end_epoch").unwrap_or_else(|| after(started_at, length.unwrap_or(0)));
    let is_over = outcome != Some(Outcome::NotFinal);
    let talked = match outcome {
        // A status that the table does not know may be one of an answered call.
        None | Some(Outcome::Answered | Outcome::Abandoned) => {
            length.or(seconds(&fields, "answered_time")?)
        }
        Some(_) => None,
    };
    let id = match identity(&fields) {
        Some(id) => id,
        // The report leaves ids out, unless it is asked for extended columns.
        None if table == Table::Export => without_id(&fields, started_at)?,
        None => return Err("`uniqueid` is missing.".to_owned()),
    };
    let kind = if table == Table::Export {
        "export"
    } else {
        "log"
    };
    let leg = Leg {
        key: format!("{kind}:{id}"),
        family: family(&id, &fields, Some(started_at)),
        call: id,
        part: Part::Whole,
        started_at: Some(started_at),
        answered_at: None,
        ended_at: is_over.then(|| ended_at.max(started_at)),
        billsec: talked.unwrap_or(0),
        ending: is_over.then_some(ending),
        from: None,
        to: number(&fields),
        keys: None,
        agent: agent(&fields),
        wrap_sec: seconds(&fields, "wrapup_time")?,
        provider: fields.get("channel").and_then(|channel| trunk(channel)),
        abandoned: false,
        fields,
    };
    Ok(Record::Leg(Box::new(leg)))
}

/// A row of `vicidial_agent_log`: the agent of a call, and the work after it.
fn work(fields: Fields, zone: Zone) -> Result<Record, String> {
    let Some(call) = identity(&fields) else {
        return Ok(Record::NoCall("rows of agents without a call"));
    };
    let at = ["talk_epoch", "wait_epoch", "pause_epoch"];
    let at = at.iter().find_map(|name| epoch(&fields, name));
    let at = at.or_else(|| stamp(&fields, "event_time", zone));
    let named = |name| fields.get(name).map_or("", String::as_str);
    let leg = Leg {
        key: match fields.get("agent_log_id") {
            Some(row) => format!("agent:{}:{row}", named("server_ip")),
            None => format!("agent:{call}:{}:{}", named("user"), named("talk_epoch")),
        },
        family: family(&call, &fields, at),
        call,
        part: Part::Queue,
        started_at: at,
        answered_at: None,
        ended_at: None,
        billsec: seconds(&fields, "talk_sec")?.unwrap_or(0),
        ending: None,
        from: None,
        to: None,
        keys: None,
        agent: agent(&fields),
        wrap_sec: seconds(&fields, "dispo_sec")?,
        provider: None,
        abandoned: false,
        fields,
    };
    Ok(Record::Leg(Box::new(leg)))
}

/// A row of `vicidial_carrier_log`. Its stamp is that of the hangup; `dial_time` runs from the dial to it.
fn channel(fields: Fields, zone: Zone) -> Result<Record, String> {
    let call = identity(&fields).ok_or("`uniqueid` is missing.")?;
    let ended_at =
        stamp(&fields, "call_date", zone).ok_or("`call_date` must tell when it was hung up.")?;
    let dialed = seconds(&fields, "dial_time")?.unwrap_or(0);
    let talked = seconds(&fields, "answered_time")?.unwrap_or(0);
    let cause = id(&fields, "hangup_cause").map(|number| (Vocabulary::Cause, number));
    let dialstatus = fields
        .get("dialstatus")
        .map(|name| (Vocabulary::Dialstatus, name.as_str()));
    let ending = dialstatus.or(cause).map(|(vocabulary, name)| Ending {
        vocabulary,
        name: name.to_owned(),
    });
    let server = fields.get("server_ip").map_or("", String::as_str);
    let leg = Leg {
        key: format!("carrier:{server}:{call}"),
        family: family(&call, &fields, Some(ended_at)),
        call,
        // Beside the row of the call it decides nothing: AMD and drops are known to the status alone.
        part: Part::Artefact,
        started_at: Some(before(ended_at, dialed.max(talked))),
        answered_at: (talked > 0).then(|| before(ended_at, talked)),
        ended_at: Some(ended_at),
        billsec: talked,
        ending,
        from: None,
        to: None,
        keys: None,
        agent: None,
        wrap_sec: None,
        provider: fields.get("channel").and_then(|channel| trunk(channel)),
        abandoned: false,
        fields,
    };
    Ok(Record::Leg(Box::new(leg)))
}

/// The id of a call: that of its channel, with the lead. Only some tables know the server; with the lead it is one anyway,
/// because a lead is in one call at a time.
fn identity(fields: &Fields) -> Option<String> {
    let channel = id(fields, "uniqueid")?;
    Some(match (id(fields, "lead_id"), fields.get("server_ip")) {
        (Some(lead), _) => call_id(&format!("{channel}-{lead}")),
        (None, Some(server)) => call_id(&format!("{channel}-{server}")),
        (None, None) => call_id(channel),
    })
}

/// The id of a call whose row has none: its start with its lead and number.
fn without_id(fields: &Fields, started_at: DateTime<Utc>) -> Result<String, String> {
    if let Some(code) = fields.get("caller_code") {
        return Ok(call_id(&format!("{code}-{}", started_at.year())));
    }
    let number = fields.get("phone_number_dialed");
    let (lead, number) = (id(fields, "lead_id"), number.map(String::as_str));
    if lead.or(number).is_none() {
        return Err("`uniqueid`, `lead_id` or `phone_number_dialed` must be there.".to_owned());
    }
    let (lead, number) = (lead.unwrap_or_default(), number.unwrap_or_default());
    Ok(call_id(&format!(
        "{}-{lead}-{number}",
        started_at.timestamp()
    )))
}

/// Names of a call in all tables. The channels of one call may differ behind the seconds of their ids, so VICIdial looks for
/// those and the lead. Caller codes have no year.
fn family(call: &str, fields: &Fields, at: Option<DateTime<Utc>>) -> Vec<String> {
    let mut family = vec![call.to_owned()];
    if let (Some(channel), Some(lead)) = (id(fields, "uniqueid"), id(fields, "lead_id")) {
        let seconds = channel
            .split_once('.')
            .map_or(channel, |(seconds, _)| seconds);
        family.push(call_id(&format!("lead {lead} at {seconds}")));
    }
    if let (Some(code), Some(at)) = (fields.get("caller_code"), at) {
        family.push(call_id(&format!("code {code} in {}", at.year())));
    }
    family
}
