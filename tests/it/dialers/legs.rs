//! Legs through the store itself: any order, twice, and by several instances at once.

use callboard::dialers::leg::{Ending, Leg, Part, Source, Vocabulary};
use callboard::dialers::store::{self, Door, Outcomes};
use callboard::ingest::Locale;
use callboard::rollups::Module;
use callboard::time::Zone;
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::support::{TENANT, TestApp};

fn door(unrouted: Module) -> Door {
    Door {
        tenant: TENANT,
        locale: Locale {
            zone: Zone::UTC,
            country_code: 84,
        },
        source: Source::Freeswitch,
        unrouted,
        events: true,
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2026-06-01T00:00:00Z".parse().expect("an instant");
    first + TimeDelta::seconds(seconds)
}

/// A leg that nobody answered.
fn leg(key: &str, part: Part, began: i64) -> Leg {
    Leg {
        key: key.into(),
        call: key.into(),
        family: vec![key.into()],
        part,
        started_at: Some(at(began)),
        answered_at: None,
        ended_at: Some(at(began + 30)),
        billsec: 0,
        ending: Some(Ending {
            vocabulary: Vocabulary::Cause,
            name: "NO_ANSWER".into(),
        }),
        from: Some("1001".into()),
        to: Some("0987654321".into()),
        keys: None,
        agent: None,
        wrap_sec: None,
        provider: None,
        abandoned: false,
        fields: [("accountcode".to_owned(), "sales".to_owned())].into(),
    }
}

/// Calls with legs that dial, forks that lose, and records that come twice, in progress first.
fn legs_of_calls(random: &mut StdRng, calls: i64) -> Vec<Leg> {
    let mut legs = Vec::new();
    for call in 0..calls {
        let (id, began) = (format!("call-{call}"), random.random_range(0..86_400));
        let mut whole = leg(&id, Part::Whole, began);
        whole.to = Some(format!("098{:07}", call % 37));
        whole
            .fields
            .insert("campaign_id".into(), (call % 3 + 1).to_string());
        let forks = random.random_range(0..4);
        for fork in 0..forks {
            let mut dialed = leg(&format!("{id}-{fork}"), Part::Dialed, began + fork);
            dialed.family = vec![dialed.key.clone(), id.clone()];
            dialed.call.clone_from(&id);
            dialed.to.clone_from(&whole.to);
            let name = ["USER_BUSY", "NO_ANSWER", "CALL_REJECTED", "UNHEARD_OF"];
            dialed.ending = Some(Ending {
                vocabulary: Vocabulary::Cause,
                name: name[random.random_range(0..name.len())].into(),
            });
            if fork == 0 && random.random_bool(0.5) {
                dialed.answered_at = Some(at(began + 5));
                dialed.billsec = random.random_range(0..600);
                dialed.agent = Some(format!("agent{}", call % 5));
                let mut early = dialed.clone();
                (early.ended_at, early.ending, early.billsec) = (None, None, 0);
                legs.push(early);
            }
            legs.push(dialed);
        }
        legs.push(whole);
    }
    legs
}

async fn put(app: &TestApp, legs: &[Leg]) -> Outcomes {
    let legs: Vec<(u64, Leg)> = (1..).zip(legs.iter().cloned().map(Leg::storable)).collect();
    let stored = store::store(&app.app.db, &door(Module::Autocall), &legs, at(90_000)).await;
    stored.expect("stored")
}

/// What is reported, by names instead of ids.
async fn reported(app: &TestApp) -> Vec<Value> {
    let sql = "select to_jsonb(r) from (
        select a.uuid, a.started_at, a.answered_at, a.ended_at, a.result, a.hangup_cause, a.billsec, a.attempt_number,
               c.name as campaign, l.phone, l.created_at, g.username as agent, d.ending, d.is_unmapped
        from autocall_attempts a
        join autocall_campaigns c on c.id = a.campaign_id
        join autocall_leads l on l.id = a.lead_id
        left join agents g on g.id = a.agent_id
        join dialer_calls d on d.id = a.uuid
        order by a.uuid) as r";
    app.query(TENANT, sql).await
}

