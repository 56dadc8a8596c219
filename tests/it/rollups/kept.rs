//! Figures before an account's complete-from: they stay as they were, whatever becomes of the rows.

use callboard::rollups::compact::{self, Done};
use callboard::rollups::{Module, cut};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::statements::Dice;
use super::{compare_with_raw, size};
use crate::support::{TENANT, TestApp, world};

/// Requests for figures, each with its answer.
type Answers = Vec<(Asked, Value)>;

#[derive(Debug, Clone)]
enum Asked {
    Report(String),
    Question(Value),
}

const REPORTS: &[&str] = &["kpis", "trend", "hangup", "heatmap", "dtmf"];
const TELESALES: &[&str] = &[
    "dashboard",
    "agent-performance",
    "disposition-breakdown",
    "caller-id-health",
    "hour-dow-heatmap",
    "time-series",
];
const QUESTIONS: &[&str] = &[
    "call_count",
    "calls_over_time",
    "avg_duration_over_time",
    "outcome_distribution",
    "sentiment_distribution",
    "top_outcomes",
    "provider_breakdown",
    "hourly_heatmap",
];

struct Case {
    app: TestApp,
    zone: &'static str,
    dice: Dice,
}

impl Case {
    async fn new(zone: &'static str, seed: u64) -> Self {
        let app = TestApp::new().await;
        let sql = format!("update tenants set timezone = '{zone}'");
        app.execute(TENANT, &sql).await;
        app.ingest(&world::random(seed, size(400, 400))).await;
        let dice = Dice::new(seed);
        Self { app, zone, dice }
    }

    /// The start of a local hour.
    fn hour(&mut self, days: std::ops::Range<i64>) -> DateTime<Utc> {
        let zone: callboard::time::Zone = self.zone.parse().expect("a zone");
        let start: DateTime<Utc> = "2026-06-01T00:00:00Z".parse().expect("an instant");
        let hours = days.start * 24 + self.dice.below((days.end - days.start) * 24);
        let at = start + TimeDelta::hours(hours);
        at - TimeDelta::seconds(i64::from(zone.offset(at)).rem_euclid(3600))
    }

    /// Random requests for windows of whole local hours that begin before a cut. `within`: that end before it, too.
    fn asked(&mut self, cut: DateTime<Utc>, within: bool) -> Vec<Asked> {
        let mut all = Vec::new();
        for number in 0..32_usize {
            let (mut from, mut to) = (self.hour(-1..13), self.hour(14..30));
            if within {
                to = self.hour(0..28);
            }
            from = from.min(cut - TimeDelta::hours(1));
            to = if within { to.clamp(from, cut) } else { to };
            let [from, to] = [from, to].map(|at| at.format("%FT%TZ").to_string());
            let unit = ["hour", "day", "week"][number % 3];
            all.push(match number % 4 {
                0 => {
                    let report = REPORTS[number / 4 % REPORTS.len()];
                    let campaign = 1 + self.dice.below(4);
                    let from = if self.dice.one_in(4) { String::new() } else { format!("from={from}&") };
                    Asked::Report(format!(
                        "/api/autocall/campaigns/{campaign}/reports/{report}?{from}to={to}&granularity={}",
                        ["hour", "day"][number % 2]
                    ))
                }
                1 => Asked::Report(format!(
                    "/api/autocall/campaigns/comparison?campaign_ids=1,2,3,4&from={from}&to={to}"
                )),
                2 => {
                    let report = TELESALES[number / 4 % TELESALES.len()];
                    let filters = ["", "&campaign_id=1", "&agent_ids[]=2&agent_ids[]=5", "&team_id=2"];
                    let filter = filters[number / 8 % 4];
                    Asked::Report(format!(
                        "/api/telesales/reports/{report}?date_from={from}&date_to={to}&group_by={unit}{filter}"
                    ))
                }
                _ => {
                    let name = QUESTIONS[number / 4 % QUESTIONS.len()];
                    let mut filters = json!({"date_from": from, "date_to": to});
                    if self.dice.one_in(3) {
                        filters["template_id"] = "tpl_1".into();
                    }
                    if self.dice.one_in(3) {
                        filters["date_from"] = Value::Null;
                    }
                    Asked::Question(json!({
                        "query_type": name, "filters": filters, "granularity": unit, "timezone": self.zone
                    }))
                }
            });
        }
        all
    }

