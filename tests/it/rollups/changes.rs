//! Changes one at a time, before and after compaction.

use callboard::rollups::compact;

use super::{compare_with_raw, size};
use crate::support::{TENANT, TestApp, world};

/// Plain SQL statements on stored rows, each in a transaction of its own.
const CHANGES: &[&str] = &[
    "update autocall_attempts set started_at = started_at + interval '1 day 7 minutes' where right(uuid, 1) = '3'",
    "update autocall_attempts set result = 'answered', billsec = billsec + 7, dtmf = '2' where right(uuid, 1) = '4'",
    "update autocall_attempts set lead_id = lead_id % 7 + 1, campaign_id = campaign_id % 4 + 1 where right(uuid, 1) = '5'",
    "delete from autocall_attempts where right(uuid, 1) = '6'",
    "update autocall_attempts set ended_at = now()",
    "update telesales_calls set started_at = started_at - interval '3 hours' where right(uuid, 1) = '1'",
    "update telesales_calls set lead_id = lead_id % 5 + 1, campaign_id = campaign_id % 4 + 1 where right(uuid, 1) = '2'",
    "update telesales_calls set agent_id = null, cid = null, disposition = null where right(uuid, 1) = '3'",
    "delete from telesales_calls where right(uuid, 1) = '7'",
    "update telesales_leads set created_at = created_at + interval '2 days', source = 'moved' where id % 3 = 0",
    "update telesales_leads set campaign_id = campaign_id % 4 + 1 where id % 4 = 0",
    "update telesales_leads set full_name = 'nobody'",
    "delete from telesales_leads where id % 11 = 0",
    "update autocall_leads set campaign_id = campaign_id % 4 + 1, created_at = '1969-12-31 23:59:59Z' where id % 5 = 0",
    "update autocall_leads set status = case status when 'completed' then 'retry' else 'completed' end where id % 3 = 1",
    "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, disposition)
     select 1, 'plain-' || n, 1 + n % 3, n, 900 + n % 3, '09000000001', '2026-06-12Z'::timestamptz + n * interval '17 minutes', 'answered', n, 'sale'
     from generate_series(1, 60) n",
    "update dispositions set is_conversion = not is_conversion where code in ('sale', 'no')",
    "update autocall_scripts set dtmf_actions = '[{\"digit\": \"9\", \"label\": \"x\", \"action_type\": \"hangup\"}]' where id = 1",
    "update autocall_campaigns set script_id = 1 where id = 1",
    "update tenants set settings = settings || '{\"short_call_sec\": \"31\"}'",
];

#[tokio::test(flavor = "multi_thread")]
async fn roll_ups_equal_raw_rows_after_every_kind_of_change() {
    let app = TestApp::new().await;
    let lines = world::random(11, size(600, 600));
    let (first, second) = lines.split_at(lines.len() * 2 / 3);
    app.ingest(first).await;
    compare_with_raw(&app, TENANT, 1, 60, "all in the journal").await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    compare_with_raw(&app, TENANT, 2, 60, "compacted").await;
    app.ingest(second).await;
    compare_with_raw(&app, TENANT, 3, 60, "more came").await;
    for (number, change) in (0_u64..).zip(CHANGES) {
        app.execute(TENANT, change).await;
        compare_with_raw(&app, TENANT, 10 + number, 20, &format!("after {change}")).await;
        if number % 2 == 0 {
            compact::compact_until_idle(&app.app.db)
                .await
                .expect("compacted");
            compare_with_raw(
                &app,
                TENANT,
                100 + number,
                20,
                &format!("compacted after {change}"),
            )
            .await;
        }
    }
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    compare_with_raw(&app, TENANT, 4, 100, "in the end").await;
}
