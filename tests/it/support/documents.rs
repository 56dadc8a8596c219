//! Documents of a switch's calls: legs, forks, queues, bridged pairs, in the shape of mod_json_cdr.

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

use super::switch::url_encoded;

/// A document of a leg that ended.
#[derive(Debug, Clone)]
pub struct Document {
    pub uuid: String,
    pub body: String,
}

/// Campaigns that variables of the documents name: those of AutoCall.
pub const CAMPAIGNS: [i64; 3] = [1, 2, 3];
/// The account code of calls of Telesales.
pub const RETENTION: &str = "retention";

const CAUSES: [&str; 6] = [
    "USER_BUSY",
    "NO_ANSWER",
    "CALL_REJECTED",
    "ORIGINATOR_CANCEL",
    "UNALLOCATED_NUMBER",
    "MADE_UP",
];

/// Documents of that many calls on the three days from an instant, in the order in which the calls were made.
pub fn documents(seed: u64, calls: usize, from: DateTime<Utc>) -> Vec<Document> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut legs: Vec<Leg> = (0..calls)
        .flat_map(|call| {
            let began = from + TimeDelta::seconds(random.random_range(0..3 * 86_400));
            of_call(&mut random, call, began)
        })
        .collect();
    legs.sort_by_key(|leg| leg.began);
    legs.iter().map(Leg::document).collect()
}

struct Leg {
    uuid: String,
    is_outbound: bool,
    from: String,
    to: String,
    began: DateTime<Utc>,
    /// Seconds until the answer, and until the hangup.
    answered: Option<i64>,
    ended: i64,
    cause: &'static str,
    is_encoded: bool,
    variables: Vec<(&'static str, String)>,
}

/// Legs of one call: a dialer's, an extension's with forks, one of a queue, a bridged pair, an internal or an inbound one.
fn of_call(random: &mut StdRng, call: usize, began: DateTime<Utc>) -> Vec<Leg> {
    let number = format!("098{:07}", random.random_range(0..40) * 1_111);
    let accountcode = ["sales", RETENTION][usize::from(random.random_bool(0.3))];
    let campaign = CAMPAIGNS[random.random_range(0..CAMPAIGNS.len())];
    let mut leg = |uuid: String, is_outbound, parties: (&str, &str), answer: f64, after: i64| {
        let answered = random
            .random_bool(answer)
            .then(|| random.random_range(2..30));
        let ended = answered.unwrap_or(30) + random.random_range(1..300);
        let cause = match answered {
            Some(_) => "NORMAL_CLEARING",
            None => CAUSES[random.random_range(0..CAUSES.len())],
        };
        let is_encoded = random.random_bool(0.5);
        let variables = vec![
            ("accountcode", accountcode.to_owned()),
            ("campaign_id", campaign.to_string()),
        ];
        let (from, to) = (parties.0.to_owned(), parties.1.to_owned());
        let began = began + TimeDelta::seconds(after);
        Leg {
            uuid,
            is_outbound,
            from,
            to,
            began,
            answered,
            ended,
            cause,
            is_encoded,
            variables,
        }
    };
    let id = format!("call-{call:04}");
    let child = |part: usize| format!("{id}-{part}");
    let dialed = ("0281234567", number.as_str());
    match call % 6 {
        0 => {
            let mut first = leg(id, true, dialed, 0.6, 0);
            if first.answered.is_some() {
                let keys = ["none", "1", "2", "01", "9*"][call / 6 % 5];
                first.variables.push(("digits_dialed", keys.into()));
            }
            vec![first]
        }
        1 => {
            let first = leg(id.clone(), false, ("1001", &number), 1.0, 0);
            let mut legs = vec![first];
            for part in 0..1 + call / 6 % 3 {
                let mut fork = leg(
                    child(part),
                    true,
                    dialed,
                    if part == 0 { 0.6 } else { 0.0 },
                    1,
                );
                if part > 0 && legs[1].answered.is_some() {
                    fork.cause = "LOSE_RACE";
                }
                fork.variables.push(("originator", id.clone()));
                legs.push(fork);
            }
            legs
        }
        2 => {
            let mut member = leg(id.clone(), true, dialed, 0.8, 0);
            let mut agent = leg(child(1), true, ("0281234567", "1002"), 1.0, 40);
            let is_met = member.answered.is_some() && (call / 6).is_multiple_of(2);
            if member.answered.is_some() {
                let cause = if is_met { "answered" } else { "cancel" };
                member.variables.push(("cc_queue", "sales@default".into()));
                member.variables.push(("cc_side", "member".into()));
                member.variables.push(("cc_cause", cause.into()));
            }
            agent.variables.push(("cc_side", "agent".into()));
            agent
                .variables
                .push(("cc_agent", format!("agent{}@default", call / 6 % 4)));
            agent.variables.push(("cc_member_session_uuid", id));
            if is_met {
                vec![member, agent]
            } else {
                vec![member]
            }
        }
        3 => {
            let mut agent = leg(id.clone(), true, ("1003", "1003"), 1.0, -600);
            agent.ended = 1_200;
            let mut called = leg(child(1), true, dialed, 0.7, 0);
            agent.variables.push(("bridge_uuid", child(1)));
            agent.variables.push((
                "transfer_history",
                format!("1790000000:x:uuid_br:{}", child(1)),
            ));
            called.variables.push(("bridge_uuid", id));
            vec![agent, called]
        }
        4 => vec![leg(id, false, ("1001", "1002"), 0.5, 0)],
        _ => vec![leg(id, false, (&number, "1001"), 0.5, 0)],
    }
}

impl Leg {
    fn document(&self) -> Document {
        let after = |seconds: i64| (self.began + TimeDelta::seconds(seconds)).timestamp();
        let answered = self.answered.map_or(0, after);
        let ended = after(self.ended);
        let direction = if self.is_outbound {
            "outbound"
        } else {
            "inbound"
        };
        let stamp = self.began.format("%Y-%m-%d %H:%M:%S").to_string();
        let billsec = self.answered.map_or(0, |_| ended - answered);
        let mut variables = vec![
            ("uuid", self.uuid.clone()),
            ("direction", direction.into()),
            ("start_stamp", stamp),
            ("start_epoch", after(0).to_string()),
            ("answer_epoch", answered.to_string()),
            ("end_epoch", ended.to_string()),
            ("billsec", billsec.to_string()),
            ("hangup_cause", self.cause.into()),
            ("origination_caller_id_number", self.from.clone()),
        ];
        variables.extend(self.variables.iter().cloned());
        let value = |value: String| match self.is_encoded {
            true => url_encoded(&value),
            false => value,
        };
        let variables: Map<String, Value> = variables
            .into_iter()
            .map(|(name, said)| (name.to_owned(), value(said).into()))
            .collect();
        let profile = json!({"caller_id_number": self.from, "destination_number": self.to, "uuid": self.uuid});
        let body = json!({"switchname": "made", "channel_data": {"direction": direction}, "variables": variables,
            "callflow": [{"profile_index": "1", "caller_profile": profile, "times": {}}]});
        Document {
            uuid: self.uuid.clone(),
            body: body.to_string(),
        }
    }
}
