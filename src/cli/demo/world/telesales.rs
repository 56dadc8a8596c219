//! Agents dialing leads. A day is simulated in order of time, so that no agent has overlapping
//! calls and every lead exists before it is called.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use serde_json::{Value, json};

use super::calendar::{DAY, Day, HOUR, MINUTE, Moment};
use super::people::{Agent, CALLER_IDS, MAX_DIALS, Shift, caller_id};
use super::sales_campaigns::{Abandoning, MAIN, OVERSEAS, campaigns, shares};
use super::{Call, DAYS, DAYS_AHEAD, World};

const SOURCES: [(Option<&str>, u32); 6] = [
    (Some("facebook_lead_ads"), 35),
    (Some("website"), 25),
    (Some("zalo"), 15),
    (Some("referral"), 12),
    (Some("event"), 8),
    (None, 5),
];
const FAMILY_NAMES: [&str; 12] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
];
const MIDDLE_NAMES: [&str; 10] = [
    "Thị", "Văn", "Minh", "Ngọc", "Thanh", "Quốc", "Thu", "Đức", "Hoài", "Gia",
];
const GIVEN_NAMES: [&str; 16] = [
    "An", "Bình", "Chi", "Dũng", "Giang", "Hạnh", "Khánh", "Linh", "Phương", "Sơn", "Thảo", "Tuấn",
    "Uyên", "Việt", "Xuân", "Yến",
];

/// Days before today since when carriers reject a growing share of calls of the last caller ID.
const REJECTED_SINCE: i64 = 6;
/// Maximum number of dials per lead.
const MAX_TRIES: usize = 4;
/// Answer rate of a lead by number of failed dials.
const ANSWER_RATES: [f64; MAX_TRIES] = [1.0, 0.72, 0.5, 0.35];

struct Lead {
    id: i64,
    campaign: i64,
    tries: usize,
    /// Earliest time of the next dial.
    callable_from: Moment,
}

/// Result of a dial. Durations are in seconds.
struct Dial {
    result: &'static str,
    /// Caller ID used.
    line: i64,
    ring: i64,
    talk: i64,
    wrap: i64,
}

impl Dial {
    fn busy(&self) -> i64 {
        self.ring + self.talk + self.wrap
    }
}

pub fn write(world: &mut World, agents: &[Agent]) {
    let today = world.now.day();
    for campaign in campaigns(today) {
        let created = Day(today.0 - campaign.age).at(0);
        world.line(
            &json!({"kind": "telesales_campaign", "id": campaign.id, "name": campaign.name,
            "status": campaign.status, "created_at": created.text()}),
        );
    }
    let abandoning = Abandoning::until(world.now);
    let mut desk = Desk {
        world,
        today,
        leads: 0,
        calls: 0,
        waiting: VecDeque::new(),
        abandoning,
    };
    for day in today.0 - DAYS - 1..=today.0 + DAYS_AHEAD {
        desk.play(Day(day), agents);
    }
    for campaign in campaigns(today) {
        for _ in 0..campaign.reserve {
            let age = desk.world.between(MINUTE, campaign.age.min(12) * DAY);
            desk.lead(campaign.id, desk.world.now.plus(-age));
        }
    }
}

/// State of the simulated sales floor.
struct Desk<'a> {
    world: &'a mut World,
    today: Day,
    leads: i64,
    calls: i64,
    /// Leads that did not answer, longest rested first.
    waiting: VecDeque<Lead>,
    abandoning: Abandoning,
}

