//! Every filter on leads, and those on calls, against a second implementation, alone and together.

use std::collections::BTreeSet;

use callboard::leads;
use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::{AUTOCALL, TELESALES, ids, world};
use crate::calls::world::{Call, World};
use crate::calls::{encoded, filters};
use crate::support::TestApp;

/// A filter on leads with values, and whether a lead passes with one of them.
type Own = (
    &'static str,
    &'static [&'static str],
    fn(&Lead<'_>, &str) -> bool,
);

/// A lead with all its calls, as lines.
struct Lead<'a> {
    line: &'a Value,
    calls: Vec<Call<'a>>,
}

impl Lead<'_> {
    fn number(&self, name: &str) -> i64 {
        self.line[name].as_i64().expect("a number")
    }

    fn text(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap_or_default()
    }

    fn progress(&self) -> &'static str {
        let is_open = ["pending", "in_progress", "retry"].contains(&self.text("status"));
        if self.calls.is_empty() {
            "BACKLOG"
        } else if self.calls.iter().any(|call| call.result() == "in_progress") {
            "PROCESSING"
        } else if is_open {
            "RETRY"
        } else {
            "FINISHED"
        }
    }
}

const PHONES: &[&str] = &["0900000007", "+84 900-000-008", "0300000009", "none"];

fn has_phone(lead: &Lead<'_>, value: &str) -> bool {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches("84").trim_start_matches('0');
    lead.text("phone").trim_start_matches('0') == digits
}

fn is_in(list: &str, value: &str) -> bool {
    list.split(',').any(|item| item == value)
}

