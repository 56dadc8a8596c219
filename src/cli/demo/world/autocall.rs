//! Automated calls: campaigns with their leads, attempts and retries, keypad choices, and transfers
//! to free agents.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::calendar::{AUTOMATED_HOURS, DAY, Day, HOUR, MINUTE, Moment};
use super::campaigns::{Campaign, campaigns, scripts};
use super::people::{Agent, Shift, caller_id};
use super::{Call, World};

/// Answer rate of a lead by number of failed attempts; decreasing.
const ANSWER_RATES: [f64; 4] = [1.0, 0.7, 0.48, 0.3];
const CITIES: [(&str, u32); 5] = [
    ("Hanoi", 34),
    ("Ho Chi Minh City", 38),
    ("Da Nang", 12),
    ("Hai Phong", 9),
    ("Can Tho", 7),
];
/// Keypad choices with their weights and paths through the script. Some callers replay before they
/// choose.
const CHOICES: [(Choice, u32); 7] = [
    (
        Choice {
            keys: "1",
            steps: &["intro", "press_1", "queue_sales"],
            outcome: "agreed",
        },
        30,
    ),
    (
        Choice {
            keys: "01",
            steps: &["intro", "press_0", "intro", "press_1", "queue_sales"],
            outcome: "agreed",
        },
        9,
    ),
    (
        Choice {
            keys: "2",
            steps: &["intro", "press_2", "goodbye"],
            outcome: "declined",
        },
        24,
    ),
    (
        Choice {
            keys: "02",
            steps: &["intro", "press_0", "intro", "press_2", "goodbye"],
            outcome: "declined",
        },
        5,
    ),
    (
        Choice {
            keys: "3",
            steps: &["intro", "press_3", "callback_booked"],
            outcome: "callback",
        },
        10,
    ),
    (
        Choice {
            keys: "003",
            steps: &["intro", "press_0", "press_0", "press_3", "callback_booked"],
            outcome: "callback",
        },
        2,
    ),
    (
        Choice {
            keys: "",
            steps: &["intro"],
            outcome: "undecided",
        },
        20,
    ),
];
const NO_ANSWER: [(&str, u32); 4] = [
    ("NO_ANSWER", 66),
    ("NO_USER_RESPONSE", 18),
    ("SUBSCRIBER_ABSENT", 11),
    ("RECOVERY_ON_TIMER_EXPIRE", 5),
];
const FAILED: [(&str, u32); 5] = [
    ("CALL_REJECTED", 45),
    ("UNALLOCATED_NUMBER", 25),
    ("NORMAL_TEMPORARY_FAILURE", 16),
    ("DESTINATION_OUT_OF_ORDER", 8),
    ("NETWORK_OUT_OF_ORDER", 6),
];

#[derive(Debug, Clone, Copy)]
struct Choice {
    keys: &'static str,
    steps: &'static [&'static str],
    outcome: &'static str,
}

struct Attempt {
    campaign: i64,
    lead: i64,
    number: i64,
    at: Moment,
    result: &'static str,
    cause: &'static str,
    ring: i64,
    billsec: i64,
    choice: Option<Choice>,
    transfer: Option<(&'static str, Option<Agent>)>,
}

pub fn write(world: &mut World, agents: &[Agent]) {
    scripts(world);
    let mut floor = Floor {
        world,
        leads: 0,
        attempts: Vec::new(),
    };
    for campaign in campaigns(floor.world.now.day()) {
        floor.campaign(&campaign);
    }
    let mut attempts = floor.attempts;
    attempts.sort_by_key(|attempt| attempt.at);
    transfer(world, agents, &mut attempts);
    for attempt in &attempts {
        self::attempt(world, attempt);
    }
}

struct Floor<'a> {
    world: &'a mut World,
    leads: i64,
    attempts: Vec<Attempt>,
}

