//! Tenants with thousands of agents.

use callboard::reports;
use callboard::rollups::compact;
use serde_json::json;

use crate::support::{TENANT, TestApp};

/// Agents of a team with one call each, in the journal.
async fn with_agents(number: u32) -> TestApp {
    let test = TestApp::new().await;
    let rows = format!(
        "insert into teams (tenant_id, id, name) values (1, 1, 'T');
         insert into telesales_campaigns (tenant_id, id, name) values (1, 1, 'C');
         insert into agents (tenant_id, id, name, username, team_id)
         select 1, n, 'A' || n, 'a' || n, 1 from generate_series(1, {number}) n;
         insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec)
         select 1, n::text, 1, n, n, '2026-06-05Z'::timestamptz + n * interval '1 second', 'answered', 40
         from generate_series(1, {number}) n"
    );
    test.execute(TENANT, &rows).await;
    test
}

const DASHBOARD: &str =
    "/api/telesales/reports/dashboard?date_from=2026-06-01&date_to=2026-06-20T00:00:05Z";

/// Regression: a scan of the whole journal per agent exceeded the statement timeout.
#[tokio::test]
async fn a_dashboard_counts_twenty_thousand_agents_from_the_journal() {
    let test = with_agents(20_000).await;
    for narrowed in [
        "",
        "&campaign_id=1",
        "&team_id=1",
        "&campaign_id=1&team_id=1",
    ] {
        let dashboard = test.data(&format!("{DASHBOARD}{narrowed}")).await;
        assert_eq!(dashboard["unique_agents"], json!(20_000), "{narrowed}");
        assert_eq!(dashboard["total_dials"], json!(20_000), "{narrowed}");
    }
}

/// Regression: the range of the largest agent id overflowed, so its team's reports were a 500.
#[tokio::test]
async fn every_report_takes_the_smallest_and_largest_ids() {
    const ENDS: [i64; 2] = [i64::MIN, i64::MAX];
    let test = TestApp::new().await;
    for id in ENDS {
        let rows = format!(
            "insert into teams (tenant_id, id, name) values (1, {id}, 'T');
             insert into telesales_campaigns (tenant_id, id, name) values (1, {id}, 'C');
             insert into agents (tenant_id, id, name, username, team_id) values (1, {id}, 'A', 'a', {id});
             insert into autocall_campaigns (tenant_id, id, name) values (1, {id}, 'C');
             insert into telesales_calls (tenant_id, uuid, campaign_id, lead_id, agent_id, started_at, result, talk_sec)
             values (1, '{id}', {id}, {id}, {id}, '2026-06-05Z', 'answered', 40);
             insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, agent_id, attempt_number, started_at, result)
             values (1, '{id}', {id}, {id}, {id}, 1, '2026-06-05Z', 'answered')"
        );
        test.execute(TENANT, &rows).await;
    }
    // Calls are read from the journal, then from roll-ups and the rows of ragged ends.
    for window in ["2026-06-01", "2026-06-05T00:00:00Z"] {
        for id in ENDS {
            for narrowed in [
                format!("team_id={id}"),
                format!("agent_ids={id}&campaign_id={id}"),
            ] {
                let query = format!(
                    "date_from={window}&date_to=2026-06-05T00:00:05Z&from={window}&{narrowed}"
                );
                for report in reports::ALL {
                    let path = report.path().replace("{id}", &id.to_string());
                    test.ok(&format!("{path}?{query}&campaign_ids={id}")).await;
                }
                let dashboard = format!("/api/telesales/reports/dashboard?{query}");
                assert_eq!(
                    test.data(&dashboard).await["total_dials"],
                    json!(1),
                    "{narrowed}"
                );
            }
        }
        compact::compact_until_idle(&test.app.db)
            .await
            .expect("compacted");
    }
}
