//! Roll-ups that are built in parts: goes on where it was broken off, and is exact whatever is written meanwhile.

use std::time::Duration;

use callboard::rollups::compact::{self, Done};
use callboard::rollups::{Module, Progress};
use serde_json::Value;

use super::chains::incremental_equals_rebuilt;
use super::statements::{CORRECTIONS, DELETIONS, Dice, PLAIN, SINGLE, TERMS};
use super::{assert_roll_ups_equal_raw_rows, compare_with_raw, size};
use crate::support::{TENANT, TestApp, world};

/// Calls of a slice, of about six hundred in four weeks.
const SLICE: i64 = 90;

async fn filled(seed: u64) -> TestApp {
    let app = TestApp::new().await;
    app.ingest(&world::random(seed, size(600, 600))).await;
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
    app
}

async fn mark(app: &TestApp, module: Module) {
    compact::mark_stale(&app.app.db, TENANT, module, None)
        .await
        .expect("marked");
}

/// One transaction of a rebuild.
async fn turn(app: &TestApp, module: Module) -> Done {
    compact::turn(&app.app.db, TENANT, module, SLICE)
        .await
        .expect("a part")
}

async fn built(app: &TestApp, module: Module) {
    while turn(app, module).await == Done::Building {}
}

async fn progress(app: &TestApp, module: Module) -> Option<Progress> {
    let progress = compact::progress(&app.app.db, TENANT, module).await;
    progress.expect("the progress")
}

/// Rows of a table by their place and the transaction that wrote them.
async fn versions(app: &TestApp, table: &str) -> Vec<Value> {
    let sql =
        format!("select to_jsonb(ctid::text || ' ' || xmin::text) from {table} order by ctid");
    app.query(TENANT, &sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_goes_on_where_it_was_broken_off() {
    let app = filled(91).await;
    for (module, table) in [
        (Module::Autocall, "autocall_outcomes"),
        (Module::Telesales, "telesales_dispositions"),
    ] {
        mark(&app, module).await;
        let (mut before, mut parts) = (0, 0);
        let mut kept: Vec<Value> = Vec::new();
        loop {
            // A server that dies in the middle of a transaction, here and there.
            for patience in [0, 1, 3, 9] {
                let dies = tokio::time::timeout(
                    Duration::from_millis(patience),
                    compact::turn(&app.app.db, TENANT, module, SLICE),
                );
                drop(dies.await);
            }
            let done = match turn(&app, module).await {
                // The transaction of the dead one is still being undone.
                Done::Nothing => continue,
                done => done,
            };
            let now = versions(&app, table).await;
            assert!(
                kept.iter().all(|row| now.contains(row)),
                "{table}: what was built is built again"
            );
            kept = now;
            if done != Done::Building {
                assert_eq!(done, Done::Rebuilt);
                break;
            }
            let progress = progress(&app, module).await.expect("under way");
            assert!(progress.done >= before && progress.calls >= 600);
            (before, parts) = (progress.done, parts + 1);
            let (_, stale) = compare_with_raw(&app, TENANT, parts, 4, "under way").await;
            assert!(stale > 0, "half of the sums is not read");
        }
        assert!(before >= 600 && parts > 3, "{before} in {parts} parts");
        assert_eq!(progress(&app, module).await, None);
    }
    assert_roll_ups_equal_raw_rows(&app, TENANT, 1, "built").await;
    incremental_equals_rebuilt(&app, "in parts and at once").await;
}

/// Changes between two parts, each in a transaction of its own.
const CHANGES: &[&str] = &[
    // Into slices that are done, and into others.
    "update autocall_attempts set started_at = '2026-06-02 10:00Z' where hashtext(uuid) % 7 = 0;
     update telesales_calls set started_at = '2026-06-02 10:00Z' where hashtext(uuid) % 7 = 0",
    "update autocall_attempts set started_at = '2026-06-27 10:00Z' where hashtext(uuid) % 7 = 1;
     update telesales_calls set started_at = '2026-06-27 10:00Z' where hashtext(uuid) % 7 = 1",
    "update autocall_attempts set started_at = '2026-06-29Z'::timestamptz - (started_at - '2026-06-01Z') where hashtext(uuid) % 5 = 1;
     update telesales_calls set started_at = '2026-06-29Z'::timestamptz - (started_at - '2026-06-01Z') where hashtext(uuid) % 5 = 1",
    "update autocall_attempts set lead_id = lead_id % 7 + 1, campaign_id = campaign_id % 4 + 1 where hashtext(uuid) % 5 = 2;
     update telesales_calls set lead_id = lead_id % 7 + 1, campaign_id = campaign_id % 4 + 1 where hashtext(uuid) % 5 = 2",
    "delete from autocall_attempts where hashtext(uuid) % 11 = 3; delete from telesales_calls where hashtext(uuid) % 11 = 3",
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result)
     select 1, 'built-' || n, 1 + n % 4, n, 1, '2026-05-30Z'::timestamptz + n * interval '13 hours', null from generate_series(1, 60) n
     on conflict (tenant_id, uuid) do update set result = 'answered', dtmf = '1';
     insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec, disposition)
     select 1, 'built-' || n, 1 + n % 4, n, 1, '2026-05-30Z'::timestamptz + n * interval '13 hours', 'answered', n, 'sale' from generate_series(1, 60) n
     on conflict (tenant_id, uuid) do update set result = 'blocked'",
    // Sums by the source of a lead follow it.
    "update telesales_leads set source = 'moved' where id % 3 = 0",
    "update telesales_leads set source = 'back', created_at = created_at + interval '9 days' where id % 4 = 0",
    "update telesales_leads set source = 'once'; update telesales_leads set source = 'twice' where id % 2 = 0",
    "delete from telesales_leads where id % 5 = 0; delete from autocall_leads where id % 5 = 0",
    "insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
     select 1, n, 1 + n % 4, '1', '1', 'again', '2026-06-10Z' from generate_series(1, 80) n on conflict do nothing;
     insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
     select 1, n, 1 + n % 4, '1', '1', '2026-06-10Z' from generate_series(1, 80) n on conflict do nothing",
    "update autocall_leads set status = case status when 'completed' then 'retry' else 'completed' end where id % 3 = 1",
    "update autocall_leads set campaign_id = campaign_id % 4 + 1, created_at = '2026-06-20Z' where id % 4 = 1",
    // Of all calls and of some campaigns.
    "update dispositions set is_conversion = not is_conversion where code in ('sale', 'no')",
    "update tenants set settings = settings || '{\"short_call_sec\": \"31\"}'",
    "update autocall_campaigns set script_id = case when script_id is null then 1 end where id = 1",
    "update autocall_scripts set dtmf_actions = '[{\"digit\": \"1\", \"label\": \"x\", \"action_type\": \"hangup\"}]' where id = 1",
    "insert into rollup_stale (tenant_id, module) values (1, 'autocall'), (1, 'telesales')",
    "insert into rollup_stale (tenant_id, module, campaign_id) values (1, 'autocall', 2), (1, 'telesales', 2)",
    // What is left of the calls is in the journal.
    "truncate telesales_calls, autocall_attempts;
     insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec, disposition)
     select 1, 'after-' || n, 1 + n % 4, n, 1, '2026-06-01Z'::timestamptz + n * interval '50 minutes', 'answered', n, 'sale' from generate_series(1, 600) n;
     insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result)
     select 1, 'after-' || n, 1 + n % 4, n, 1, '2026-06-01Z'::timestamptz + n * interval '50 minutes', 'answered' from generate_series(1, 600) n",
    "truncate telesales_leads, autocall_leads cascade;
     insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, source, created_at)
     select 1, n, 1 + n % 4, '1', '1', 'other', '2026-06-11Z' from generate_series(1, 60) n;
     insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
     select 1, n, 1 + n % 4, '1', '1', '2026-06-11Z' from generate_series(1, 60) n",
];