impl Floor<'_> {
    fn campaign(&mut self, campaign: &Campaign) {
        let (id, name, now) = (campaign.id, &campaign.name, self.world.now);
        let began = now.plus(-campaign.began);
        let created = began.min(now).plus(-2 * DAY);
        let mut line = json!({"kind": "autocall_campaign", "id": id, "name": name, "script_id": 1,
            "status": campaign.status, "created_at": created.text()});
        if began <= now {
            line["started_at"] = began.text().into();
        }
        if campaign.status == "completed" {
            line["completed_at"] = now.plus(-campaign.ends).text().into();
        }
        self.world.line(&line);
        for place in 0..campaign.leads {
            self.lead(campaign, began, created, place);
        }
    }

    /// Writes a lead and plans its attempts: its status follows them.
    fn lead(&mut self, campaign: &Campaign, began: Moment, created: Moment, place: i64) {
        self.leads += 1;
        let (id, first) = (self.leads, self.attempts.len());
        let until = campaign.dialed_until(self.world);
        let created = created.plus(place * MINUTE / 60);
        let offset = ((campaign.began - campaign.ends) as f64 * self.world.share()) as i64;
        let mut at = self.hour(campaign, began.plus(offset), began);
        let is_dnc = self.world.chance(0.01);
        let mut states = vec![(created, if is_dnc { "dnc" } else { "pending" })];
        for (number, answer_rate) in (1..).zip(ANSWER_RATES) {
            if at >= until || is_dnc {
                break;
            }
            let attempt = self.attempt(campaign, id, number, at, answer_rate);
            let (result, ended) = (attempt.result, at.plus(attempt.ring + attempt.billsec));
            self.attempts.push(attempt);
            let status = match result {
                "answered" => "completed",
                _ if number == ANSWER_RATES.len() as i64 => "max_attempts_reached",
                _ if campaign.status == "completed" => "failed",
                _ => "retry",
            };
            states.extend([(at, "in_progress"), (ended, status)]);
            if status != "retry" {
                break;
            }
            let pause = self.world.between(4 * HOUR, 2 * DAY);
            at = self.hour(campaign, at.plus(pause), at.plus(2 * HOUR));
        }
        let city = self.world.weighted(&CITIES);
        let segment = if self.attempts.len() - first > 1 {
            "cold"
        } else {
            "warm"
        };
        let mut line = json!({"kind": "autocall_lead", "id": id, "campaign_id": campaign.id,
            "phone": format!("09{id:08}"), "external_ref": format!("CRM-{id:06}"),
            "payload": {"city": city, "segment": segment}, "status": "pending", "created_at": created.text()});
        let next = states.iter().skip(1).map(|(at, _)| Some(*at));
        for ((at, status), next) in states.iter().zip(next.chain([None])) {
            line["status"] = (*status).into();
            self.world.state(*at, next, &line);
        }
    }

    /// Returns a dialing time of the campaign: on the day of `at`, or on the next one if that is
    /// too early.
    fn hour(&mut self, campaign: &Campaign, at: Moment, earliest: Moment) -> Moment {
        if campaign.around_the_clock {
            return at;
        }
        let mut day = at.day();
        if day.is_sunday() && self.world.chance(0.9) {
            day = Day(day.0 + 1);
        }
        let seconds =
            self.world.weighted(&AUTOMATED_HOURS) * HOUR + self.world.between(0, HOUR - 1);
        let dialed = day.at(seconds);
        if dialed < earliest {
            Day(day.0 + 1).at(seconds)
        } else {
            dialed
        }
    }

    fn attempt(
        &mut self,
        campaign: &Campaign,
        lead: i64,
        number: i64,
        at: Moment,
        answer_rate: f64,
    ) -> Attempt {
        let reach = if campaign.around_the_clock {
            0.85
        } else {
            at.reach()
        };
        let answered = self.world.chance(campaign.reach * reach * answer_rate);
        let (result, cause, ring) = if answered {
            ("answered", "NORMAL_CLEARING", self.world.between(4, 20))
        } else {
            match self.world.weighted(&[
                ("no_answer", 58),
                ("busy", 24),
                ("failed", 16),
                ("abandoned", 2),
            ]) {
                "no_answer" => (
                    "no_answer",
                    self.world.weighted(&NO_ANSWER),
                    self.world.between(25, 40),
                ),
                "busy" => ("busy", "USER_BUSY", 4),
                "failed" => ("failed", self.world.weighted(&FAILED), 3),
                _ => ("abandoned", "ORIGINATOR_CANCEL", 9),
            }
        };
        let choice = answered.then(|| self.world.weighted(&CHOICES));
        let billsec = choice.map_or(0, |choice| {
            let listened = self.world.between(6, 28);
            let talked = if choice.keys.ends_with('1') {
                self.world.seconds(30, 420)
            } else {
                0
            };
            listened + talked
        });
        Attempt {
            campaign: campaign.id,
            lead,
            number,
            at,
            result,
            cause,
            ring,
            billsec,
            choice,
            transfer: None,
        }
    }
}

