//! Somebody's own SQL: whatever it does to the rows, and whoever runs it, reports follow.

use callboard::auth::Tenant;
use callboard::reports;
use callboard::reports::verify::{Comparison, Question};
use callboard::rollups::compact;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::{all_alike, size};
use crate::support::database::{self, execute, uuid};
use crate::support::{NOW, TENANT, TestApp, world};

const NEIGHBOUR: i64 = 2;

async fn filled(seed: u64) -> TestApp {
    let app = TestApp::new().await;
    app.ingest(&world::random(seed, size(300, 300))).await;
    compact::settle(&app.app.db).await.expect("compacted");
    app
}

/// Before the compactor has seen it, and after.
async fn alike_before_and_after(app: &TestApp, tenant: i64, when: &str) {
    all_alike(app, tenant, 1, &format!("{when}, in the journal")).await;
    compact::settle(&app.app.db).await.expect("compacted");
    all_alike(app, tenant, 2, &format!("{when}, compacted")).await;
}

/// A connection to the server's database as its superuser, who passes by every guard.
async fn superuser(app: &TestApp) -> Option<PgConnection> {
    let options = database::as_superuser(app.app.db.unscoped().connect_options().as_ref()).await?;
    Some(PgConnection::connect_with(&options).await.expect("a connection"))
}

async fn run(connection: &mut PgConnection, sql: &str) {
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

const OF_A_GUEST: &[&str] = &[
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result)
     select 1, 'guest-' || n, 1 + n % 4, n, 1, '2026-06-09Z'::timestamptz + n * interval '13 minutes', 'answered' from generate_series(1, 90) n",
    "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
     select 1, 'guest-' || n, 2, n, 1, '2026-06-20Z' from generate_series(60, 120) n
     on conflict (tenant_id, uuid) do update set started_at = excluded.started_at, dtmf = '7'",
    "merge into telesales_calls c using (select 'call-' || n as uuid, n from generate_series(1, 400) n) m on c.tenant_id = 1 and c.uuid = m.uuid
     when matched and n % 5 = 0 then delete when matched and n % 5 = 1 then update set talk_sec = n, agent_id = n % 12, campaign_id = 3
     when not matched then insert (tenant_id, uuid, campaign_id, lead_id, started_at, result) values (1, m.uuid, 2, n, '2026-06-11 12:00Z', 'answered')",
    "update telesales_calls c set started_at = m.at, disposition = 'sale'
     from (select 'call-' || n as uuid, '2026-06-13Z'::timestamptz + n * interval '1 hour' as at from generate_series(1, 50) n) m where m.uuid = c.uuid",
    "with gone as (delete from telesales_calls where talk_sec = 31 returning *),
          first as (insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at) select 1, 'a' || uuid, 1, lead_id, started_at from gone),
          second as (update telesales_calls set wrap_sec = 1 where talk_sec = 8)
     insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, started_at) select 1, 'b' || uuid, 2, lead_id, started_at from gone",
    "update telesales_calls set uuid = 'renamed-' || uuid where talk_sec = 9",
    "do $$ begin
         for n in 1..20 loop
             begin
                 update telesales_calls set started_at = started_at + interval '1 day' where uuid = 'call-' || n;
                 if n % 2 = 0 then raise exception 'never mind'; end if;
             exception when raise_exception then null;
             end;
         end loop;
     end $$",
    "delete from autocall_attempts where billsec % 3 = 0",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_role_with_no_rights_but_on_the_two_public_tables_is_counted() {
    let app = filled(31).await;
    let Some(mut superuser) = superuser(&app).await else { return };
    let role = format!("guest_{}", uuid());
    run(&mut superuser, &format!("create role {role} login nosuperuser")).await;
    let rights = "grant select, insert, update, delete on autocall_attempts, telesales_calls to";
    run(&mut superuser, &format!("{rights} {role}")).await;
    let options = app.app.db.unscoped().connect_options().as_ref().clone().username(&role);
    let mut guest = PgConnection::connect_with(&options).await.expect("a connection");
    run(&mut guest, "set callboard.tenant = '1'").await;
    for sql in OF_A_GUEST {
        run(&mut guest, sql).await;
        all_alike(&app, TENANT, 3, sql).await;
    }
    let columns = "(tenant_id, uuid, campaign_id, lead_id, started_at, result)";
    let copied: String =
        (0..200).map(|n| format!("1\tcopy-{n}\t2\t{n}\t2026-06-1{} 10:00Z\tanswered\n", n % 9)).collect();
    // Postgres copies into a guarded table for those only whom the guard does not hold.
    let mut copy = superuser.copy_in_raw(&format!("copy telesales_calls {columns} from stdin")).await.expect("a copy");
    copy.send(copied.into_bytes()).await.expect("sent");
    assert_eq!(copy.finish().await.expect("copied"), 200);
    alike_before_and_after(&app, TENANT, "as a guest").await;
    assert!(guest.execute("select from autocall_attempts_journal").await.is_err(), "the journal is not a guest's");
    drop(guest);
    run(&mut superuser, &format!("drop owned by {role}; drop role {role}")).await;
}

