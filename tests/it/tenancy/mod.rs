//! Every statement names its tenant, in the plans that Postgres executes.
//!
//! Row-level security hides the rows of other tenants from a statement that forgets to, so results cannot show it. Plans do:
//! without row-level security, every scan of a table with tenants must compare `tenant_id` with a constant or an argument.
//! A table distributed by tenant needs the same.

mod used;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::support::{TestApp, database};
use used::use_everything;

/// Statements that do not name one tenant by design, by a part of their text.
const EXEMPT: &[&str] = &[
    // Triggers: the rows of a transition table carry their tenant, and one statement may write those of several.
    "old_rows",
    "new_rows",
    // The list of tenants, and those to visit, for background work: the tenant is a column of the scan.
    "select id from tenants order by id",
    "from tenants t\ncross join lateral",
    // Webhooks with something to do, over all tenants: the tenant is a column of the scan.
    "with recursive heads",
    "from webhooks w\ncross join lateral",
    // The next export of any tenant: the tenant is a column of the scan.
    "left join running r on r.tenant_id = e.tenant_id",
    // COPY takes no arguments: the tenant is the setting that row-level security compares with.
    "copy (",
    // A login has no tenant yet: user names are unique over all tenants.
    "from users\nwhere username_key = $1",
];

/// Kinds of scan with conditions of their own; a bitmap's are repeated in its heap scan.
const SCANS: &[&str] = &[
    "Seq Scan",
    "Index Scan",
    "Index Only Scan",
    "Bitmap Heap Scan",
    "Tid Scan",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_scan_of_a_table_with_tenants_names_one() {
    let options = database::create().await;
    let Some(superuser) = database::as_superuser(&options).await else {
        return;
    };
    let mut superuser = PgConnection::connect_with(&superuser)
        .await
        .expect("a connection");
    explain_everything(&mut superuser, &options).await;
    let app = TestApp::new_on(options).await;
    use_everything(&app).await;

    let tables = tables_with_tenants(&mut superuser).await;
    let log: String = sqlx::query_scalar("select current_setting('data_directory')")
        .fetch_one(&mut superuser)
        .await
        .expect("a path");
    let log = Path::new(&log)
        .parent()
        .expect("a directory")
        .join("postgres.log");
    let log = fs::read(log).expect("the log");
    let plans = plans(&String::from_utf8_lossy(&log));
    assert!(plans.len() > 500, "{} plans", plans.len());
    let mut scans = BTreeSet::new();
    let mut wrong: BTreeMap<String, Value> = BTreeMap::new();
    for plan in &plans {
        let text = plan["Query Text"].as_str().unwrap_or_default();
        let is_exempt = EXEMPT.iter().any(|part| text.contains(part));
        for scan in scans_of(&plan["Plan"]) {
            let Some(key) = tables.get(scan["Relation Name"].as_str().unwrap_or_default()) else {
                continue;
            };
            scans.insert(scan["Relation Name"].to_string());
            if !is_exempt && !names_tenant(&scan, key) {
                wrong.insert(text.to_owned(), scan);
            }
        }
    }
    assert!(scans.len() > 20, "tables scanned: {scans:?}");
    let wrong: Vec<String> = wrong
        .iter()
        .map(|(text, scan)| format!("{text}\n-> {scan}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} statements name no tenant:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn a_scan_that_names_no_tenant_is_found() {
    let scan = |condition: &str| json!({"Node Type": "Seq Scan", "Filter": condition});
    for condition in [
        "(tenant_id = '1'::bigint)",
        "((status = 'x'::text) AND (tenant_id = $1))",
        "((l.tenant_id = '1'::bigint) AND (id = a.lead_id))",
    ] {
        assert!(names_tenant(&scan(condition), "tenant_id"), "{condition}");
    }
    for condition in [
        "(status = 'x'::text)",
        "(tenant_id = (current_setting('callboard.tenant'::text))::bigint)",
        "(tenant_id = a.tenant_id)",
        "(my_tenant_id = '1'::bigint)",
    ] {
        assert!(!names_tenant(&scan(condition), "tenant_id"), "{condition}");
    }
}

/// Logs the plan of every statement in the database, those inside functions and triggers too, and turns row-level security
/// off, whose conditions would stand in every plan.
async fn explain_everything(superuser: &mut PgConnection, options: &PgConnectOptions) {
    let database = options.get_database().expect("a name");
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_nested_statements = on",
        "auto_explain.log_format = 'json'",
    ] {
        let sql = format!("load 'auto_explain'; alter database {database} set {setting}");
        superuser.execute(AssertSqlSafe(sql)).await.expect(setting);
    }
    let unguarded = "do $$
        declare guarded regclass;
        begin
            for guarded in select oid from pg_class where relrowsecurity loop
                execute format('alter table %s disable row level security', guarded);
            end loop;
        end $$";
    superuser
        .execute(unguarded)
        .await
        .expect("unguarded tables");
}

/// Tables with a column for the tenant, by name; the key of `tenants` itself is its id.
async fn tables_with_tenants(superuser: &mut PgConnection) -> BTreeMap<String, &'static str> {
    let sql = "select distinct table_name::text from information_schema.columns
               where table_schema ~ '^(public$|rollups_)' and column_name = 'tenant_id'";
    let names: Vec<String> = sqlx::query_scalar(sql)
        .fetch_all(superuser)
        .await
        .expect("the tables");
    let keyed = names.into_iter().map(|name| (name, "tenant_id"));
    keyed.chain([("tenants".to_owned(), "id")]).collect()
}

/// The logged plans. A plan follows `plan:` on lines that start with a tab.
fn plans(log: &str) -> Vec<Value> {
    let mut plans = Vec::new();
    for entry in log.split("  plan:\n").skip(1) {
        let lines = entry.lines().map_while(|line| line.strip_prefix('\t'));
        let plan = lines.collect::<Vec<_>>().join("\n");
        plans.extend(serde_json::from_str::<Value>(&plan));
    }
    plans
}

/// Every scan of a table in a plan.
fn scans_of(node: &Value) -> Vec<Value> {
    let mut scans = Vec::new();
    if SCANS.iter().any(|scan| node["Node Type"] == *scan) && node["Relation Name"].is_string() {
        let mut scan = node.clone();
        scan.as_object_mut().expect("a node").remove("Plans");
        scans.push(scan);
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        scans.extend(scans_of(child));
    }
    scans
}

/// True if a condition of the scan compares the key with a constant or an argument.
fn names_tenant(scan: &Value, key: &str) -> bool {
    ["Index Cond", "Recheck Cond", "Filter"].iter().any(|kind| {
        let condition = scan[*kind].as_str().unwrap_or_default();
        condition
            .match_indices(&format!("{key} = "))
            .any(|(at, found)| {
                let before = condition[..at].chars().next_back();
                let is_whole =
                    before.is_none_or(|letter| !letter.is_ascii_alphanumeric() && letter != '_');
                let value = condition[at + found.len()..].trim_start_matches(['\'', '(']);
                is_whole
                    && value.starts_with(|letter: char| letter.is_ascii_digit() || letter == '$')
            })
    })
}
