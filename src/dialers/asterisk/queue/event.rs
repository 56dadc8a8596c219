//! One event of a queue, by the names of its fields, as a leg.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::super::channel;
use super::super::columns::Fields;
use super::super::stamp::{Stamp, epoch, instant_of_id};
use super::super::value::{seconds, shown, text};
use crate::dialers::leg::{Leg, Part, Record, call_id};
use crate::time::Zone;

/// Fields of a line, in their order.
pub const NAMES: [&str; 10] = [
    "time", "callid", "queue", "agent", "event", "data1", "data2", "data3", "data4", "data5",
];
/// Events of members and of the program, also where a channel told them.
const NO_CALLS: [&str; 18] = [
    "ADDMEMBER",
    "REMOVEMEMBER",
    "PAUSE",
    "UNPAUSE",
    "PAUSEALL",
    "UNPAUSEALL",
    "PAUSEREASON",
    "PENALTY",
    "MEMBERPENALTY",
    "RINGUSEENABLED",
    "AGENTLOGIN",
    "AGENTLOGOFF",
    "AGENTCALLBACKLOGIN",
    "AGENTCALLBACKLOGOFF",
    "CONFIGRELOAD",
    "QUEUESTART",
    "QUEUESTOP",
    "SYSCOMPAT",
];
/// Ways to leave a queue before an agent was there.
const ABANDONS: [&str; 5] = [
    "ABANDON",
    "EXITWITHTIMEOUT",
    "EXITEMPTY",
    "EXITWITHKEY",
    "WITHDRAW",
];

/// An event by the names of [`NAMES`], and whatever else its table has.
pub struct Event {
    fields: Fields,
}

impl Event {
    /// An event of a table whose columns have other names.
    pub fn of(mut fields: Fields) -> Self {
        const OTHERS: [(&str, &[&str]); 8] = [
            ("queue", &["queuename", "queue_name"]),
            ("agent", &["agentname", "type"]),
            ("event", &["verb"]),
            ("data1", &["param1", "arg1", "info1"]),
            ("data2", &["param2", "arg2", "info2"]),
            ("data3", &["param3", "arg3", "info3"]),
            ("data4", &["param4", "arg4", "info4"]),
            ("data5", &["param5", "arg5", "info5"]),
        ];
        for (name, others) in OTHERS {
            if let Some(value) = others.iter().find_map(|other| fields.remove(*other)) {
                fields.entry(name.to_owned()).or_insert(value);
            }
        }
        Self { fields }
    }

    fn text(&self, name: &str) -> &str {
        text(&self.fields, &[name]).unwrap_or_default()
    }

    pub fn record(self, zone: Zone) -> Record {
        let (event, call) = (self.text("event"), self.text("callid"));
        if event.is_empty() {
            return Record::Unreadable("The line has no event.".to_owned());
        }
        if matches!(call, "" | "NONE" | "MANAGER" | "REALTIME") || NO_CALLS.contains(&event) {
            return Record::NoCall("an event of a queue or its members that is of no call");
        }
        if event == "DID" {
            return Record::NoCall("the number that a caller in a queue dialed");
        }
        match self.leg(zone) {
            Ok(leg) => Record::Leg(Box::new(leg)),
            Err(reason) => Record::Unreadable(reason),
        }
    }

    fn leg(self, zone: Zone) -> Result<Leg, String> {
        let at = self.time(zone)?;
        let event = self.text("event").to_owned();
        let call = call_id(self.text("callid"));
        let spans = Spans::of(&event, &self.fields)?;
        let before = |seconds: i32| at - TimeDelta::seconds(seconds.into());
        let is_end = ABANDONS.contains(&event.as_str()) || spans.talked.is_some();
        let met = event == "CONNECT" || spans.talked.is_some();
        // The vendor's events of outbound calls name who dialed.
        let is_agent = met || event.starts_with("OUT");
        Ok(Leg {
            key: format!(
                "queue/{call}/{}/{event}/{}",
                at.timestamp_micros(),
                self.digest()
            ),
            family: vec![call.clone()],
            call,
            part: Part::Queue,
            started_at: Some(before(
                spans.talked.unwrap_or(0).saturating_add(spans.waited),
            )),
            answered_at: met.then(|| before(spans.talked.unwrap_or(0))),
            ended_at: is_end.then_some(at),
            billsec: spans.talked.unwrap_or(0),
            ending: None,
            from: None,
            to: None,
            keys: None,
            agent: Some(self.text("agent"))
                .filter(|_| is_agent)
                .and_then(channel::agent),
            wrap_sec: None,
            provider: None,
            abandoned: ABANDONS.contains(&event.as_str()),
            fields: self.fields,
        })
    }

    /// Epochs before stamps: an export may have both.
    fn time(&self, zone: Zone) -> Result<DateTime<Utc>, String> {
        let stamps: Vec<&str> = ["time", "date_time", "created", "timestamp"]
            .iter()
            .filter_map(|name| text(&self.fields, &[name]))
            .collect();
        let Some(first) = stamps.first() else {
            return Err("The line has no time.".to_owned());
        };
        let exact = stamps
            .iter()
            .find(|text| epoch(text).is_some())
            .unwrap_or(first);
        let stamp = Stamp::parse(exact, zone);
        let proved = |stamp: Stamp| {
            let near = instant_of_id(self.text("callid"));
            stamp.instant(stamp.proof(near))
        };
        stamp
            .and_then(proved)
            .ok_or_else(|| format!("`time` is no date and time: `{}`.", shown(exact)))
    }

    fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for name in NAMES[2..].iter().chain(&["htime", "ttime"]) {
            digest.update(self.text(name));
            digest.update([0]);
        }
        digest
            .finalize()
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Seconds that an event tells.
struct Spans {
    waited: i32,
    /// Some if the caller has talked with an agent.
    talked: Option<i32>,
}

impl Spans {
    /// Every event has its own order of data. A vendor's table has `htime` and `ttime`.
    fn of(event: &str, fields: &Fields) -> Result<Self, String> {
        let (waited, talked) = match event {
            "CONNECT" => ("data1", None),
            "COMPLETEAGENT" | "COMPLETECALLER" => ("data1", Some("data2")),
            "ABANDON" | "EXITWITHTIMEOUT" | "EXITEMPTY" => ("data3", None),
            "EXITWITHKEY" => ("data4", None),
            "TRANSFER" | "BLINDTRANSFER" | "ATTENDEDTRANSFER" => ("data3", Some("data4")),
            "OUTANSWER" => ("", Some("")),
            _ => {
                return Ok(Self {
                    waited: 0,
                    talked: None,
                });
            }
        };
        let is_vendor = fields.contains_key("htime");
        let of = |name, theirs| seconds(fields, if is_vendor { theirs } else { name });
        let waited = of(waited, "htime")?.unwrap_or(0);
        let talked = talked
            .map(|name| of(name, "ttime"))
            .transpose()?
            .map(Option::unwrap_or_default);
        Ok(Self { waited, talked })
    }
}
