//! Instants outside the years 1 to 9999, which tables refuse and readers tolerate where they exist
//! already; windows that reach the ends of the calendar.

use callboard::analytics;
use callboard::reports::{ALL, report::Place};
use callboard::rollups::{Comparison, compact};
use callboard::verify::Questions;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};

use crate::exports::{file, records};
use crate::support::{NOW, TENANT, TestApp};

const COLUMNS: &[(&str, &str)] = &[
    ("autocall_campaigns", "started_at"),
    ("autocall_campaigns", "created_at"),
    ("autocall_leads", "created_at"),
    ("autocall_attempts", "started_at"),
    ("autocall_attempts", "answered_at"),
    ("autocall_attempts", "ended_at"),
    ("caller_ids", "cooldown_until"),
    ("telesales_campaigns", "created_at"),
    ("telesales_leads", "created_at"),
    ("telesales_calls", "started_at"),
    ("telesales_calls", "answered_at"),
    ("telesales_calls", "ended_at"),
];

/// The last instant Postgres can store, and others a century beyond the decoder's range and less.
const OUTSIDE: [&str; 4] = [
    "infinity",
    "-infinity",
    "294276-01-01 00:00:00Z",
    "0044-03-15 00:00:00Z BC",
];

async fn filled() -> TestApp {
    let test = TestApp::new().await;
    let at = "2026-06-05T10:00:00Z";
    test.ingest(&[
        json!({"kind": "disposition", "code": "sold", "label": "Sold", "category": "contact", "color": "#00FF00"}),
        json!({"kind": "caller_id", "cid": "1", "carrier": "viettel", "cli_type": "mobile"}),
        json!({"kind": "autocall_campaign", "id": 1, "name": "A", "created_at": at}),
        json!({"kind": "autocall_lead", "id": 1, "campaign_id": 1, "phone": "0901234567", "created_at": at}),
        json!({"kind": "autocall_attempt", "uuid": "a", "campaign_id": 1, "lead_id": 1, "attempt_number": 1, "started_at": at, "result": "answered"}),
        json!({"kind": "telesales_campaign", "id": 1, "name": "T", "created_at": at}),
        json!({"kind": "telesales_lead", "id": 1, "campaign_id": 1, "phone": "0901234567", "created_at": at}),
        json!({"kind": "telesales_call", "uuid": "c", "campaign_id": 1, "lead_id": 1, "cid": "1", "started_at": at, "result": "answered"}),
    ])
    .await;
    test
}