    async fn answer(&self, asked: &Asked) -> Value {
        let answer = match asked {
            Asked::Report(path) => self.app.get(path).await,
            Asked::Question(body) => self.app.ask(body).await,
        };
        let mut told = answer.json();
        if let Some(data) = told["data"].as_object_mut() {
            // Leads begin at the cut, and the time of the request is none of its figures.
            data.remove("total_leads");
            data.remove("computed_at");
        }
        if let Some(rows) = told["data"].as_array_mut() {
            for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                row.remove("health_calls_today");
            }
        }
        json!([answer.status.as_u16(), told])
    }

    /// Answers of which some are refusals already, where the sums before an earlier cut cannot tell.
    async fn answers(&self, asked: Vec<Asked>) -> Answers {
        let (mut answers, all) = (Vec::new(), asked.len());
        for asked in asked {
            let answer = self.answer(&asked).await;
            if answer[0] == 200 {
                answers.push((asked, answer));
            } else {
                assert!(is_refusal(&answer), "{asked:?} {answer}");
            }
        }
        assert!(answers.len() * 5 > all * 4, "{} of {all}", answers.len());
        answers
    }

    /// Asserts that the answers are what they were, but for windows that the sums cannot tell, which are refused.
    async fn still(&self, answers: &Answers, when: &str) {
        let mut refused = 0;
        for (asked, before) in answers {
            let now = self.answer(asked).await;
            if is_refusal(&now) {
                refused += 1;
                continue;
            }
            assert_eq!(&now, before, "{} {when}: {asked:?}", self.zone);
        }
        assert!(refused * 5 < answers.len(), "{refused} refused {when}");
    }

    async fn compact(&self) {
        compact::compact_until_idle(&self.app.app.db)
            .await
            .expect("compacted");
    }

    /// One transaction of a rebuild, which takes several.
    async fn turn(&self, module: Module) -> Done {
        compact::turn(&self.app.app.db, TENANT, module, 110)
            .await
            .expect("a part")
    }

    async fn run(&self, sql: &str) {
        self.app.execute(TENANT, sql).await;
    }

    /// Reads from a fresh cache: the app keeps nothing ([`TestApp::new`]).
    async fn compare(&self, seed: u64, when: &str) -> usize {
        compare_with_raw(&self.app, TENANT, seed, 60, when).await.1
    }
}

/// The same for each zone.
macro_rules! figures_before_the_cut_outlive_rows_rebuilds_and_terms {
    ($($name:ident: $zone:literal, $seed:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                figures_outlive_rows($zone, $seed).await;
            }
        )*
    };
}
figures_before_the_cut_outlive_rows_rebuilds_and_terms! {
    figures_outlive_rows_in_utc: "UTC", 61;
    figures_outlive_rows_in_kathmandu: "Asia/Kathmandu", 62;
    figures_outlive_rows_in_newfoundland: "America/St_Johns", 63;
    figures_outlive_rows_in_vietnam: "Asia/Ho_Chi_Minh", 64;
}

