//! Two versions with roll-ups of their own on one database: an upgrade while both serve, and its end.

use std::time::Duration;

use callboard::boot::migrate_to;
use callboard::rollups::compact::{self, Done};
use callboard::rollups::{Edition, Module, upkeep};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::sql::filled;
use super::{assert_roll_ups_equal_raw_rows, compare_with_raw, size};
use crate::support::database::execute;
use crate::support::{NOW, TENANT, TestApp, world};

/// Runs SQL as the owner of the tables, who also sees the list of editions.
async fn as_owner(app: &TestApp, sql: &str) {
    let options = app.app.db.unscoped().connect_options();
    let sql = format!("set callboard.editions = 'on'; set callboard.tenant = '{TENANT}'; {sql}");
    execute(options.as_ref(), sql).await;
}

/// The answer of a query by the owner of the tables.
async fn asked<T>(app: &TestApp, sql: &str) -> T
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let options = app.app.db.unscoped().connect_options();
    let mut connection = PgConnection::connect_with(options.as_ref())
        .await
        .expect("a connection");
    let see = format!("set callboard.editions = 'on'; set callboard.tenant = '{TENANT}'");
    connection
        .execute(AssertSqlSafe(see))
        .await
        .expect("a setting");
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

async fn compacted(app: &TestApp) {
    compact::compact_until_idle(&app.app.db)
        .await
        .expect("compacted");
}

/// The number of equal answers, of which none comes from rows.
async fn rolled(app: &TestApp, seed: u64, when: &str) {
    assert_roll_ups_equal_raw_rows(app, TENANT, seed, when).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_read_the_older_edition_until_their_own_is_built() {
    let old = filled(71).await;
    let new = old.upgraded("new").await;
    rolled(&new, 1, "just upgraded").await;
    old.ingest(&world::random(72, size(60, 60))).await;
    rolled(&new, 2, "in the journal of the older edition").await;
    compacted(&old).await;
    rolled(&new, 3, "compacted by the older version").await;
    for module in Module::ALL {
        let turn = || compact::turn(&new.app.db, TENANT, module, 130);
        while turn().await.expect("a part") == Done::Building {
            rolled(&new, 5, "half built").await;
        }
    }
    compacted(&new).await;
    let (old_schema, new_schema) = (Edition::own().schema(), Edition::salted("new"));
    // From here on the older sums are not read any more.
    as_owner(
        &old,
        &format!("update {old_schema}.autocall_totals set dialed = dialed + 1"),
    )
    .await;
    rolled(&new, 4, "built").await;
    as_owner(
        &old,
        &format!("update {old_schema}.autocall_totals set dialed = dialed - 1"),
    )
    .await;
    new.ingest(&world::random(73, size(60, 60))).await;
    rolled(&old, 5, "the older version, in its journal").await;
    compacted(&new).await;
    let left = format!(
        "select (select count(*) from {old_schema}.autocall_attempts_journal) > 0
            and (select count(*) from {}.autocall_attempts_journal) = 0",
        new_schema.schema()
    );
    assert!(
        asked::<bool>(&old, &left).await,
        "each version empties its own journal"
    );
    compacted(&old).await;
    rolled(&old, 6, "the older version, compacted").await;
    rolled(&new, 7, "beside the older version").await;
}

/// A relation that the older version has not, or computes by other rules, is not read there; the others are.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_older_edition_lacks_is_read_from_rows() {
    let old = filled(74).await;
    let new = old.upgraded("new").await;
    let old_schema = Edition::own().schema();
    as_owner(
        &old,
        &format!(
            "drop table {old_schema}.autocall_hangups;
             delete from rollup_relations where schema_name = '{old_schema}' and relation = 'autocall_hangups';
             update rollup_relations set digest = 'another'
             where schema_name = '{old_schema}' and relation = 'telesales_caller_ids';
             update {old_schema}.telesales_caller_ids set calls = calls + 1"
        ),
    )
    .await;
    let (same, stale) = compare_with_raw(&new, TENANT, 1, 60, "with two lacking").await;
    assert!(stale > 0 && same > stale, "{same} alike, {stale} from rows");
    as_owner(
        &old,
        &format!(
            "delete from rollup_relations
             where schema_name = '{old_schema}' and relation = 'telesales_calls_journal' and part = 'cid'"
        ),
    )
    .await;
    let (fewer, more) = compare_with_raw(&new, TENANT, 1, 60, "with a column lacking").await;
    assert!(
        fewer <= same && more >= stale,
        "{fewer} alike, {more} from rows"
    );
    as_owner(
        &old,
        &format!("delete from rollup_relations where schema_name = '{old_schema}'"),
    )
    .await;
    let (none, all) = compare_with_raw(&new, TENANT, 1, 60, "with everything lacking").await;
    assert!(all > more, "{none} alike, {all} from rows");
    compacted(&new).await;
    rolled(&new, 2, "built").await;
}