#[tokio::test(flavor = "multi_thread")]
async fn no_table_accepts_an_instant_outside_the_calendar() {
    let test = filled().await;
    for (table, column) in COLUMNS {
        for outside in OUTSIDE {
            let sql = format!(
                "do $$ begin
                    update {table} set {column} = '{outside}';
                    raise exception 'taken';
                 exception when check_violation then null; end $$"
            );
            test.execute(TENANT, &sql).await;
        }
        test.execute(
            TENANT,
            &format!("update {table} set {column} = '9999-12-31 23:59:59.999999Z'"),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_out_of_range_instants_belong_to_no_window() {
    let test = filled().await;
    for (table, column) in COLUMNS {
        test.execute(
            TENANT,
            &format!("alter table {table} drop constraint if exists years_1_to_9999; alter table {table} drop constraint if exists {table}_{column}_check"),
        )
        .await;
    }
    let kpis = "/api/autocall/campaigns/1/reports/kpis?from=0001-01-01&to=9999-12-31";
    let before = test.data(kpis).await["dialed"].clone();
    for outside in OUTSIDE {
        let sql = format!(
            "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, answered_at, ended_at)
             values (1, '{outside}', 1, 1, 1, '{outside}', '{outside}', '{outside}');
             insert into autocall_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
             select 1, max(id) + 1, 1, '84', '84', '{outside}' from autocall_leads;
             insert into telesales_leads (tenant_id, id, campaign_id, phone, phone_as_sent, created_at)
             select 1, max(id) + 1, 1, '84', '84', '{outside}' from telesales_leads;
             insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, cid, started_at, answered_at, ended_at)
             values (1, '{outside}', 1, 1, '1', '{outside}', '{outside}', '{outside}');
             update autocall_attempts set answered_at = '{outside}' where uuid = 'a';
             update caller_ids set cooldown_until = '{outside}';
             update autocall_campaigns set started_at = '{outside}', created_at = '{outside}';
             update telesales_campaigns set created_at = '{outside}'"
        );
        test.execute(TENANT, &sql).await;
        for settled in [false, true] {
            if settled {
                compact::compact_until_idle(&test.app.db)
                    .await
                    .expect("compacted");
            }
            hold(&test, outside).await;
            assert_eq!(test.data(kpis).await["dialed"], before, "{outside}");
        }
    }
    for list in ["/api/autocall/campaigns", "/api/telesales/campaigns"] {
        test.ok(list).await;
    }
    let attempts = file(&test, &json!({"report_type": "full", "format": "csv"})).await;
    assert_eq!(crate::exports::unzip(&attempts.bytes).len(), 10);
    file(&test, &json!({"report_type": "full", "format": "xlsx"})).await;
}

/// Every report and analytics query answers over all of time and without a window, from roll-ups
/// and from raw rows.
async fn hold(test: &TestApp, when: &str) {
    for report in ALL {
        let windows = match report.route().place {
            Place::OfCampaign => vec![String::new(), "?from=0001-01-01&to=9999-12-31".into()],
            Place::AcrossCampaigns => vec!["?campaign_ids=1".into()],
            Place::OfAccount => vec!["?date_from=2026-06-01&date_to=2026-06-20".into()],
        };
        for window in windows {
            test.ok(&format!("{}{window}", report.path().replace("{id}", "1")))
                .await;
        }
    }
    for question in analytics::ALL {
        for filters in [
            json!({}),
            json!({"date_from": "2026-01-01"}),
            json!({"date_to": "2026-07-01"}),
        ] {
            let answer = test
                .ask(&json!({"query_type": question.about.name, "filters": filters}))
                .await;
            assert_eq!(answer.status, 200, "{when}: {}", answer.text());
        }
    }
    let now = NOW.parse().expect("an instant");
    let mut scope = test.app.db.read(TENANT).await.expect("a scope");
    let mut questions = Questions::load(&mut scope, 1, now)
        .await
        .expect("questions");
    for question in questions.all().expect("requests") {
        let compared = question.compare(&mut scope).await.expect("both answers");
        assert!(
            matches!(compared, Comparison::Same | Comparison::Stale),
            "{when}: {compared:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_cover_both_ends_of_the_calendar() {
    let test = filled().await;
    for zone in [
        "Asia/Ho_Chi_Minh",
        "UTC",
        "America/New_York",
        "Pacific/Kiritimati",
        "Etc/GMT+12",
    ] {
        for (from, to) in [
            ("0001-01-01", "2026-06-30"),
            ("2026-06-01", "9999-12-31"),
            ("0001-01-01", "9999-12-31"),
        ] {
            let order = |report: &str, format: &str| json!({"report_type": report, "format": format, "from": from, "to": to, "timezone": zone});
            let trend = file(&test, &order("trend", "csv")).await;
            assert_eq!(records(trend.text()).len(), 2, "{zone} {from} {to}");
            file(&test, &order("full", "xlsx")).await;
        }
    }
}

/// Two attempts, eight thousand years apart, have no stage pairs walked between them.
#[tokio::test(flavor = "multi_thread")]
async fn stage_pairs_over_the_whole_calendar_are_found_by_index() {
    let test = filled().await;
    test.execute(
        TENANT,
        "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at)
         values (1, 'first', 1, 1, 1, '1980-01-01Z'), (1, 'last', 1, 1, 1, '9999-12-31Z')",
    )
    .await;
    compact::compact_until_idle(&test.app.db)
        .await
        .expect("compacted");
    let funnel = test
        .data("/api/autocall/campaigns/1/reports/funnel?from=1980-01-01&to=9999-12-31&timezone=UTC")
        .await;
    assert_eq!(funnel[1]["count"], 1, "{funnel}");
    let leads = callboard::rollups::readers()
        .into_iter()
        .find_map(|(name, sql)| (name == "autocall_leads").then_some(sql))
        .expect("a reader");
    let mut scope = test.app.db.read(TENANT).await.expect("a scope");
    let prepare = format!(
        "prepare leads (bigint, smallint, bigint, timestamptz, timestamptz, timestamptz, timestamptz,
             integer[], integer[], integer[], integer[], integer[], integer[]) as {leads}"
    );
    scope
        .connection()
        .execute(AssertSqlSafe(prepare))
        .await
        .expect("prepared");
    let plan: Value = sqlx::query_scalar(
        "explain (analyze, buffers, timing off, format json)
         execute leads (1, 0::smallint, 1, '1980-01-01Z', '10000-01-01Z', '1980-01-01Z', '10000-01-01Z',
             '{96}', '{3652}', '{2932897}', '{96}', '{3652}', '{2932897}')",
    )
    .fetch_one(scope.connection())
    .await
    .expect("a plan");
    let pages = plan[0]["Plan"]["Shared Hit Blocks"]
        .as_i64()
        .expect("a number of pages");
    assert!(
        pages < 1_000,
        "{pages} pages read, one or more for each day"
    );
}