const OF_AUTOCALL: &[Own] = &[
    ("phone", PHONES, has_phone),
    ("external_ref", &["Ref-1", "ref-1", "Ref"], |lead, value| {
        lead.text("external_ref") == value
    }),
    ("status", &["pending", "dnc,retry"], |lead, value| {
        is_in(value, lead.text("status"))
    }),
    (
        "progress",
        &["BACKLOG", "PROCESSING", "RETRY", "FINISHED"],
        |lead, value| lead.progress() == value,
    ),
    ("min_attempts", &["0", "1", "4"], |lead, value| {
        lead.calls.len() >= value.parse().expect("a number")
    }),
    (
        "template_id",
        &["tpl_xyz789", "tpl_2", "tpl_none"],
        |lead, value| match lead.number("campaign_id") % 4 {
            1 => value == "tpl_2",
            2 => false,
            _ => value == "tpl_xyz789",
        },
    ),
    ("merchant_id", &["mer_1", "mer_2"], |_, value| {
        value == "mer_1"
    }),
    ("reseller_id", &["res_1"], |_, _| false),
    (
        "payload_filters",
        &[r#"{"city":"Hanoi"}"#, r#"{"city":"Hanoi","vip":true}"#],
        |lead, value| {
            let wanted: Value = value.parse().expect("JSON");
            let wanted = wanted.as_object().expect("an object").clone();
            let payload = &lead.line["payload"];
            wanted.iter().all(|(name, value)| payload[name] == *value)
        },
    ),
    (
        "stage",
        &["BACKLOG", "PROCESSING", "RETRY", "FINISHED"],
        |lead, value| match value {
            "PROCESSING" => !lead.calls.is_empty(),
            "RETRY" => lead.calls.len() >= 2,
            "FINISHED" => lead.progress() == value,
            _ => true,
        },
    ),
];

const OF_TELESALES: &[Own] = &[
    ("phone", PHONES, has_phone),
    ("min_attempts", &["0", "1", "3"], |lead, value| {
        let dials = lead.calls.iter().filter(|call| call.is_dial()).count();
        dials >= value.parse().expect("a number")
    }),
    (
        "source",
        &["website", "(unknown)", "Hội chợ, Huế", "x"],
        |lead, value| match lead.text("source").trim() {
            "" => value == "(unknown)",
            source => source == value,
        },
    ),
];

struct Product {
    list: &'static str,
    own: &'static [Own],
    of_calls: Vec<filters::Filter>,
    stages: &'static [&'static str],
    is_of_stage: fn(&Call<'_>, &str) -> bool,
}

fn products() -> [Product; 2] {
    let without = |tables: &[&[filters::Filter]], own: &[Own], more: &[&str]| {
        let all = tables.concat().into_iter();
        let is_own = |name: &str| own.iter().any(|(of, ..)| *of == name) || more.contains(&name);
        all.filter(|(name, ..)| !is_own(name) && *name != "stage")
            .collect()
    };
    let stage = |of: &[filters::Filter]| {
        let stage = of.iter().find(|(name, ..)| *name == "stage");
        *stage.expect("a filter")
    };
    let (autocall, telesales) = (stage(filters::AUTOCALL), stage(filters::TELESALES));
    let of_autocall = [filters::BOTH, filters::AUTOCALL, filters::OF_ANALYTICS];
    let of_telesales = [filters::BOTH, filters::TELESALES];
    [
        Product {
            list: AUTOCALL,
            own: OF_AUTOCALL,
            of_calls: without(&of_autocall, OF_AUTOCALL, &["campaign_ids"]),
            stages: autocall.1,
            is_of_stage: autocall.2,
        },
        Product {
            list: TELESALES,
            own: OF_TELESALES,
            of_calls: without(&of_telesales, OF_TELESALES, &["campaign_id", "agent_ids"]),
            stages: telesales.1,
            is_of_stage: telesales.2,
        },
    ]
}

/// What a list is asked for.
#[derive(Default)]
struct Asked<'a> {
    own: Vec<(Own, &'a str)>,
    of_calls: Vec<(filters::Filter, &'a str)>,
    campaign: Option<&'a str>,
    /// Agents narrow calls, and ask for none by themselves.
    agents: Option<&'a str>,
    is_bounded: bool,
    created: Option<&'a str>,
    calls: Option<&'a str>,
    stage: Option<usize>,
    lost_after: Option<usize>,
}

const FROM: &str = "2025-10-22T12:00:00Z";
const TO: &str = "2025-10-30T01:02:03Z";

impl Asked<'_> {
    fn path(&self, product: &Product) -> String {
        let mut path = format!("{}timezone=Europe/Berlin", product.list);
        let stage = |place: Option<usize>| place.map(|place| product.stages[place]);
        let own = self.own.iter().map(|((name, ..), value)| (*name, *value));
        let of_calls = self.of_calls.iter();
        let of_calls = of_calls.map(|((name, ..), value)| (*name, *value));
        let campaign = if product.list == AUTOCALL {
            "campaign_ids"
        } else {
            "campaign_id"
        };
        let more = [
            (campaign, self.campaign),
            ("agent_ids", self.agents),
            ("date_from", self.is_bounded.then_some(FROM)),
            ("date_to", self.is_bounded.then_some(TO)),
            ("created", self.created),
            ("calls", self.calls),
            ("stage", stage(self.stage)),
            ("lost_after", stage(self.lost_after)),
        ];
        let more = more
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        for (name, value) in own.chain(of_calls).chain(more) {
            path += &format!("&{name}={}", encoded(value));
        }
        path
    }

    fn passes(&self, product: &Product, lead: &Lead<'_>) -> bool {
        let at = |text: &str| -> DateTime<Utc> { text.parse().expect("an instant") };
        let is_inside = |when: DateTime<Utc>| !self.is_bounded || when >= at(FROM) && when < at(TO);
        let is_first = self.stage == Some(0) || self.lost_after == Some(0);
        let is_later = self.stage > Some(0) || self.lost_after > Some(0);
        let created = self
            .created
            .unwrap_or(if is_first { "before_end" } else { "all" });
        let when = at(lead.text("created_at"));
        let is_created = match created {
            "in_window" => is_inside(when),
            "before_end" => !self.is_bounded || when < at(TO),
            _ => true,
        };
        let is_of = |campaign: i64| {
            self.campaign
                .is_none_or(|all| is_in(all, &campaign.to_string()))
        };
        let of_campaign = is_later && created == "all" || is_of(lead.number("campaign_id"));
        let passing = |stage: Option<usize>| {
            lead.calls.iter().any(|call| {
                let is_agents = self
                    .agents
                    .is_none_or(|all| is_in(all, &call.line["agent_id"].to_string()));
                (self.calls == Some("ever") || is_inside(call.started_at()))
                    && is_of(call.number("campaign_id"))
                    && is_agents
                    && self
                        .of_calls
                        .iter()
                        .all(|((_, _, passes), value)| passes(call, value))
                    && stage.is_none_or(|at| (product.is_of_stage)(call, product.stages[at]))
            })
        };
        let asks = !self.of_calls.is_empty();
        let in_stage = |stage: Option<usize>| match stage {
            Some(stage) if stage > 0 => passing(Some(stage)),
            _ => !asks || passing(None),
        };
        is_created
            && of_campaign
            && self
                .own
                .iter()
                .all(|((_, _, passes), value)| passes(lead, value))
            && in_stage(self.stage)
            && in_stage(self.lost_after)
            && self.lost_after.is_none_or(|at| !passing(Some(at + 1)))
    }
}

async fn assert_listed(
    test: &TestApp,
    product: &Product,
    leads: &[Lead<'_>],
    asked: &Asked<'_>,
) -> usize {
    let passing = leads.iter().filter(|lead| asked.passes(product, lead));
    let mut expected: Vec<i64> = passing.map(|lead| lead.number("id")).collect();
    expected.sort_by_key(|id| std::cmp::Reverse(*id));
    let path = asked.path(product);
    assert_eq!(ids(test, &path, 199).await, expected, "{path}");
    expected.len()
}

fn leads_of<'a>(world: &'a World, product: &Product) -> Vec<Lead<'a>> {
    let kind = if product.list == AUTOCALL {
        "autocall_lead"
    } else {
        "telesales_lead"
    };
    let calls = || {
        if product.list == AUTOCALL {
            world.attempts()
        } else {
            world.sales_calls()
        }
    };
    let lead = |line: &'a Value| {
        let mut calls = calls();
        calls.retain(|call| call.line["lead_id"] == line["id"]);
        Lead { line, calls }
    };
    world.leads(kind).map(lead).collect()
}