async fn figures_outlive_rows(zone: &'static str, seed: u64) {
    let mut case = Case::new(zone, seed).await;
    // The second cut may fall on the day of the first.
    let first = case.hour(12..13);
    let second = first + TimeDelta::hours([3, 30][usize::from(seed.is_multiple_of(2))]);
    for (round, at) in (0_u64..).zip([first, second]) {
        let mut asked = case.asked(at, false);
        asked.extend(case.asked(at, true));
        let answers = case.answers(asked).await;
        let set = cut::advance(&case.app.app.db, TENANT, at)
            .await
            .expect("a cut");
        assert_eq!(set, at);
        case.still(&answers, "with all rows").await;
        assert_eq!(case.compare(round, "with all rows").await, 0);

        let at = at.format("%F %TZ").to_string();
        case.run(&format!(
            "delete from autocall_attempts where started_at < '{at}'"
        ))
        .await;
        case.run(&format!(
            "delete from telesales_calls where started_at < '{at}'"
        ))
        .await;
        case.run(&format!(
            "delete from telesales_leads l where created_at < '{at}'
                 and not exists (select from telesales_calls c where c.lead_id = l.id)"
        ))
        .await;
        case.still(&answers, "deleted").await;
        case.compare(round + 10, "deleted").await;
        case.compact().await;
        case.still(&answers, "deleted and compacted").await;
        assert_eq!(case.compare(round + 20, "deleted and compacted").await, 0);

        for (module, campaign) in [
            (Module::Autocall, None),
            (Module::Telesales, None),
            (Module::Autocall, Some(2)),
            (Module::Telesales, Some(1)),
        ] {
            compact::mark_stale(&case.app.app.db, TENANT, module, campaign)
                .await
                .expect("marked");
            case.still(&answers, "stale").await;
            while case.turn(module).await == Done::Building {
                case.still(&answers, "half rebuilt").await;
            }
            case.compact().await;
            case.still(&answers, "rebuilt").await;
            assert_eq!(case.compare(round + 30, "rebuilt").await, 0);
        }
    }
    let within = case.asked(second, true);
    let within = case.answers(within).await;
    case.run("update dispositions set is_conversion = not is_conversion")
        .await;
    case.run("update tenants set settings = '{\"short_call_sec\": \"31\"}'")
        .await;
    case.still(&within, "with changed terms").await;
    case.compact().await;
    case.still(&within, "rebuilt by changed terms").await;
    assert_eq!(case.compare(99, "rebuilt by changed terms").await, 0);

    // A row that comes again counts nowhere.
    case.run(
            "insert into autocall_attempts (tenant_id, uuid, campaign_id, lead_id, attempt_number, started_at, result)
             select 1, 'again-' || n, 1 + n % 4, n, 1, '2026-06-03Z'::timestamptz + n * interval '1 hour', 'answered'
             from generate_series(1, 90) n",
        )
        .await;
    case.still(&within, "sent again").await;
    case.compact().await;
    case.still(&within, "sent again and compacted").await;
}

fn is_refusal(answer: &Value) -> bool {
    answer[0] == 422 && answer.to_string().contains("only sums by coarser units")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_cuts_an_hour_before_the_cut_is_refused() {
    let mut case = Case::new("Asia/Kathmandu", 71).await;
    let at = case.hour(14..15);
    cut::advance(&case.app.app.db, TENANT, at)
        .await
        .expect("a cut");
    for (path, field) in [
        (
            "/api/autocall/campaigns/1/reports/kpis?from=2026-06-03T10:00:00Z",
            "from",
        ),
        (
            "/api/autocall/campaigns/1/reports/kpis?from=2026-06-03&to=2026-06-04T10:07:00Z",
            "to",
        ),
        (
            "/api/telesales/reports/dashboard?date_from=2026-06-03T10:00:00Z&date_to=2026-06-29",
            "date_from",
        ),
    ] {
        let answer = case.app.get(path).await;
        assert_eq!(answer.status, 422, "{path} {}", answer.text());
        let fault = answer.json()["errors"][field][0].to_string();
        assert!(
            fault.contains("whole hours of the account's time"),
            "{path} {fault}"
        );
    }
    // Counts of distinct leads begin at the cut.
    let funnel = |from: &str| {
        format!("/api/telesales/reports/funnel?date_from={from}&date_to=2026-06-29T00:00:00Z")
    };
    let at = at.format("%FT%TZ").to_string();
    let before = case.app.data(&funnel("2026-06-03T00:15:00Z")).await;
    assert_eq!(before, case.app.data(&funnel(&at)).await);
}

/// The same for each zone.
macro_rules! sums_before_the_cut_move_to_another_edition {
    ($($name:ident: $zone:literal, $seed:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                sums_move_to_another_edition($zone, $seed).await;
            }
        )*
    };
}
sums_before_the_cut_move_to_another_edition! {
    sums_move_to_another_edition_in_utc: "UTC", 81;
    sums_move_to_another_edition_in_kathmandu: "Asia/Kathmandu", 82;
    sums_move_to_another_edition_in_newfoundland: "America/St_Johns", 83;
    sums_move_to_another_edition_in_vietnam: "Asia/Ho_Chi_Minh", 84;
}

