//! Legs from documents of mod_json_cdr and mod_xml_cdr, and from events of a call's end.

use chrono::{DateTime, Utc};

use super::family::Family;
use super::part::Channel;
use super::posted::{self, Document};
use super::said::{self, Reading, Said};
use super::{json, party, xml};
use crate::dialers::leg::{Ending, Leg, Record, Vocabulary, call_id};

/// Reads the body of a request, or a file with media type `""`. A query may name the leg, with `a_` before it if it is the
/// first one.
pub fn document(media: &str, uuid_of_query: Option<&str>, body: &[u8]) -> Record {
    let read = posted::open(media, body).and_then(|document| match document {
        Document::Json(text) => said::read(&json::read(&text)?),
        Document::Xml(text) => said::read(&xml::read(&text)?),
    });
    match read {
        Ok(Reading::Call(said)) => leg(said, uuid_of_query).unwrap_or_else(Record::Unreadable),
        Ok(Reading::Other) => Record::NoCall("event other than CHANNEL_HANGUP_COMPLETE"),
        Err(reason) => Record::Unreadable(reason),
    }
}

fn leg(said: Said, uuid_of_query: Option<&str>) -> Result<Record, String> {
    let of_query = || {
        uuid_of_query.map(|uuid| {
            let uuid = uuid.trim();
            uuid.strip_prefix("a_").unwrap_or(uuid)
        })
    };
    let uuid = said
        .first(&["uuid", "Unique-ID"])
        .or_else(|| of_query().filter(|uuid| !uuid.is_empty()))
        .ok_or("The document names no `uuid`.")?
        .to_owned();
    let started_at = said
        .instant("start", "created_time")
        .ok_or("The document has no `start_epoch`.")?;
    let family = Family::of(&uuid, &said);
    let channel = channel(&said);
    if channel.is_lost() && family.is_alone() {
        return Ok(Record::NoCall("leg that lost to another"));
    }
    let answered_at = said.instant("answer", "answered_time");
    let ended_at = said.instant("end", "hangup_time");
    let ending = ended_at.map(|_| Ending {
        vocabulary: Vocabulary::Cause,
        name: channel.cause.unwrap_or("NONE").to_owned(),
    });
    Ok(Record::Leg(Box::new(Leg {
        key: call_id(&uuid),
        call: family.call,
        family: family.names,
        part: channel.part(),
        started_at: Some(started_at),
        answered_at,
        ended_at,
        billsec: billsec(&said, answered_at, ended_at),
        ending,
        from: party::caller(from(&said, channel.is_outbound)),
        to: party::named(to(&said)),
        keys: keys(&said),
        agent: party::named(agent(&said, channel.is_agent, answered_at.is_some())),
        wrap_sec: None,
        provider: party::named(provider(&said)),
        abandoned: !channel.is_agent && answered_at.is_some() && is_canceled(&said),
        fields: said.fields,
    })))
}

fn channel(said: &Said) -> Channel<'_> {
    let name = name_of_channel(said);
    // The direction as the switch knows it: variables can be set by anybody.
    let direction = ["channel_data.direction", "Call-Direction", "direction"];
    Channel {
        cause: said.first(&["hangup_cause", "Hangup-Cause", "hangup_cause_q850"]),
        is_agent: said.get("cc_side") == Some("agent"),
        is_loopback: name.is_some_and(|name| name.starts_with("loopback/")),
        is_outbound: said.first(&direction) == Some("outbound"),
    }
}

fn name_of_channel(said: &Said) -> Option<&str> {
    said.first(&["channel_name", "chan_name", "Channel-Name"])
}

/// As the switch counts; else whole seconds from answer to end. Nothing is billed without an answer.
fn billsec(said: &Said, answered: Option<DateTime<Utc>>, ended: Option<DateTime<Utc>>) -> i32 {
    let Some(answered) = answered else {
        return 0;
    };
    let told = said
        .get("billsec")
        .and_then(|billsec| billsec.parse::<i64>().ok());
    let spanned = || ended.map(|ended| ended.timestamp() - answered.timestamp());
    let seconds = told.or_else(spanned).unwrap_or_default().max(0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The number that the called party sees. On a leg that the switch made by itself, caller and called are swapped in the
/// profile, and the number shown is in `ani`.
fn from(said: &Said, is_outbound: bool) -> Option<&str> {
    let has_originator = said
        .first(&["originator", "originating_leg_uuid"])
        .is_some();
    let shown = match (is_outbound, has_originator) {
        (true, false) => said.first(&["origination_caller_id_number", "ani"]),
        (true, true) => said.get("origination_caller_id_number"),
        (false, _) => said.get("effective_caller_id_number"),
    };
    shown
        .or_else(|| said.at_first("caller_id_number"))
        .or_else(|| said.first(&["caller_id_number", "sip_from_user"]))
}

/// The number that was dialed at first: transfers replace it.
fn to(said: &Said) -> Option<&str> {
    let known = [
        "destination_number",
        "sip_req_user",
        "sip_to_user",
        "dialed_user",
    ];
    said.at_first("destination_number")
        .or_else(|| said.first(&known))
}

/// Keys of a telephone, in order; the switch says `none` for no key.
fn keys(said: &Said) -> Option<String> {
    let digits = said
        .get("digits_dialed")
        .filter(|digits| *digits != "none")?;
    let keys: String = digits
        .chars()
        .filter(|key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D' | 'a'..='d'))
        .collect();
    (!keys.is_empty()).then_some(keys)
}

/// The agent who took the call, without the domain. One who was only rung did not.
fn agent(said: &Said, is_agent: bool, is_answered: bool) -> Option<&str> {
    let took_it = match is_agent {
        true => is_answered,
        false => {
            said.get("cc_cause") == Some("answered") || said.get("cc_agent_bridged") == Some("true")
        }
    };
    let agent = said.get("cc_agent").filter(|_| took_it)?;
    agent.split('@').next()
}

fn provider(said: &Said) -> Option<&str> {
    let of_name = || {
        let path = name_of_channel(said)?.strip_prefix("sofia/gateway/")?;
        path.split('/').next()
    };
    said.first(&["sip_gateway_name", "sip_gateway"])
        .or_else(of_name)
        .or_else(|| said.first(&["sofia_profile_name", "sip_profile_name"]))
}

/// True if the caller left the queue without an agent.
fn is_canceled(said: &Said) -> bool {
    said.get("cc_cause")
        .is_some_and(|cause| cause.eq_ignore_ascii_case("cancel"))
}
