//! Random statements of the storm's writers.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// A writer's random numbers.
pub struct Dice(StdRng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub fn below(&mut self, end: i64) -> i64 {
        self.0.random_range(0..end)
    }

    pub fn one_in(&mut self, many: u32) -> bool {
        self.0.random_ratio(1, many)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.choose(&mut self.0).expect("some")
    }

    /// One of the statements with its placeholders filled: `{some}` a condition on `uuid` that
    /// matches one row in a hundred, `{few}` the same on `id`, `{at}` an instant, `{n}` a number,
    /// `{digit}` a digit, `{campaign}` and `{lead}` ids.
    pub fn statement(&mut self, all: &[&str]) -> String {
        let mut sql = self.of(all).to_owned();
        for (name, value) in [
            (
                "{some}",
                format!("abs(hashtext(uuid)) % 101 = {}", self.below(101)),
            ),
            ("{few}", format!("id % 29 = {}", self.below(29))),
            (
                "{at}",
                format!(
                    "'2026-06-01Z'::timestamptz + interval '1 second' * {}",
                    self.below(28 * 86_400)
                ),
            ),
            ("{n}", self.below(1_000).to_string()),
            ("{digit}", self.below(10).to_string()),
            ("{campaign}", (1 + self.below(4)).to_string()),
            ("{lead}", (1 + self.below(80)).to_string()),
        ] {
            sql = sql.replace(name, &value);
        }
        sql.replace("{account}", "current_setting('callboard.tenant')::bigint")
    }
}

/// Upserts of single rows.
pub const SINGLE: &[&str] = &[
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
     values ({account}, 'single-{n}', {campaign}, {lead}, 1, {at})
     on conflict (tenant_id, uuid) do update set result = 'answered', billsec = {n}, dtmf = '{digit}', transfer = 'queued'",
    "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, talk_sec)
     values ({account}, 'single-{n}', {campaign}, {lead}, 1 + {digit}, '0900000000{digit}', {at}, {n})
     on conflict (tenant_id, uuid) do update set result = 'answered', wrap_sec = {n}, disposition = 'sale'",
    "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
     values ({account}, 1000 + {n}, {campaign}, '1', '1', 'single', {at}) on conflict do nothing",
    "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
     values ({account}, {lead}, {campaign}, '1', '1', 'again {digit}', {at})
     on conflict (tenant_id, id) do update set source = excluded.source",
    "insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
     values ({account}, 1000 + {n}, {campaign}, '1', '1', {at}) on conflict do nothing",
];

/// Corrections of earlier rows.
pub const CORRECTIONS: &[&str] = &[
    "update autocall_attempts set started_at = started_at + interval '1 day 7 minutes' where {some}",
    "update autocall_attempts set started_at = {at} where {some}",
    "update autocall_attempts set campaign_id = {campaign}, lead_id = {lead} where {some}",
    "update autocall_attempts set result = 'answered', billsec = {n}, dtmf = '12{digit}', agent_disposition = 'sold' where {some}",
    "update autocall_attempts set result = null, hangup_cause = 'CAUSE_{digit}', script_path = '{a,b{digit}}' where {some}",
    "update autocall_attempts set provider = nullif('carrier {digit}', 'carrier 0'), outcome = 'outcome {digit}' where {some}",
    "update autocall_attempts set outcome = null, attempt_number = 1 + {digit}, sentiment = {n} / 1000.0 where {some}",
    "update telesales_calls set started_at = started_at - interval '26 hours' where {some}",
    "update telesales_calls set campaign_id = {campaign}, lead_id = {lead}, agent_id = 1 + {digit} where {some}",
    "update telesales_calls set result = 'abandoned', talk_sec = {n} where {some}",
    "update telesales_calls set agent_id = null, cid = null, disposition = null where {some}",
    "update telesales_calls set result = 'blocked' where {some}",
    "update telesales_leads set campaign_id = {campaign} where {few}",
    "update telesales_leads set created_at = {at}, source = 'source {digit}' where {few}",
    "update telesales_leads set source = nullif('source {digit}', 'source 0') where {few}",
    "update telesales_leads set source = repeat('Ö', 250 + {digit}) where {few}",
    "update autocall_leads set campaign_id = {campaign}, created_at = {at} where {few}",
    "update autocall_leads set created_at = '1969-12-31 23:45:00Z' where {few}",
    "update autocall_leads set status = case when {digit} < 5 then 'retry' else 'failed' end where {few}",
];

pub const DELETIONS: &[&str] = &[
    "delete from autocall_attempts where {some}",
    "delete from telesales_calls where {some}",
    "delete from telesales_calls where uuid like 'many-{digit}%'",
    "delete from autocall_attempts where uuid like 'many-{digit}%'",
    "delete from telesales_leads where {few}",
    "delete from autocall_leads where {few}",
];

/// Bulk writes, several statements in one, and writes that change nothing.
pub const PLAIN: &[&str] = &[
    "update autocall_attempts set billsec = billsec + 1, ended_at = now()",
    "update telesales_calls set wrap_sec = wrap_sec + 1 where campaign_id = {campaign}",
    "update telesales_calls set answered_at = now()",
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec, dtmf)
     select {account}, 'many-{digit}' || n, 1 + n % 4, n, n, {at} + n * interval '11 minutes', 'answered', n, (n % 10)::text
     from generate_series(1, 30) n on conflict (tenant_id, uuid) do update set started_at = excluded.started_at, result = 'busy'",
    "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, disposition)
     select {account}, 'many-{digit}' || n, 1 + n % 4, n, 1 + n % 12, '09000000001', {at} + n * interval '7 minutes', 'answered', n, 'no'
     from generate_series(1, 30) n on conflict (tenant_id, uuid) do update set started_at = excluded.started_at, result = 'busy'",
    "merge into telesales_calls c using (select 'many-{digit}' || n as uuid, n from generate_series(20, 40) n) m
         on c.tenant_id = {account} and c.uuid = m.uuid
     when matched and n % 3 = 0 then delete
     when matched then update set talk_sec = n, lead_id = {lead}
     when not matched then insert (tenant_id, uuid, campaign_id, lead_id, started_at) values ({account}, m.uuid, {campaign}, n, {at})",
    "with gone as (delete from telesales_calls where {some} returning uuid, lead_id)
     insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at, result)
     select {account}, uuid || '+', {campaign}, lead_id, {at}, 'answered' from gone where length(uuid) < 60
     on conflict do nothing",
    "update telesales_calls c set started_at = l.created_at from telesales_leads l
     where l.tenant_id = c.tenant_id and l.id = c.lead_id and c.started_at < l.created_at and l.created_at > '1980-01-01Z' and l.id % 10 = {digit}",
];

/// Changes of the terms that roll-ups are counted by.
pub const TERMS: &[&str] = &[
    "update dispositions set is_conversion = not is_conversion where code in ('sale', 'no')",
    "insert into dispositions (tenant_id, code, label, category, color, is_conversion)
     values ({account}, 'later', 'L', 'contact', '#000000', true) on conflict (tenant_id, code) do update set is_conversion = not dispositions.is_conversion",
    "update autocall_scripts set dtmf_actions = '[{\"digit\": \"{digit}\", \"label\": \"x\", \"action_type\": \"hangup\"}]' where id = 1",
    "update autocall_scripts set dtmf_actions = '[]' where id = 1",
    "update autocall_campaigns set script_id = 1 where id = {campaign}",
    "update autocall_campaigns set script_id = nullif({digit} % 3, 0) where id = {campaign}",
    "update tenants set settings = jsonb_build_object('short_call_sec', '{digit}')",
];