impl Desk<'_> {
    /// Simulates the shifts that start on a day, dial by dial.
    fn play(&mut self, day: Day, agents: &[Agent]) {
        let shifts: Vec<Shift> = agents.iter().filter_map(|agent| agent.shift(day)).collect();
        let mut dials = vec![0; shifts.len()];
        let mut queue: BinaryHeap<_> = shifts
            .iter()
            .enumerate()
            .map(|(at, shift)| Reverse((shift.from, at)))
            .collect();
        while let Some(Reverse((at, agent_index))) = queue.pop() {
            let shift = &shifts[agent_index];
            let at = shift.free(at, 0);
            if at >= self.world.until.min(shift.to) || dials[agent_index] == MAX_DIALS {
                continue;
            }
            let (mut lead, dial) = self.next(shift.agent, at);
            let at = shift.free(at, dial.busy());
            if at >= self.world.until || at.plus(dial.busy()) > shift.to {
                continue; // the lead stays without a call
            }
            dials[agent_index] += 1;
            self.call(shift.agent, &lead, &dial, at);
            lead.tries += 1;
            lead.callable_from = at.plus(self.world.between(3 * HOUR, 2 * DAY));
            if dial.talk == 0 && dial.result != "blocked" && lead.tries < MAX_TRIES {
                self.waiting.push_back(lead);
            }
            let abroad = if shift.agent.is_night() { 40 } else { 0 }; // international calls take longer to set up
            let pause = 50 + abroad + ((1.0 - shift.agent.skill) * 70.0) as i64;
            let pause = self.world.between(pause / 2, pause * 3 / 2);
            let ended = at.plus(dial.busy());
            // Nobody pauses now: all who are not on a break have a call in progress.
            let now = self.world.now;
            let next = ended.plus(pause);
            let next = if ended < now && next >= now {
                ended.max(now.plus(-2))
            } else {
                next
            };
            queue.push(Reverse((next, agent_index)));
        }
    }

    /// Selects the lead an agent calls next, and the result of the dial.
    fn next(&mut self, agent: Agent, at: Moment) -> (Lead, Dial) {
        let campaign = self.choose(agent, at);
        let rested = self
            .waiting
            .iter()
            .position(|lead| lead.campaign == campaign)
            .filter(|first| *first < 50);
        let rested = rested
            .filter(|first| self.waiting[*first].callable_from <= at && self.world.chance(0.6));
        let lead = rested.and_then(|first| self.waiting.remove(first));
        let lead = lead.unwrap_or_else(|| {
            let age = self.world.between(5 * MINUTE, DAY + 12 * HOUR);
            self.lead(campaign, at.plus(-age))
        });
        let dial = self.dial(agent, &lead, at);
        (lead, dial)
    }

    /// The campaign of an agent's next call.
    fn choose(&mut self, agent: Agent, at: Moment) -> i64 {
        let ago = self.today.0 - at.day().0;
        if agent.is_night() {
            return OVERSEAS;
        }
        let shares = shares(ago);
        let chosen = shares
            .into_iter()
            .find(|(_, share)| self.world.chance(*share));
        chosen.map_or(MAIN, |(campaign, _)| campaign)
    }

    fn lead(&mut self, campaign: i64, created: Moment) -> Lead {
        self.leads += 1;
        let (id, source) = (self.leads, self.world.weighted(&SOURCES));
        let name = format!(
            "{} {} {}",
            self.world.pick(&FAMILY_NAMES),
            self.world.pick(&MIDDLE_NAMES),
            self.world.pick(&GIVEN_NAMES)
        );
        let line = json!({"kind": "telesales_lead", "id": id, "campaign_id": campaign,
            "phone": format!("03{id:08}"), "source": source, "full_name": name, "created_at": created.text()});
        self.world.state(created, None, &line);
        Lead {
            id,
            campaign,
            tries: 0,
            callable_from: created,
        }
    }

    fn dial(&mut self, agent: Agent, lead: &Lead, at: Moment) -> Dial {
        // The night desk has the last ones, so that a blocked one is seen soon after midnight.
        let first = if agent.is_night() { CALLER_IDS - 2 } else { 1 };
        let line = self.world.between(first, CALLER_IDS);
        let missed = |(result, ring)| Dial {
            result,
            line,
            ring,
            talk: 0,
            wrap: 0,
        };
        if self.world.chance(0.01) {
            return missed(("blocked", 0));
        }
        if line == CALLER_IDS && self.world.chance(self.rejected(at)) {
            return missed(("rejected", 2));
        }
        if !self
            .world
            .chance(0.62 * at.reach() * ANSWER_RATES[lead.tries])
        {
            let results = [
                (("no_answer", 32), 64),
                (("busy", 6), 24),
                (("failed", 4), 9),
                (("rejected", 5), 3),
            ];
            return missed(self.world.weighted(&results));
        }
        let ring = self.world.between(4, 22);
        let abandoned = self.abandoning.chance(lead.campaign, at);
        if self.world.chance(abandoned) {
            return missed(("abandoned", ring));
        }
        let talk = if self.world.chance(0.08) {
            self.world.between(2, 9)
        } else {
            self.world.seconds(20, 520)
        };
        let wrap = self
            .world
            .between(10, 30 + ((1.0 - agent.skill) * 30.0) as i64);
        Dial {
            result: "answered",
            line,
            ring,
            talk,
            wrap,
        }
    }

    /// Share of calls of the last caller ID that carriers reject; grows daily.
    fn rejected(&self, at: Moment) -> f64 {
        let ago = (self.today.0 - at.day().0).clamp(0, REJECTED_SINCE + 1);
        1.0 - (ago + 1) as f64 / (REJECTED_SINCE + 2) as f64
    }

    fn call(&mut self, agent: Agent, lead: &Lead, dial: &Dial, at: Moment) {
        self.calls += 1;
        self.abandoning.count(lead.campaign, dial.result);
        let Dial {
            result,
            line,
            ring,
            talk,
            wrap,
        } = *dial;
        let line = json!({"kind": "telesales_call", "uuid": format!("demo-{}", self.calls),
            "campaign_id": lead.campaign, "lead_id": lead.id, "agent_id": agent.id, "cid": caller_id(line),
            "started_at": at.text()});
        let disposition = self.disposition(agent, result, talk);
        self.world.call(Call {
            line,
            began: at,
            answered: (talk > 0).then(|| at.plus(ring)),
            ended: at.plus(ring + talk),
            result: json!({"result": result, "talk_sec": talk, "wrap_sec": wrap, "hangup_cause": cause(result),
                "disposition": disposition}),
        });
    }

    fn disposition(&mut self, agent: Agent, result: &str, talk: i64) -> Value {
        let sale = 4 + (agent.skill * 12.0) as u32;
        match (result, talk) {
            ("answered", 45..) => self
                .world
                .weighted(&[
                    ("sale", sale),
                    ("interested", 26),
                    ("not_interested", 38),
                    ("callback", 14),
                    ("dnc", 2),
                ])
                .into(),
            ("answered", _) => self
                .world
                .weighted(&[("not_interested", 70), ("callback", 25), ("dnc", 5)])
                .into(),
            ("no_answer", _) => "no_answer".into(),
            _ => Value::Null,
        }
    }
}

fn cause(result: &str) -> &'static str {
    match result {
        "answered" | "abandoned" => "NORMAL_CLEARING",
        "no_answer" => "NO_ANSWER",
        "busy" => "USER_BUSY",
        "failed" => "NORMAL_TEMPORARY_FAILURE",
        _ => "CALL_REJECTED",
    }
}