/// Writers, both compactors and a reader at once: nothing of it is from rows.
#[tokio::test(flavor = "multi_thread")]
async fn reports_equal_raw_rows_at_every_moment_of_a_build() {
    let old = filled(75).await;
    let new = old.upgraded("new").await;
    let writing = async {
        for seed in 0..6 {
            old.ingest(&world::random(80 + seed, size(40, 40))).await;
        }
    };
    let building = async {
        for _ in 0..6 {
            for db in [&new.app.db, &old.app.db] {
                // Losing a conflict with a writer is an answer too.
                let _ = compact::compact(db, TENANT).await;
            }
        }
    };
    let reading = async {
        for seed in 0..6 {
            rolled(&new, seed, "during the build").await;
            rolled(&old, seed, "of the older version").await;
        }
    };
    tokio::join!(writing, building, reading);
    compacted(&new).await;
    compacted(&old).await;
    rolled(&new, 7, "at the end").await;
    rolled(&old, 7, "of the older version at the end").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_term_marks_both_editions() {
    let old = filled(76).await;
    let new = old.upgraded("new").await;
    compacted(&new).await;
    old.execute(
        TENANT,
        "update dispositions set is_conversion = not is_conversion",
    )
    .await;
    for app in [&old, &new] {
        let (_, stale) = compare_with_raw(app, TENANT, 1, 40, "a term changed").await;
        assert!(stale > 0, "sums by the former term are not read");
    }
    compacted(&old).await;
    rolled(&old, 2, "rebuilt").await;
    rolled(&new, 2, "whose older edition is rebuilt").await;
    let marked = new.query(TENANT, "select to_jsonb(count(*) > 0) from rollup_stale");
    assert_eq!(marked.await, [true], "a rebuild removes its own marks only");
    compacted(&new).await;
    rolled(&new, 3, "rebuilt").await;
    let left: i64 = asked(&old, "select count(*) from public.rollup_stale").await;
    assert_eq!(left, 0, "copied marks are deleted");
}

fn at(minutes: i64) -> DateTime<Utc> {
    NOW.parse::<DateTime<Utc>>().expect("an instant") + TimeDelta::minutes(minutes)
}

async fn removed(app: &TestApp, minutes: i64) -> Vec<String> {
    upkeep::keep(&app.app.db, at(minutes)).await.expect("kept")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_is_removed_when_no_server_has_used_it_for_an_hour() {
    let old = filled(77).await;
    let new = old.upgraded("new").await;
    let old_schema = Edition::own().schema().to_owned();
    let none: Vec<String> = Vec::new();
    assert_eq!(removed(&old, 0).await, none);
    assert_eq!(removed(&new, 1).await, none);
    assert_eq!(
        removed(&new, 300).await,
        none,
        "it is read until the new one is built"
    );
    compacted(&new).await;
    assert_eq!(
        removed(&old, 330).await,
        none,
        "an instance of the older version lives"
    );
    assert_eq!(removed(&new, 380).await, none);
    assert_eq!(
        removed(&new, 390).await,
        none,
        "not before the hour is over"
    );
    let options = old.app.db.unscoped().connect_options();
    migrate_to(options.as_ref(), Edition::own())
        .await
        .expect("an instance of the older version starts");
    assert_eq!(removed(&new, 391).await, none, "it has just started");
    let mut reader = new.app.db.read(TENANT).await.expect("a scope");
    reader
        .connection()
        .execute("select from telesales_calls")
        .await
        .expect("read");
    assert_eq!(removed(&new, 452).await, none, "a report is running");
    drop(reader);
    assert_eq!(removed(&new, 453).await, std::slice::from_ref(&old_schema));
    let is_there = format!("select to_regnamespace('{old_schema}') is not null");
    assert!(!asked::<bool>(&new, &is_there).await);
    new.ingest(&world::random(78, size(60, 60))).await;
    rolled(&new, 1, "after the removal").await;
    compacted(&new).await;
    rolled(&new, 2, "compacted after the removal").await;
    assert_eq!(removed(&new, 10_000).await, none, "a server keeps its own");
    upkeep::keep(&old.app.db, at(10_001))
        .await
        .expect_err("told that its roll-ups are gone");
}

/// Versions before editions have their tables in schema `public` and do not state that they use them.
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_versions_before_editions_go_an_hour_after_their_last_session() {
    let app = filled(79).await;
    as_owner(
        &app,
        "insert into rollup_schema (tables, readers) values ('another', '');
         insert into rollup_editions (schema_name) values ('public');
         create table public.bygone_totals (tenant_id bigint); comment on table public.bygone_totals is 'callboard derived';
         create function public.bygone_counted() returns trigger language plpgsql as
             'begin insert into public.bygone_totals values (1); return null; end';
         comment on function public.bygone_counted() is 'callboard derived';
         create trigger bygone after insert on telesales_calls for each statement execute function public.bygone_counted();
         create function public.rolled_bygone_totals() returns bigint language sql as 'select count(*) from public.bygone_totals';
         comment on function public.rolled_bygone_totals() is 'callboard reader'",
    )
    .await;
    let options = app.app.db.unscoped().connect_options().as_ref().clone();
    let session = PgConnection::connect_with(&options.application_name("callboard"))
        .await
        .expect("a session");
    let none: Vec<String> = Vec::new();
    assert_eq!(removed(&app, 0).await, none);
    assert_eq!(
        removed(&app, 120).await,
        none,
        "a server of that version lives"
    );
    session.close().await.expect("closed");
    let is_seen = "select exists (select from pg_stat_activity
                                  where datname = current_database() and application_name = 'callboard')";
    while asked::<bool>(&app, is_seen).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(removed(&app, 179).await, none);
    assert_eq!(removed(&app, 181).await, ["public"]);
    let left = "select (select count(*) from rollup_schema)
                     + (select count(*) from pg_class where relname = 'bygone_totals')
                     + (select count(*) from pg_proc where proname ~ 'bygone')
                     + (select count(*) from pg_trigger where tgname = 'bygone')";
    assert_eq!(asked::<i64>(&app, left).await, 0);
    app.ingest(&world::random(80, size(20, 20))).await;
    rolled(&app, 1, "after the removal").await;
}

/// Tables of the first release that still mean the same are read until the new ones are built.
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_first_release_are_read_as_far_as_they_are_the_same() {
    let old = filled(82).await;
    let own = Edition::own().schema();
    let copied = "
        do $$ declare made text; begin
            for made in select relname from pg_class
                        where relkind = 'r' and relname <> 'rollup_stale' and relnamespace::regnamespace::text = 'OWN' loop
                execute format('create table public.%1$I (like OWN.%1$I)', made);
                execute format('insert into public.%1$I select * from OWN.%1$I', made);
            end loop;
        end $$;
        delete from rollup_relations;
        insert into rollup_schema (tables, readers)
        values ('2c197b8d7da224df7bbb14fb79e2637083a40dbef371e8de65da99930a72cabe', '');
        insert into rollup_editions (schema_name) values ('public');
        -- Parts that differ are not read.
        update public.autocall_outcomes set calls = calls + 1;
        update public.telesales_lead_sources set leads = leads + 1;
        update public.autocall_links set dialed = dialed + 1";
    as_owner(&old, &copied.replace("OWN", own)).await;
    let new = old.upgraded("new").await;
    let (same, stale) = compare_with_raw(&new, TENANT, 1, 80, "upgraded").await;
    assert!(same > 20 && stale > 0, "{same} alike, {stale} from rows");
    compacted(&new).await;
    rolled(&new, 2, "built").await;
}

/// An installation waits for open writers, gives way, and leaves nothing behind when it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_installation_leaves_nothing_behind() {
    let app = filled(81).await;
    let mut writer = app.app.db.write(TENANT).await.expect("a scope");
    writer
        .connection()
        .execute("update telesales_calls set wrap_sec = wrap_sec + 1")
        .await
        .expect("written");
    let options = app.app.db.unscoped().connect_options().as_ref().clone();
    let edition = Edition::salted("new");
    let installing = tokio::spawn({
        let (options, edition) = (options.clone(), edition.clone());
        async move { migrate_to(&options, &edition).await }
    });
    let waits = "select exists (select from pg_stat_activity
                                where datname = current_database() and wait_event_type = 'Lock')";
    while !asked::<bool>(&app, waits).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    installing.abort();
    installing.await.expect_err("killed");
    let is_there = format!(
        "select to_regnamespace('{0}') is not null
             or exists (select from rollup_editions where schema_name = '{0}')",
        edition.schema()
    );
    assert!(!asked::<bool>(&app, &is_there).await);
    writer.commit().await.expect("committed");
    // Two instances start at once.
    let (one, other) = tokio::join!(
        migrate_to(&options, &edition),
        migrate_to(&options, &edition)
    );
    one.and(other).expect("installed by one of them");
    let new = app.upgraded("new").await;
    rolled(&new, 1, "installed").await;
    compacted(&new).await;
    rolled(&new, 2, "built").await;
    rolled(&app, 3, "the older version").await;
}
