//! Readers: the parts of statements that read roll-ups.
//!
//! A reader has arguments and is included in a statement by name (`statement`). Must not know how sums are computed.

use super::catalog::{Counter, Dimension, Family, Rollup, Scope};
use super::template::{all, joined, part, sql};

/// A select with arguments, its holes `{{:…}}`.
#[derive(Debug)]
pub struct Reader {
    pub name: String,
    pub text: String,
}

/// The reader of a roll-up: rows with a local time, an agent, the value of the dimension and the counters.
pub fn reader(family: &Family, rollup: &Rollup) -> Reader {
    let agent = family
        .agent
        .map_or("0".to_owned(), |agent| format!("coalesce(r.{agent}, 0)"));
    let wanted = family
        .agent
        .map_or(String::new(), |_| part(sql!("reader_agents"), &[]));
    let of_row = |counter: fn(&Counter) -> String| rollup.columns(Dimension::of_row, counter);
    let rows = narrowed(family.agent, rollup.scopes)
        .into_iter()
        .map(|mut conditions| {
            conditions.extend(rollup.condition());
            part(
                sql!("reader_rows"),
                &[
                    ("agent", &agent),
                    ("wanted", &wanted),
                    (
                        "entries",
                        &of_row(|it| format!("r.weight * {}", it.of_row())),
                    ),
                    ("table", &family.table),
                    ("conditions", &all(conditions)),
                    ("at", &family.at),
                    ("rows", &of_row(Counter::of_row)),
                ],
            )
        });
    let stored = rollup.columns(
        |value| format!("stored.{}", value.name),
        |it| format!("stored.{}", it.name),
    );
    let text = part(
        sql!("reader"),
        &[
            ("stored", &stored),
            ("rollup", &rollup.name),
            ("rows", &joined(rows, "\n")),
        ],
    );
    Reader {
        name: rollup.name.to_owned(),
        text,
    }
}

/// An array of the agents of a telesales scope with a call at any time.
pub fn agents_of_calls() -> Reader {
    Reader {
        name: "agents_of_calls".to_owned(),
        text: part(sql!("agents_of_calls"), &[]),
    }
}

/// Agents of a telesales scope with a dial in a plan's window, among those of an array, or all if it is null.
pub fn agents_dialing(totals: &Reader) -> Reader {
    let of_uncertain = totals.text.replace("{{:agents}}", "uncertain.ids");
    Reader {
        name: "agents_dialing".to_owned(),
        text: part(
            sql!("agents_dialing"),
            &[
                ("agents_of_calls", &agents_of_calls().text),
                ("totals", &of_uncertain),
            ],
        ),
    }
}

/// Conditions on the rows of a scope, the argument of a reader. At most one set of them can hold; they are separate, so that
/// each uses its own index.
pub fn narrowed(agent: Option<&str>, scopes: &[Scope]) -> Vec<Vec<String>> {
    let in_scopes = |test: &dyn Fn(Scope) -> bool| {
        let scopes = scopes.iter().filter(|scope| test(**scope));
        let scopes: Vec<String> = scopes.map(|scope| scope.sql()).collect();
        (!scopes.is_empty()).then(|| format!("{{{{:scope}}}} in ({})", scopes.join(", ")))
    };
    let by_agent = agent.and_then(|agent| {
        let everybody = in_scopes(&|scope| !scope.has_agent())?;
        Some(format!("({everybody} or r.{agent} <@ wanted.ids)"))
    });
    let campaign = in_scopes(&Scope::has_campaign)
        .map(|scopes| vec![scopes, "r.campaign_id = {{:campaign}}".to_owned()]);
    let account = in_scopes(&|scope| !scope.has_campaign()).map(|scopes| vec![scopes]);
    let all = campaign.into_iter().chain(account);
    all.map(|conditions| conditions.into_iter().chain(by_agent.clone()).collect())
        .collect()
}
