//! Teams, agents, dispositions and caller IDs, and the agents' working hours.

use serde_json::json;

use super::World;
use super::calendar::{Day, HOUR, MINUTE, Moment};

const NAMES: [&str; 22] = [
    "Nguyễn Thị Hồng Nhung",
    "Trần Quốc Bảo",
    "Lê Minh Châu",
    "Phạm Đức Huy",
    "Hoàng Thị Thu Trang",
    "Vũ Ngọc Anh",
    "Đặng Văn Khoa",
    "Bùi Thị Mai Lan",
    "Đỗ Thanh Tùng",
    "Hồ Thị Kim Oanh",
    "Ngô Gia Linh",
    "Dương Hữu Phước",
    "Lý Thảo Vy",
    "Phan Anh Tuấn",
    "Võ Thị Bích Ngọc",
    "Trịnh Hoài Nam",
    "Đinh Thùy Dương",
    "Mai Xuân Trường",
    "Cao Thị Yến Nhi",
    "Lương Công Danh",
    "Tạ Thị Hải Yến",
    "Châu Minh Trí",
];
const TEAMS: [(i64, &str); 3] = [(1, "Hà Nội"), (2, "Sài Gòn"), (3, "Night desk")];
/// Code, label, category, color, and conversion flag.
const DISPOSITIONS: [(&str, &str, &str, &str, bool); 6] = [
    ("sale", "Sale", "contact", "#10B981", true),
    ("interested", "Interested", "contact", "#3B82F6", false),
    (
        "not_interested",
        "Not interested",
        "contact",
        "#F59E0B",
        false,
    ),
    ("callback", "Call back", "callback", "#8B5CF6", false),
    ("no_answer", "No answer", "no_contact", "#6B7280", false),
    ("dnc", "Do not call", "remove", "#EF4444", false),
];
const CARRIERS: [&str; 3] = ["viettel", "mobifone", "vinaphone"];
pub const CALLER_IDS: i64 = 8;

/// Start of the night desk's first shift, in seconds after local midnight.
const NIGHT: i64 = 20 * HOUR;
/// Maximum number of dials of an agent per day.
pub const MAX_DIALS: u32 = 200;
const SHIFT: i64 = 8 * HOUR + 30 * MINUTE;
/// Lunch time of agents with an even id, from the start of the shift; the others go an hour later,
/// so that the desk is always staffed.
const LUNCH: i64 = 3 * HOUR + 30 * MINUTE;
/// Possible transfer hours, from the start of the shift. In its transfer hour an agent takes
/// transfers instead of dialing.
const DUTIES: [i64; 6] = [
    0,
    HOUR,
    2 * HOUR,
    5 * HOUR + 30 * MINUTE,
    6 * HOUR + 30 * MINUTE,
    7 * HOUR + 30 * MINUTE,
];

#[derive(Debug, Clone, Copy)]
pub struct Agent {
    pub id: i64,
    /// 0 for a beginner, 1 for the best.
    pub skill: f64,
    /// Start of the shift, in seconds after local midnight.
    start: i64,
}

/// An agent's working day. Times are half-open.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    pub agent: Agent,
    pub from: Moment,
    pub to: Moment,
    lunch: (Moment, Moment),
    /// Transfer hour: no dials.
    pub duty: (Moment, Moment),
}

impl Agent {
    /// Creates an agent by id, 1 to 22: some start early, some late, four work at night.
    fn new(id: i64) -> Self {
        let start = match id {
            1..=9 => 8 * HOUR,
            10..=14 => 9 * HOUR + 30 * MINUTE,
            15..=18 => 12 * HOUR,
            19 | 20 => NIGHT,
            _ => NIGHT + 3 * HOUR + 30 * MINUTE,
        };
        Self {
            id,
            skill: ((id * 7) % 11) as f64 / 10.0,
            start,
        }
    }

    pub fn is_night(&self) -> bool {
        self.start >= NIGHT
    }

    /// Returns the shift that starts on a day; `None` on a day off. The night desk works every day.
    pub fn shift(self, day: Day) -> Option<Shift> {
        let works = match day {
            _ if self.is_night() => true,
            day if day.is_sunday() => self.id % 4 == day.0 / 7 % 4,
            day if day.is_saturday() => self.id % 2 == day.0 / 7 % 2,
            day => (self.id * 5 + day.0) % 19 != 0, // occasional sick days
        };
        let from = day.at(self.start);
        let lunch = from.plus(LUNCH + self.id % 2 * HOUR);
        let duty = from.plus(DUTIES[((self.id * 5 + day.0) % 6) as usize]);
        let takes_transfers = !self.is_night() && !day.is_sunday();
        works.then_some(Shift {
            agent: self,
            from,
            to: from.plus(SHIFT),
            lunch: (lunch, lunch.plus(HOUR)),
            duty: (duty, duty.plus(if takes_transfers { HOUR } else { 0 })),
        })
    }
}

impl Shift {
    /// Returns the first instant from `at` on at which the agent can dial and be busy for `busy`
    /// seconds before a break. May be after the shift.
    pub fn free(&self, at: Moment, busy: i64) -> Moment {
        let mut at = at.max(self.from);
        let mut breaks = [self.lunch, self.duty];
        breaks.sort();
        for (from, to) in breaks {
            if at.plus(busy) > from && at < to {
                at = to;
            }
        }
        at
    }
}

/// Writes the people and returns the agents.
pub fn write(world: &mut World) -> Vec<Agent> {
    for (id, name) in TEAMS {
        world.line(&json!({"kind": "team", "id": id, "name": name}));
    }
    let agents: Vec<Agent> = (1..).zip(NAMES).map(|(id, _)| Agent::new(id)).collect();
    for (agent, name) in agents.iter().zip(NAMES) {
        let (id, username) = (agent.id, format!("agent{:02}", agent.id));
        let team = if agent.is_night() { 3 } else { 1 + id % 2 };
        world.line(&json!({"kind": "agent", "id": id, "name": name, "username": username, "team_id": team}));
    }
    for (code, label, category, color, is_conversion) in DISPOSITIONS {
        world.line(
            &json!({"kind": "disposition", "code": code, "label": label, "category": category,
            "color": color, "is_conversion": is_conversion}),
        );
    }
    for line in 1..=CALLER_IDS {
        let carrier = CARRIERS[(line % 3) as usize];
        world.line(&json!({"kind": "caller_id", "cid": caller_id(line), "display_name": format!("Sales line {line}"),
            "carrier": carrier, "cli_type": "mobile", "daily_cap": 600}));
    }
    agents
}

pub fn caller_id(line: i64) -> String {
    format!("09000000{line:02}")
}