#[tokio::test]
async fn legs_are_the_same_calls_in_any_order_twice_and_at_once() {
    let mut random = StdRng::seed_from_u64(19);
    let legs = legs_of_calls(&mut random, 120);
    let expected = {
        let app = TestApp::new().await;
        let outcomes = put(&app, &legs).await;
        assert_eq!((outcomes.calls.len(), outcomes.refused.len()), (120, 0));
        assert_eq!(outcomes.created.campaigns, 3);
        let again = put(&app, &legs).await;
        assert_eq!(again.created, Default::default(), "nothing is made twice");
        reported(&app).await
    };
    assert_eq!(expected.len(), 120);
    let results: std::collections::BTreeSet<&str> = expected
        .iter()
        .filter_map(|call| call["result"].as_str())
        .collect();
    assert_eq!(results.len(), 4, "{results:?}");

    for seed in 0..3 {
        let app = TestApp::new().await;
        let mut shuffled = legs.clone();
        shuffled.extend(legs.iter().step_by(3).cloned());
        shuffled.shuffle(&mut StdRng::seed_from_u64(seed));
        let half = shuffled.len() / 2;
        let (one, other) = shuffled.split_at(half);
        let chunked = async |legs: &[Leg]| {
            for chunk in legs.chunks(7) {
                put(&app, chunk).await;
            }
        };
        tokio::join!(chunked(one), chunked(other));
        assert_eq!(reported(&app).await, expected, "seed {seed}");
    }
}

#[tokio::test]
async fn a_leg_that_joins_two_calls_makes_them_one() {
    let app = TestApp::new().await;
    let (mut one, mut other) = (leg("b", Part::Dialed, 10), leg("a", Part::Dialed, 0));
    put(&app, &[one.clone()]).await;
    put(&app, &[other.clone()]).await;
    assert_eq!(reported(&app).await.len(), 2);
    one.family.push("a".into());
    one.fields.insert("bridge_uuid".into(), "a".into());
    put(&app, &[one.clone()]).await;
    let joined = reported(&app).await;
    assert_eq!((joined.len(), &joined[0]["uuid"]), (1, &"a".into()));
    // The other way round too: the one that names the other first.
    let app = TestApp::new().await;
    put(&app, &[one]).await;
    other.family.push("b".into());
    put(&app, &[other]).await;
    assert_eq!(reported(&app).await, joined);
}

#[tokio::test]
async fn an_agents_leg_that_stood_by_does_not_begin_the_call() {
    let app = TestApp::new().await;
    let mut agent = leg("agent", Part::Dialed, 0);
    agent.to = Some("1001".into());
    (agent.answered_at, agent.ended_at) = (Some(at(2)), Some(at(7_300)));
    let mut dialed = leg("called", Part::Dialed, 7_200);
    (dialed.answered_at, dialed.billsec) = (Some(at(7_210)), 20);
    for leg in [&mut agent, &mut dialed] {
        leg.family.push("agent+called".into());
    }
    for legs in [[&dialed, &agent], [&agent, &dialed]] {
        put(&app, &legs.map(Clone::clone)).await;
        let call = reported(&app).await.remove(0);
        assert_eq!(call["started_at"], "2026-06-01T02:00:00+00:00");
        assert_eq!(
            (&call["answered_at"], &call["billsec"]),
            (&"2026-06-01T02:00:10+00:00".into(), &20.into())
        );
    }
}

#[tokio::test]
async fn late_attempts_take_their_place_among_those_of_their_lead() {
    let app = TestApp::new().await;
    for began in [500, 100, 900, 300] {
        let outcomes = put(&app, &[leg(&format!("call-{began}"), Part::Dialed, began)]).await;
        assert_eq!(outcomes.created.leads, u64::from(began == 500));
    }
    let numbers: Vec<(Value, Value)> = reported(&app)
        .await
        .iter()
        .map(|call| (call["uuid"].clone(), call["attempt_number"].clone()))
        .collect();
    let expected = [
        ("call-100", 1),
        ("call-300", 2),
        ("call-500", 3),
        ("call-900", 4),
    ];
    assert_eq!(
        numbers,
        expected.map(|(uuid, number)| (uuid.into(), number.into()))
    );
    let created = &reported(&app).await[0]["created_at"];
    assert_eq!(created, &Value::from("2026-06-01T00:01:40+00:00"));
}

#[tokio::test]
async fn calls_that_cannot_be_placed_are_refused_and_others_stored() {
    let app = TestApp::new().await;
    let mut strange = leg("strange", Part::Dialed, 0);
    strange.to = Some("90123456789012345678".into());
    let mut inbound = leg("inbound", Part::Whole, 0);
    (inbound.from, inbound.to) = (Some("0987654321".into()), Some("1001".into()));
    let outcomes = put(&app, &[strange, inbound, leg("fine", Part::Dialed, 0)]).await;
    let refused = &outcomes.refused;
    assert!(
        matches!(refused.as_slice(), [(1, reason)] if reason.contains("90123456789012345678")),
        "{refused:?}"
    );
    assert_eq!(outcomes.ignored, [("inbound", 1)].into());
    assert_eq!(reported(&app).await.len(), 1);
}
