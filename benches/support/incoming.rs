//! Calls ingested during a measurement: lines for existing leads, with ids that are new in every run.

use std::fmt::Write;

use callboard::db::Database;
use callboard::ingest::{Body, Locale, Target, ingest};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::TENANT;
use super::cluster::connect;
use super::windows::end;

const AGENTS: i64 = 60;
const CALLER_IDS: u32 = 40;

/// Campaigns with the consecutive ids of their leads.
struct Campaign {
    id: i64,
    first_lead: i64,
    last_lead: i64,
}

/// Kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Attempt,
    Call,
}

impl Kind {
    pub fn name(self) -> &'static str {
        if self == Self::Attempt {
            "attempts"
        } else {
            "calls"
        }
    }

    pub fn table(self) -> &'static str {
        if self == Self::Attempt {
            "autocall_attempts"
        } else {
            "telesales_calls"
        }
    }

    fn leads(self) -> &'static str {
        let sql = [
            "select campaign_id, min(id), max(id) from autocall_leads where tenant_id = $1 group by campaign_id order by 1",
            "select campaign_id, min(id), max(id) from telesales_leads where tenant_id = $1 group by campaign_id order by 1",
        ];
        sql[usize::from(self == Self::Call)]
    }
}

/// Generates lines.
pub struct Incoming {
    kind: Kind,
    campaigns: Vec<Campaign>,
    chance: StdRng,
    made: u64,
}

impl Incoming {
    pub async fn new(options: &PgConnectOptions, kind: Kind) -> Self {
        let mut connection = as_account(options).await;
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(kind.leads())
            .bind(TENANT)
            .fetch_all(&mut connection)
            .await
            .expect("leads");
        let campaigns = rows
            .into_iter()
            .map(|(id, first_lead, last_lead)| Campaign {
                id,
                first_lead,
                last_lead,
            });
        Self {
            kind,
            campaigns: campaigns.collect(),
            chance: StdRng::seed_from_u64(7),
            made: 0,
        }
    }

    /// `count` lines in time order, spread over a period after the end of the data. Half belong to the largest campaign.
    pub fn lines(&mut self, count: usize, over: TimeDelta) -> String {
        let mut lines = String::new();
        let step = over / i32::try_from(count).expect("a few");
        for number in 0..count {
            let at = end() + step * i32::try_from(number).expect("a few");
            self.line(&mut lines, at);
        }
        lines
    }

    fn line(&mut self, lines: &mut String, at: DateTime<Utc>) {
        self.made += 1;
        let chance = &mut self.chance;
        let largest = chance.random_range(0..2) == 0;
        let campaign = &self.campaigns[if largest {
            0
        } else {
            chance.random_range(0..self.campaigns.len())
        }];
        let lead = chance.random_range(campaign.first_lead..=campaign.last_lead);
        let (uuid, id) = (
            uuid::Builder::from_random_bytes(chance.random()).into_uuid(),
            campaign.id,
        );
        let cid = 84_283_800_001 + u64::from(chance.random_range(0..CALLER_IDS));
        let agent = 1 + lead % AGENTS;
        let (started, ended) = (text(at), text(at + TimeDelta::seconds(75)));
        let (result, seconds) = match chance.random_range(0..10) {
            0..3 => ("answered", chance.random_range(5..300)),
            3..7 => ("no_answer", 0),
            7..9 => ("busy", 0),
            _ => ("failed", 0),
        };
        let answered = seconds > 0;
        let cause = if answered {
            "NORMAL_CLEARING"
        } else {
            "NO_ANSWER"
        };
        let known = match self.kind {
            Kind::Attempt => {
                let menu = if answered {
                    format!(
                        r#""dtmf":"1","script_path":["intro","menu_{}","press_1"],"transfer":"connected","agent_id":{agent},"agent_disposition":"interested","outcome":"agreed","sentiment":0.61,"#,
                        lead % 3
                    )
                } else {
                    String::new()
                };
                format!(
                    r#""kind":"autocall_attempt","attempt_number":{},"billsec":{seconds},"provider":"viettel","caller_id":"{cid}",{menu}"#,
                    1 + lead % 3
                )
            }
            Kind::Call => {
                let disposition = if answered {
                    r#""disposition":"interested","#
                } else {
                    ""
                };
                format!(
                    r#""kind":"telesales_call","agent_id":{agent},"cid":"{cid}","talk_sec":{seconds},"wrap_sec":{},{disposition}"#,
                    seconds / 10
                )
            }
        };
        let _ = writeln!(
            lines,
            r#"{{{known}"uuid":"{uuid}","campaign_id":{id},"lead_id":{lead},"started_at":"{started}","ended_at":"{ended}","result":"{result}","hangup_cause":"{cause}"}}"#
        );
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Stores lines like an ingest request.
pub async fn store(db: &Database, lines: &str) {
    let target = Target {
        tenant: TENANT,
        locale: Locale {
            zone: callboard::time::Zone::UTC,
            country_code: 84,
        },
        atomic: false,
        events: false,
    };
    let tally = ingest(db, target, Body::Lines(lines.as_bytes()), |_| ())
        .await
        .expect("stored");
    assert_eq!(tally.rejected, 0, "{:?}", tally.errors.first());
}

/// A connection for the tenant, like that of a user's own SQL.
pub async fn as_account(options: &PgConnectOptions) -> PgConnection {
    let tenant = TENANT.to_string();
    connect(&options.clone().options([
        ("callboard.tenant", tenant.as_str()),
        ("synchronous_commit", "off"),
    ]))
    .await
}