async fn sums_move_to_another_edition(zone: &'static str, seed: u64) {
    let mut case = Case::new(zone, seed).await;
    let at = case.hour(12..13);
    cut::advance(&case.app.app.db, TENANT, at)
        .await
        .expect("a cut");
    let gone = at.format("%F %TZ").to_string();
    case.run(&format!(
        "delete from autocall_attempts where started_at < '{gone}';
         delete from telesales_calls where started_at < '{gone}'"
    ))
    .await;
    case.compact().await;
    let mut asked = case.asked(at, false);
    asked.extend(case.asked(at, true));
    let answers = case.answers(asked).await;
    let new = case.app.upgraded("kept").await;
    let old = std::mem::replace(&mut case.app, new);
    case.still(&answers, "just installed").await;
    for module in Module::ALL {
        while case.turn(module).await == Done::Building {
            case.still(&answers, "half built").await;
        }
        case.still(&answers, "while it is built").await;
    }
    case.compact().await;
    case.still(&answers, "built").await;
    assert_eq!(case.compare(1, "built").await, 0);
    // The older edition is not read any more.
    let forget = format!(
        "truncate {0}.autocall_totals, {0}.telesales_totals",
        callboard::rollups::Edition::own().schema()
    );
    sqlx::Executor::execute(old.app.db.unscoped(), sqlx::AssertSqlSafe(forget))
        .await
        .expect("emptied");
    case.still(&answers, "without the older one").await;
    // A roll-up that no older edition has in this form.
    let another =
        "update rollup_relations set digest = 'another' where relation = 'autocall_paths'";
    let mut editions = case.app.app.db.editions().await.expect("a transaction");
    sqlx::Executor::execute(&mut *editions, another)
        .await
        .expect("changed");
    editions.commit().await.expect("committed");
    let options = case
        .app
        .app
        .db
        .unscoped()
        .connect_options()
        .as_ref()
        .clone();
    let third = callboard::rollups::Edition::salted("third");
    let refused = callboard::boot::migrate_to(&options, &third).await;
    let refused = refused.expect_err("nothing to take over").to_string();
    assert!(refused.contains("autocall_paths"), "{refused}");
}

/// The cut never moves back, and lies on a quarter hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_never_moves_back() {
    let mut case = Case::new("UTC", 72).await;
    let db = case.app.app.db.clone();
    let (earlier, later) = (case.hour(5..6), case.hour(9..10));
    assert_eq!(
        cut::advance(&db, TENANT, later).await.expect("a cut"),
        later
    );
    assert_eq!(
        cut::advance(&db, TENANT, earlier).await.expect("a cut"),
        later
    );
    assert!(
        cut::advance(&db, TENANT, later + TimeDelta::minutes(7))
            .await
            .is_err()
    );
    let back = "do $$ begin
        update tenants set complete_from = null;
        raise 'moved back';
    exception when check_violation then null; end $$";
    case.run(back).await;
}
