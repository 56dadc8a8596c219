//! Readers: the parts of statements that read roll-ups.
//!
//! A reader has arguments and is included in a statement by name (`statement`). Must not know how sums are computed.

use super::catalog::{Counter, Dimension, Family, Rollup, Scope};
use super::moved;
use super::template::{all, joined, part, sql};

/// A select with arguments, its holes `{{:…}}`.
#[derive(Debug)]
pub struct Reader {
    pub name: String,
    /// The select for the agents of an array, if the reader knows agents.
    pub of_agents: Option<String>,
    /// The select for all agents together.
    pub text: String,
}

impl Reader {
    pub fn new(name: impl Into<String>, text: String) -> Self {
        Self {
            name: name.into(),
            of_agents: None,
            text,
        }
    }

    /// True if it reads sums by source.
    pub fn takes_sources(&self) -> bool {
        self.text.contains("{{:sources}}")
    }
}

/// The reader of a roll-up: rows with a local time, an agent, the value of the dimension and the counters.
pub fn reader(family: &Family, rollup: &Rollup) -> Reader {
    Reader {
        name: rollup.name.to_owned(),
        of_agents: family
            .agent
            .map(|agent| select(family, rollup, Some(agent))),
        text: select(family, rollup, None),
    }
}

/// The select of a reader: for the agents of an array in that column, or for all agents together.
fn select(family: &Family, rollup: &Rollup, agents: Option<&str>) -> String {
    let agent = family
        .agent
        .map_or("0".to_owned(), |agent| format!("coalesce(r.{agent}, 0)"));
    let (each_agent, agent_id, wanted) = match agents {
        Some(_) => (
            "cross join unnest({{:agents}}) as agent (id)",
            "agent.id",
            part(sql!("reader_agents"), &[]),
        ),
        None => ("", "0", String::new()),
    };
    let of_row = |counter: fn(&Counter) -> String| rollup.columns(Dimension::of_row, counter);
    let entries = of_row(|it| format!("r.weight * {}", it.of_row()));
    let lead = rollup.attribute.map_or(String::new(), |attribute| {
        moved::lead_of_each(family, attribute)
    });
    let rows = narrowed(agents, rollup.scopes)
        .into_iter()
        .map(|mut conditions| {
            conditions.extend(rollup.condition());
            let conditions = all(conditions);
            let rows = part(
                sql!("reader_rows"),
                &[
                    ("agent", &agent),
                    ("wanted", &wanted),
                    ("entries", &entries),
                    ("table", &family.table),
                    ("conditions", &conditions),
                    ("lead", &lead),
                    ("at", &family.at),
                    ("rows", &of_row(Counter::of_row)),
                ],
            );
            let moved = rollup.attribute.map(|attribute| {
                part(
                    sql!("reader_moved"),
                    &[
                        ("agent", &agent),
                        ("wanted", &wanted),
                        ("entries", &entries),
                        (
                            "moved",
                            &moved::relation(family, attribute, "{{:rows_from}}"),
                        ),
                        ("conditions", &conditions),
                        ("lead", &moved::lead_of_moved(attribute)),
                    ],
                )
            });
            joined([rows].into_iter().chain(moved), "\n")
        });
    let stored = rollup.columns(
        |value| format!("stored.{}", value.name),
        |it| format!("stored.{}", it.name),
    );
    let text = part(
        sql!("reader"),
        &[
            ("stored", &stored),
            ("each_agent", &each_agent),
            ("agent_id", &agent_id),
            ("rollup", &rollup.name),
            ("rows", &joined(rows, "\n")),
        ],
    );
    match rollup.attribute {
        Some(attribute) => part(
            sql!("reader_by_attribute"),
            &[("reader", &text), ("name", &attribute.value.name)],
        ),
        None => text,
    }
}

/// An array of the agents of a telesales scope with a call at any time.
pub fn agents_of_calls() -> Reader {
    Reader::new("agents_of_calls", part(sql!("agents_of_calls"), &[]))
}

/// Agents of a telesales scope with a dial in a plan's window, among those of an array, or all if it is null.
pub fn agents_dialing(totals: &Reader) -> Reader {
    let of_uncertain = totals.of_agents.as_deref().unwrap_or_default();
    let of_uncertain = of_uncertain.replace("{{:agents}}", "uncertain.ids");
    let text = part(
        sql!("agents_dialing"),
        &[
            ("agents_of_calls", &agents_of_calls().text),
            ("totals", &of_uncertain),
        ],
    );
    Reader::new("agents_dialing", text)
}

/// Like [`agents_dialing`], of leads from some sources. `totals`: by source.
pub fn agents_dialing_by_source(totals: &Reader) -> Reader {
    let of_everyone = totals.of_agents.as_deref().unwrap_or_default();
    let of_everyone = of_everyone.replace("{{:agents}}", "everyone.ids");
    let text = part(
        sql!("agents_dialing_by_source"),
        &[
            ("agents_of_calls", &agents_of_calls().text),
            ("totals", &of_everyone),
        ],
    );
    Reader::new("agents_dialing_by_source", text)
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