/// Transfers callers who chose an agent to a free agent on transfer duty. Without one they wait in
/// the queue, and some are lost.
fn transfer(world: &mut World, agents: &[Agent], attempts: &mut [Attempt]) {
    let mut busy_until: HashMap<i64, Moment> = HashMap::new();
    for attempt in attempts {
        if !attempt
            .choice
            .is_some_and(|choice| choice.keys.ends_with('1'))
        {
            continue;
        }
        let ends = attempt.at.plus(attempt.ring + attempt.billsec);
        let takes = |shift: Shift| shift.duty.0 <= attempt.at && ends <= shift.duty.1;
        let is_free = |agent: &&Agent| {
            busy_until
                .get(&agent.id)
                .is_none_or(|until| *until <= attempt.at)
        };
        let today = attempt.at.day();
        let is_on_duty = |agent: &&Agent| agent.shift(today).is_some_and(takes);
        let agent = agents.iter().filter(is_free).find(is_on_duty).copied();
        let state = match agent {
            Some(_) => "connected",
            None if world.chance(0.15) => "failed",
            None => "queued",
        };
        match agent {
            Some(agent) => _ = busy_until.insert(agent.id, ends),
            None => attempt.billsec = attempt.billsec.min(60),
        }
        attempt.transfer = Some((state, agent));
    }
}

fn attempt(world: &mut World, attempt: &Attempt) {
    let Attempt {
        campaign,
        lead,
        number,
        at,
        ring,
        billsec,
        ..
    } = *attempt;
    let line = json!({"kind": "autocall_attempt", "uuid": format!("demo-{lead}-{number}"),
        "campaign_id": campaign, "lead_id": lead, "attempt_number": number, "started_at": at.text(),
        "caller_id": caller_id(1 + lead % 4), "provider": if lead % 3 == 0 { "carrier_b" } else { "carrier_a" }});
    let result = result(world, attempt);
    world.call(Call {
        line,
        began: at,
        answered: attempt.choice.map(|_| at.plus(ring)),
        ended: at.plus(ring + billsec),
        result,
    });
}

/// Facts of an attempt that has ended.
fn result(world: &mut World, attempt: &Attempt) -> Value {
    let mut result = json!({"result": attempt.result, "hangup_cause": attempt.cause, "billsec": attempt.billsec});
    if let Some(choice) = attempt.choice {
        result["dtmf"] = choice.keys.into();
        result["script_path"] = choice.steps.into();
        result["outcome"] = choice.outcome.into();
        let mood = if choice.outcome == "declined" { 20 } else { 45 };
        result["sentiment"] = (world.between(mood, mood + 50) as f64 / 100.0).into();
    }
    if let Some((state, agent)) = attempt.transfer {
        result["transfer"] = state.into();
        if let Some(agent) = agent {
            result["agent_id"] = agent.id.into();
            let sale = 10 + (agent.skill * 25.0) as u32;
            let dispositions = [
                ("sale", sale),
                ("interested", 30),
                ("not_interested", 35),
                ("callback", 10),
            ];
            result["agent_disposition"] = world.weighted(&dispositions).into();
        }
    }
    result
}
