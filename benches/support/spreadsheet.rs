//! Calls as people's spreadsheets have them, and the same calls as ingest lines.

use std::fmt::Write;

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::incoming::Kind;

/// Calls a lead, one of two campaigns.
const CALLS: usize = 3;
const CAMPAIGNS: usize = 2;
const AGENTS: usize = 40;
const CALLER_IDS: usize = 20;
/// Time of all calls. Days over 12 prove the order of day and month.
const SECONDS: usize = 27 * 24 * 3600;
/// Results as the sheet has them, and ours.
pub const RESULTS: [(&str, &str); 5] = [
    ("Không nghe máy", "no_answer"),
    ("Nghe máy", "answered"),
    ("Máy bận", "busy"),
    ("Thuê bao", "failed"),
    ("Không trả lời", "no_answer"),
];

struct Call {
    lead: usize,
    campaign: usize,
    agent: usize,
    cid: usize,
    /// From 1, among the attempts of its lead.
    attempt: usize,
    at: DateTime<FixedOffset>,
    /// A place in `RESULTS`.
    result: usize,
    talk: usize,
}

/// Calls by their start, as a switch lists them.
fn calls(count: usize) -> impl Iterator<Item = Call> {
    let leads = count.div_ceil(CALLS);
    let first = DateTime::parse_from_rfc3339("2026-06-01T00:00:07+07:00").expect("an instant");
    (0..count).map(move |number| {
        // The number of calls and this prime have no common divisor.
        let lead = number * 7_919 % leads;
        let result = number % RESULTS.len();
        let after = number * (SECONDS / count);
        Call {
            lead,
            campaign: lead % CAMPAIGNS,
            agent: number % AGENTS,
            cid: number % CALLER_IDS,
            attempt: 1 + number / leads,
            at: first + TimeDelta::seconds(after as i64),
            result,
            talk: if RESULTS[result].1 == "answered" {
                5 + number % 295
            } else {
                0
            },
        }
    })
}

fn phone(lead: usize) -> String {
    format!("09{lead:08}")
}

fn cid(number: usize) -> String {
    format!("02838{number:06}")
}

/// A sheet with a title, Vietnamese headers, local dates, a byte order mark, and semicolons.
pub fn sheet(count: usize) -> String {
    let mut text = "\u{feff}DANH SÁCH CUỘC GỌI;;;;;;;;;\r\n\
        STT;Số điện thoại;Ngày gọi;Giờ gọi;Thời lượng;Trạng thái;Nhân viên;Chiến dịch;Đầu số;Ghi chú\r\n"
        .to_owned();
    for (number, call) in (1..).zip(calls(count)) {
        let (date, time) = (call.at.format("%d/%m/%Y"), call.at.format("%H:%M:%S"));
        let length = if call.talk == 0 {
            String::new()
        } else {
            format!("{:02}:{:02}", call.talk / 60, call.talk % 60)
        };
        writeln!(
            text,
            "{number};{};{date};{time};{length};{};Nguyễn Văn {};Chiến dịch {};{};Khách hẹn gọi lại\r",
            phone(call.lead),
            RESULTS[call.result].0,
            call.agent,
            call.campaign,
            cid(call.cid),
        )
        .expect("a line");
    }
    text
}

/// Columns of the sheet, by field.
pub fn columns(kind: Kind) -> Value {
    let mut columns = json!({
        "phone": "Số điện thoại", "started_at": ["Ngày gọi", "Giờ gọi"], "result": "Trạng thái", "agent": "Nhân viên",
        "campaign": "Chiến dịch",
    });
    let (length, cid) = own(kind);
    columns[length] = "Thời lượng".into();
    columns[cid] = "Đầu số".into();
    columns
}

/// Names of the length and of the caller's number.
fn own(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Attempt => ("billsec", "caller_id"),
        Kind::Call => ("talk_sec", "cid"),
    }
}

/// The same calls as lines, behind the campaigns, agents and leads that they name.
pub fn lines(kind: Kind, count: usize) -> String {
    let product = match kind {
        Kind::Attempt => "autocall",
        Kind::Call => "telesales",
    };
    let mut text = String::new();
    let mut line = |line: Value| writeln!(text, "{line}").expect("a line");
    for id in 0..CAMPAIGNS {
        let name = format!("Chiến dịch {id}");
        line(json!({"kind": format!("{product}_campaign"), "id": id + 1, "name": name}));
    }
    for id in 0..AGENTS {
        let name = format!("Nguyễn Văn {id}");
        line(json!({"kind": "agent", "id": id + 1, "name": name, "username": name}));
    }
    let stamp = |at: DateTime<FixedOffset>| at.to_rfc3339_opts(SecondsFormat::Secs, false);
    for call in calls(count).filter(|call| call.attempt == 1) {
        line(
            json!({"kind": format!("{product}_lead"), "id": call.lead + 1, "campaign_id": call.campaign + 1,
            "phone": phone(call.lead), "created_at": stamp(call.at)}),
        );
    }
    let (length, caller) = own(kind);
    for (number, call) in calls(count).enumerate() {
        let mut told = json!({"uuid": format!("{number:032x}"), "campaign_id": call.campaign + 1, "lead_id": call.lead + 1,
            "agent_id": call.agent + 1, "started_at": stamp(call.at), "result": RESULTS[call.result].1});
        told["kind"] = match kind {
            Kind::Attempt => "autocall_attempt",
            Kind::Call => "telesales_call",
        }
        .into();
        if kind == Kind::Attempt {
            told["attempt_number"] = call.attempt.into();
        }
        told[length] = call.talk.into();
        told[caller] = cid(call.cid).into();
        line(told);
    }
    text
}

/// The content of all stored calls, without ids.
pub fn digest(kind: Kind) -> &'static str {
    match kind {
        Kind::Attempt => {
            "select md5(string_agg(told, ',' order by told)) from (
                 select concat_ws('|', c.started_at, l.phone, l.created_at, p.name, a.name, c.caller_id, c.result, c.billsec,
                     c.attempt_number) as told
                 from autocall_attempts c
                 join autocall_leads l on l.tenant_id = 1 and l.id = c.lead_id and l.campaign_id = c.campaign_id
                 join autocall_campaigns p on p.tenant_id = 1 and p.id = c.campaign_id
                 join agents a on a.tenant_id = 1 and a.id = c.agent_id
                 where c.tenant_id = 1) as calls"
        }
        Kind::Call => {
            "select md5(string_agg(told, ',' order by told)) from (
                 select concat_ws('|', c.started_at, l.phone, l.created_at, p.name, a.name, c.cid, c.result, c.talk_sec) as told
                 from telesales_calls c
                 join telesales_leads l on l.tenant_id = 1 and l.id = c.lead_id and l.campaign_id = c.campaign_id
                 join telesales_campaigns p on p.tenant_id = 1 and p.id = c.campaign_id
                 join agents a on a.tenant_id = 1 and a.id = c.agent_id
                 where c.tenant_id = 1) as calls"
        }
    }
}