/// Each change between any two parts.
#[tokio::test(flavor = "multi_thread")]
async fn every_change_between_two_parts_is_counted_once() {
    let app = filled(92).await;
    for (number, change) in (0_u64..).zip(CHANGES) {
        for parts in [1, 5, 8] {
            for module in Module::ALL {
                mark(&app, module).await;
                for _ in 0..parts {
                    turn(&app, module).await;
                }
            }
            app.execute(TENANT, change).await;
            let when = format!("{parts} parts, then {change}");
            compare_with_raw(&app, TENANT, number, 4, &when).await;
            for module in Module::ALL {
                built(&app, module).await;
            }
            compact::compact_until_idle(&app.app.db)
                .await
                .expect("compacted");
            assert_roll_ups_equal_raw_rows(&app, TENANT, number, &when).await;
        }
        incremental_equals_rebuilt(&app, change).await;
    }
}

/// The same for each zone of the account.
macro_rules! rebuilds_under_random_writes_end_exact {
    ($($name:ident: $zone:literal, $seed:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                under_random_writes($zone, $seed).await;
            }
        )*
    };
}
rebuilds_under_random_writes_end_exact! {
    rebuilds_under_random_writes_end_exact_in_utc: "UTC", 93;
    rebuilds_under_random_writes_end_exact_in_kathmandu: "Asia/Kathmandu", 94;
    rebuilds_under_random_writes_end_exact_in_newfoundland: "America/St_Johns", 95;
    rebuilds_under_random_writes_end_exact_in_vietnam: "Asia/Ho_Chi_Minh", 96;
}

async fn under_random_writes(zone: &str, seed: u64) {
    let app = filled(seed).await;
    let sql = format!("update tenants set timezone = '{zone}'");
    app.execute(TENANT, &sql).await;
    let mut dice = Dice::new(seed);
    for round in 0..4 {
        for module in Module::ALL {
            mark(&app, module).await;
        }
        let mut turns = 0;
        // Some of the changes begin a rebuild anew.
        for _ in 0..24 {
            for module in Module::ALL {
                turns += u32::from(turn(&app, module).await == Done::Building);
            }
            for all in [SINGLE, CORRECTIONS, PLAIN, DELETIONS] {
                app.execute(TENANT, &dice.statement(all)).await;
            }
            if dice.one_in(12) {
                app.execute(TENANT, &dice.statement(TERMS)).await;
            }
        }
        assert!(turns > 5, "{turns} parts");
        compare_with_raw(&app, TENANT, seed + round, 10, "under way").await;
        for module in Module::ALL {
            built(&app, module).await;
        }
        compact::compact_until_idle(&app.app.db)
            .await
            .expect("compacted");
        let when = format!("round {round}");
        assert_roll_ups_equal_raw_rows(&app, TENANT, seed + round, &when).await;
        incremental_equals_rebuilt(&app, &when).await;
    }
}
