//! Agents dialing leads. A day is simulated in order of time, so that no agent has overlapping
//! calls and every lead exists before it is called.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use serde_json::{Value, json};

use super::calendar::{DAY, Day, HOUR, MINUTE, Moment};
use super::people::{Agent, CALLER_IDS, MAX_DIALS, Shift, caller_id};
use super::{DAYS, World};

/// Campaigns: the largest one, one with excess abandoned calls last week, one near its end, and the
/// night desk's.
const MAIN: i64 = 43;
const BREACHING: i64 = 44;
const ENDING: i64 = 45;
const OVERSEAS: i64 = 46;
const SOURCES: [(Option<&str>, u32); 6] = [
    (Some("facebook_lead_ads"), 35),
    (Some("website"), 25),
    (Some("zalo"), 15),
    (Some("referral"), 12),
    (Some("event"), 8),
    (None, 5),
];
const FAMILY_NAMES: [&str; 8] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng",
];
const GIVEN_NAMES: [&str; 10] = [
    "An", "Bình", "Chi", "Dũng", "Giang", "Hạnh", "Khánh", "Linh", "Phương", "Sơn",
];

/// Age in days of the breaching campaign, and the days before today with excess abandoned calls.
const BREACHING_AGE: i64 = 10;
const EXCESS_ABANDONED: std::ops::RangeInclusive<i64> = 8..=10;
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
    let campaigns = [
        (
            MAIN,
            format!("Outbound Sales {}", today.quarter()),
            DAYS + 1,
        ),
        (
            BREACHING,
            format!("{} Upgrade", today.season()),
            BREACHING_AGE,
        ),
        (
            ENDING,
            format!("Home Internet {}", Day(today.0 - DAYS).season()),
            DAYS + 1,
        ),
        (
            OVERSEAS,
            format!("Overseas Families {}", today.season()),
            DAYS + 1,
        ),
    ];
    for (id, name, days) in campaigns {
        let created = Day(today.0 - days).at(0);
        world.line(&json!({"kind": "telesales_campaign", "id": id, "name": name, "created_at": created.text()}));
    }
    let mut desk = Desk {
        world,
        today,
        leads: 0,
        calls: 0,
        waiting: VecDeque::new(),
    };
    for day in today.0 - DAYS - 1..=today.0 {
        desk.play(Day(day), agents);
    }
    // Leads of the last two days without a call.
    for _ in 0..350 {
        let age = desk.world.between(MINUTE, 2 * DAY);
        desk.lead(MAIN, desk.world.now.plus(-age));
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
            if at >= self.world.now.min(shift.to) || dials[agent_index] == MAX_DIALS {
                continue;
            }
            let (mut lead, dial) = self.next(shift.agent, at);
            let at = shift.free(at, dial.busy());
            if at >= self.world.now || at.plus(dial.busy()) > shift.to {
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
            // No agent pauses at the current instant: all who are not on a break have a call in
            // progress.
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
        let campaign = self.campaign(agent, at);
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

    fn campaign(&mut self, agent: Agent, at: Moment) -> i64 {
        let ago = self.today.0 - at.day().0;
        match (agent.is_night(), ago) {
            (true, _) => OVERSEAS,
            (_, ..=BREACHING_AGE) if self.world.chance(0.3) => BREACHING,
            // Fewer each day, because it nears its end.
            (_, ago) if self.world.chance(0.25 * ago as f64 / DAYS as f64) => ENDING,
            _ => MAIN,
        }
    }

    fn lead(&mut self, campaign: i64, created: Moment) -> Lead {
        self.leads += 1;
        let (id, source) = (self.leads, self.world.weighted(&SOURCES));
        let name = format!(
            "{} {}",
            self.world.pick(&FAMILY_NAMES),
            self.world.pick(&GIVEN_NAMES)
        );
        self.world.line(&json!({"kind": "telesales_lead", "id": id, "campaign_id": campaign,
            "phone": format!("03{id:08}"), "source": source, "full_name": name, "created_at": created.text()}));
        Lead {
            id,
            campaign,
            tries: 0,
            callable_from: created,
        }
    }

    fn dial(&mut self, agent: Agent, lead: &Lead, at: Moment) -> Dial {
        let line = self.world.between(1, CALLER_IDS);
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
        if self.world.chance(self.abandoned(lead.campaign, at)) {
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
        let ago = (self.today.0 - at.day().0).min(REJECTED_SINCE + 1);
        1.0 - (ago + 1) as f64 / (REJECTED_SINCE + 2) as f64
    }

    /// Share of answered calls without a free agent.
    fn abandoned(&self, campaign: i64, at: Moment) -> f64 {
        let ago = self.today.0 - at.day().0;
        match campaign {
            BREACHING if EXCESS_ABANDONED.contains(&ago) => 0.09,
            _ => 0.02,
        }
    }

    fn call(&mut self, agent: Agent, lead: &Lead, dial: &Dial, at: Moment) {
        self.calls += 1;
        let Dial {
            result,
            line,
            ring,
            talk,
            wrap,
        } = *dial;
        let mut call = json!({"kind": "telesales_call", "uuid": format!("demo-{}", self.calls),
            "campaign_id": lead.campaign, "lead_id": lead.id, "agent_id": agent.id, "cid": caller_id(line),
            "started_at": at.text()});
        let (answered, ended) = (at.plus(ring), at.plus(ring + talk));
        if talk > 0 && answered <= self.world.now {
            call["answered_at"] = answered.text().into();
        }
        // Ends in the future: the call is in progress and has no result yet.
        if ended <= self.world.now {
            call["ended_at"] = ended.text().into();
            call["result"] = result.into();
            call["talk_sec"] = talk.into();
            call["wrap_sec"] = wrap.into();
            call["hangup_cause"] = cause(result).into();
            call["disposition"] = self.disposition(agent, result, talk);
        }
        self.world.line(&call);
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