/// Triggers run with their owner's rights: put on a table of one's own they would write anything into anybody's
/// journal.
#[tokio::test(flavor = "multi_thread")]
async fn the_triggers_functions_are_nobodys_to_use() {
    let app = TestApp::new().await;
    let Some(mut superuser) = superuser(&app).await else { return };
    let role = format!("forger_{}", uuid());
    run(
        &mut superuser,
        &format!(
            "create role {role} login nosuperuser; grant temp on database {} to {role}",
            app.app.db.unscoped().connect_options().get_database().expect("a name")
        ),
    )
    .await;
    let options = app.app.db.unscoped().connect_options().as_ref().clone().username(&role);
    let mut forger = PgConnection::connect_with(&options).await.expect("a connection");
    run(&mut forger, "create temp table mine (tenant_id bigint, started_at timestamptz)").await;
    let functions: Vec<String> = sqlx::query_scalar(
        "select oid::regproc::text from pg_proc where prosecdef and prorettype = 'trigger'::regtype order by 1",
    )
    .fetch_all(&mut superuser)
    .await
    .expect("functions");
    assert!(functions.len() > 15, "{functions:?}");
    for function in functions {
        let sql = format!("create trigger forged after insert on mine for each row execute function {function}()");
        let refused = forger.execute(AssertSqlSafe(sql)).await.expect_err(&function);
        assert!(refused.to_string().contains("permission denied"), "{function}: {refused}");
    }
    drop(forger);
    run(&mut superuser, &format!("drop owned by {role}; drop role {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superuser_who_acts_for_no_account_and_moves_rows_between_two_is_counted() {
    let app = filled(32).await;
    let token = app.account(NEIGHBOUR).await;
    app.ingest_as(&token, &world::random(33, size(100, 100))).await;
    compact::settle(&app.app.db).await.expect("compacted");
    let Some(mut superuser) = superuser(&app).await else { return };
    for sql in [
        "update autocall_attempts set tenant_id = 3 - tenant_id, uuid = 'moved-' || uuid where billsec % 4 = 0",
        "update telesales_calls set tenant_id = 3 - tenant_id, uuid = 'moved-' || uuid, campaign_id = 2 where wrap_sec % 4 = 0",
        "update telesales_leads set tenant_id = 3 - tenant_id, id = id + 5000 where id % 7 = 0",
        "update autocall_leads set tenant_id = 3 - tenant_id, id = id + 5000, created_at = created_at - interval '1 day' where id % 7 = 0",
        "update telesales_calls set talk_sec = talk_sec + 1",
        "delete from autocall_attempts where billsec % 5 = 0",
    ] {
        run(&mut superuser, sql).await;
        for tenant in [TENANT, NEIGHBOUR] {
            alike_before_and_after(&app, tenant, sql).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_refer_to_nothing_stored_are_counted() {
    let app = filled(34).await;
    app.execute(
        TENANT,
        "insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, disposition)
         select 1, 'lost-' || n, (array[1, 77, 0, -1])[1 + n % 4], -n, (array[0, -5, 999, null])[1 + n % 4], 'none', '2026-06-12Z'::timestamptz + n * interval '1 hour',
                'answered', n, 'never heard of' from generate_series(1, 80) n;
         insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, dtmf)
         select 1, 'lost-' || n, (array[1, 77, 0, -1])[1 + n % 4], -n, 1, '2026-06-12Z'::timestamptz + n * interval '1 hour', 'answered', '1' from generate_series(1, 80) n",
    )
    .await;
    alike_before_and_after(&app, TENANT, "with rows of nobody").await;
    // They come to be somebody's.
    app.ingest(&[
        json!({"kind": "disposition", "code": "never heard of", "label": "L", "category": "contact", "color": "#000000", "is_conversion": true}),
        json!({"kind": "autocall_script", "id": 7, "name": "S", "dtmf_actions": [{"digit": "2", "label": "L", "action_type": "hangup"}]}),
        json!({"kind": "autocall_campaign", "id": 77, "name": "C", "script_id": 7}),
        json!({"kind": "autocall_campaign", "id": 0, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": 77, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": 0, "name": "C"}),
        json!({"kind": "telesales_campaign", "id": -1, "name": "C"}),
        json!({"kind": "agent", "id": 0, "name": "A", "username": "a"}),
        json!({"kind": "agent", "id": -5, "name": "A", "username": "b"}),
    ])
    .await;
    compact::settle(&app.app.db).await.expect("compacted");
    all_alike(&app, TENANT, 5, "when they are somebody's").await;
}

/// In a statement of its own, where the ends of windows are said.
async fn alike_in(app: &TestApp, name: &str, path_id: Option<i64>, query: &str) {
    let report = reports::ALL.iter().find(|report| report.path().ends_with(name)).expect("a report");
    let mut scope = app.app.db.read(TENANT).await.expect("a scope");
    let account = Tenant::load(&mut scope).await.expect("the account");
    let question = Question { report, path_id, query: query.into(), now: NOW.parse().expect("an instant") };
    match question.compare(&mut scope, &account).await.expect("both answers") {
        Comparison::Same => {}
        other => panic!("{name}?{query}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_of_any_time_at_all_are_counted() {
    let app = filled(35).await;
    for table in ["autocall_leads", "telesales_leads"] {
        app.execute(
            TENANT,
            &format!(
                "insert into {table} (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
                 select 1, 9000 + row_number() over (), 1, '1', '1', at
                 from unnest('{{1969-12-31 23:59:59.999999Z, 1969-12-31 23:45Z, 1969-12-31 23:44:59Z, 1960-02-29 00:00Z, 1900-01-01 00:15Z,
                               0001-01-01 00:00Z, 0001-01-01 12:00Z BC, 4714-11-24 00:00Z BC, -infinity, infinity, 9999-12-31 23:59:59Z, 60000-01-01 00:00Z,
                               294276-12-31 23:59:59Z}}'::timestamptz[]) at"
            ),
        )
        .await;
    }
    for when in ["in the journal", "compacted"] {
        all_alike(&app, TENANT, 6, when).await;
        for (from, to) in [
            ("1969-12-31T23:45:00Z", "1970-01-01T00:00:00Z"),
            ("1969-12-31T20:00:00Z", "1969-12-31T23:45:00Z"),
            ("1960-02-28T22:10:00Z", "1960-02-29T00:00:00Z"),
            ("1960-02-29T00:00:00Z", "1960-03-12T03:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-09T00:00:00Z"),
            ("9999-12-01", "9999-12-31"),
        ] {
            alike_in(&app, "campaigns/{id}/reports/funnel", Some(1), &format!("from={from}&to={to}")).await;
            alike_in(&app, "telesales/reports/funnel", None, &format!("date_from={from}&date_to={to}")).await;
            let query = format!("date_from={from}&date_to={to}&timezone=Asia/Kolkata&campaign_id=1");
            alike_in(&app, "lead-source-attribution", None, &query).await;
            alike_in(&app, "telesales/reports/funnel", None, &query).await;
        }
        compact::settle(&app.app.db).await.expect("compacted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_of_the_longest_calls_in_one_statement_overflow_nothing() {
    let app = TestApp::new().await;
    app.ingest(&[
        json!({"kind": "autocall_campaign", "id": 1, "name": "C", "created_at": "2026-06-01T00:00:00Z"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "C"}),
        json!({"kind": "agent", "id": 1, "name": "A", "username": "a"}),
        json!({"kind": "caller_id", "cid": "1", "carrier": "other", "cli_type": "mobile"}),
    ])
    .await;
    app.execute(
        TENANT,
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result, billsec)
         select 1, n::text, 1, n, 1, '2026-06-02 10:05Z', 'answered', 2147483647 from generate_series(1, 100000) n;
         insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, cid, started_at, result, talk_sec, wrap_sec)
         select 1, n::text, 1, n, 1, '1', '2026-06-02 10:05Z', 'answered', 2147483647, 2147483647 from generate_series(1, 20000) n",
    )
    .await;
    for when in ["in the journal", "compacted", "written again", "rebuilt"] {
        let kpis = app.data("/api/autocall/campaigns/1/reports/kpis?from=2026-06-01&to=2026-06-03").await;
        assert_eq!(kpis["total_talk_time_sec"], 214_748_364_700_000_i64, "{when}");
        for query in
            ["date_from=2026-06-01&date_to=2026-06-03", "date_from=2026-06-02T10:01:00Z&date_to=2026-06-02T10:07:00Z"]
        {
            for report in ["dashboard", "agent-performance", "caller-id-health", "time-series"] {
                alike_in(&app, report, None, query).await;
            }
        }
        if when == "compacted" {
            app.execute(TENANT, "update telesales_calls set wrap_sec = 2147483646").await;
        } else if when == "written again" {
            for module in callboard::rollups::Module::ALL {
                compact::distrust(&app.app.db, TENANT, module, None).await.expect("noted");
            }
        }
        compact::settle(&app.app.db).await.expect("compacted");
    }
}

/// A text that no index can hold whole.
#[tokio::test(flavor = "multi_thread")]
async fn texts_of_any_length_are_counted() {
    let app = filled(36).await;
    // Nothing that compresses, and alike to its last letter.
    let noise: String = (0..400).map(|_| uuid()).collect();
    let lines = (0..12).map(|n| {
        let text = format!("{noise}{}", n % 3);
        json!({"kind": "autocall_attempt", "uuid": format!("long-{n}"), "campaign_id": 1, "lead_id": 1, "attempt_number": 1,
            "started_at": format!("2026-06-1{}T10:00:00Z", n % 4), "result": "answered", "hangup_cause": text, "script_path": [text, "end"]})
    });
    app.ingest(&lines.collect::<Vec<_>>()).await;
    let lead = json!({"kind": "telesales_lead", "id": 9001, "campaign_id": 1, "phone": "0987654321", "source": noise, "created_at": "2026-06-10T00:00:00Z"});
    let call = json!({"kind": "telesales_call", "uuid": "long", "campaign_id": 1, "lead_id": 9001, "started_at": "2026-06-10T01:00:00Z", "result": "answered"});
    app.ingest(&[lead, call]).await;
    app.execute(
        TENANT,
        &format!("update telesales_calls set cid = '{noise}', disposition = '{noise}' where uuid = 'long'"),
    )
    .await;
    alike_before_and_after(&app, TENANT, "with long texts").await;
    app.execute(
        TENANT,
        "update autocall_attempts set hangup_cause = left(hangup_cause, 12000), script_path = script_path || '{more}'",
    )
    .await;
    app.execute(TENANT, "delete from telesales_leads where id = 9001").await;
    alike_before_and_after(&app, TENANT, "with other long texts").await;
    for module in callboard::rollups::Module::ALL {
        compact::distrust(&app.app.db, TENANT, module, None).await.expect("noted");
    }
    compact::settle(&app.app.db).await.expect("compacted");
    all_alike(&app, TENANT, 8, "rebuilt").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_emptied_at_once_is_empty_in_every_report() {
    for table in [
        "autocall_attempts",
        "telesales_calls",
        "telesales_leads",
        "autocall_leads",
        "dispositions",
        "autocall_campaigns cascade",
    ] {
        let app = filled(37).await;
        let token = app.account(NEIGHBOUR).await;
        let lines = world::random(38, size(60, 60));
        app.ingest_as(&token, &lines).await;
        compact::settle(&app.app.db).await.expect("compacted");
        execute(app.app.db.unscoped().connect_options().as_ref(), format!("truncate {table}")).await;
        for tenant in [TENANT, NEIGHBOUR] {
            super::hold_against_raw(&app, tenant, 1, 40, &format!("{table} emptied")).await;
        }
        compact::settle(&app.app.db).await.expect("compacted");
        app.ingest_as(&token, &lines).await;
        compact::settle(&app.app.db).await.expect("compacted");
        for tenant in [TENANT, NEIGHBOUR] {
            alike_before_and_after(&app, tenant, &format!("{table} emptied and filled")).await;
        }
    }
}