#[tokio::test]
async fn every_filter_lists_the_leads_it_says() {
    let (test, world) = (TestApp::new().await, world(41, 300));
    test.ingest(&world.lines).await;
    for product in products() {
        let leads = leads_of(&world, &product);
        let mut found = BTreeSet::new();
        for filter in product.own {
            for value in filter.1 {
                let asked = Asked {
                    own: vec![(*filter, value)],
                    ..Asked::default()
                };
                if assert_listed(&test, &product, &leads, &asked).await > 0 {
                    found.insert(filter.0);
                }
            }
        }
        for filter in &product.of_calls {
            for value in filter.1 {
                let asked = Asked {
                    of_calls: vec![(*filter, value)],
                    is_bounded: true,
                    ..Asked::default()
                };
                if assert_listed(&test, &product, &leads, &asked).await > 0 {
                    found.insert(filter.0);
                }
            }
        }
        let all = product.own.len() + product.of_calls.len();
        assert!(found.len() + 4 > all, "{}: only {found:?}", product.list);
    }
}

/// The tables above leave none out but those that other tests are about.
#[test]
fn every_filter_of_a_list_of_leads_is_tested() {
    for (list, product) in leads::ALL.iter().zip(products()) {
        let own = product.own.iter().map(|(name, ..)| *name);
        let tested: BTreeSet<&str> = own
            .chain(product.of_calls.iter().map(|(name, ..)| *name))
            .chain([
                "agent_ids",
                "campaign_id",
                "campaign_ids",
                "created",
                "calls",
                "lost_after",
                "stage",
                "date_from",
                "date_to",
                "from",
                "to",
                "window",
                "timezone",
                "team_id",
                "limit",
                "after",
                "count",
            ])
            .collect();
        let all = list.parameters().map(|parameter| parameter.plain());
        let missing: Vec<&str> = all.filter(|name| !tested.contains(name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", list.path);
    }
}

#[tokio::test]
async fn filters_together_list_the_leads_that_pass_all_of_them() {
    let (test, world) = (TestApp::new().await, world(42, 400));
    test.ingest(&world.lines).await;
    let mut random = StdRng::seed_from_u64(42);
    for product in products() {
        let leads = leads_of(&world, &product);
        let is_autocall = product.list == AUTOCALL;
        let mut listed = 0;
        for _ in 0..250 {
            let mut pick = |of: &[&'static str]| of[random.random_range(0..of.len())];
            let given = |value: &'static str| (!value.is_empty()).then_some(value);
            let campaigns: &[&str] = if is_autocall {
                &["", "1,3", "2"]
            } else {
                &["", "2"]
            };
            let agents: &[&str] = if is_autocall {
                &[""]
            } else {
                &["", "", "1,2,3,4"]
            };
            let mut asked = Asked {
                campaign: given(pick(campaigns)),
                agents: given(pick(agents)),
                is_bounded: pick(&["", "x", "x"]) == "x",
                created: given(pick(&["", "", "all", "before_end", "in_window"])),
                calls: given(pick(&["", "", "ever", "in_window"])),
                ..Asked::default()
            };
            if random.random_bool(0.5) {
                asked.stage = Some(random.random_range(0..product.stages.len()));
            } else if random.random_bool(0.5) {
                asked.lost_after = Some(random.random_range(0..product.stages.len() - 1));
            }
            if random.random_bool(0.3) {
                // Stages of analytics are own filters here, and the parameter is given once.
                let own: Vec<&Own> = product.own.iter().filter(|own| own.0 != "stage").collect();
                let filter = own[random.random_range(0..own.len())];
                asked
                    .own
                    .push((*filter, filter.1[random.random_range(0..filter.1.len())]));
            }
            if random.random_bool(0.4) {
                let filter = product.of_calls[random.random_range(0..product.of_calls.len())];
                let value = filter.1[random.random_range(0..filter.1.len())];
                asked.of_calls.push((filter, value));
            }
            listed += assert_listed(&test, &product, &leads, &asked).await;
        }
        assert!(listed > 1_000, "{}: only {listed}", product.list);
    }
}
