//! Changes of leads: of one, or of a list by one update.
//!
//! Items are applied in their order, on rows that are locked. Must not know HTTP.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::members::{Columns, Object};
use super::items::{Invalid, ItemFaults, Items};
use super::{AutocallLead, MEMBERS, with_columns};
use crate::auth::audit::Changes;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::ingest::field::Locale;
use crate::input::fault;
use crate::json;

const PAYLOAD: &str = "payload";
/// Members that need the attempts of a lead to be compared.
const OF_ATTEMPTS: [&str; 3] = ["total_attempts", "last_attempt_at", "last_result"];

/// Result of a change of many leads.
#[derive(Debug, Default, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AutocallLeadsChanged)]
pub struct Changed {
    /// Items that changed their lead.
    pub changed: u64,
    /// Items whose lead has these values, stored or by an item before.
    pub duplicates: u64,
    /// Items that were rejected.
    pub invalid: u64,
    /// The first 100 rejected items.
    pub errors: Vec<ItemFaults>,
    /// For each item the id of its lead, null for a rejected item.
    pub ids: Vec<Option<i64>>,
}

impl Changed {
    /// True if every item was rejected.
    pub fn is_refused(&self) -> bool {
        self.changed == 0 && self.duplicates == 0
    }
}

/// Changes leads of a campaign, each item by its `id`.
pub async fn change_many(
    scope: &mut Scope,
    campaign: i64,
    items: &Items,
    locale: Locale,
) -> Result<Changed> {
    let items: Vec<Result<(i64, Object), Faults>> = items.objects().map(with_id).collect();
    let valid = || items.iter().filter_map(|item| item.as_ref().ok());
    let with_attempts = valid().any(|(_, object)| names_attempts(object));
    let ids: Vec<i64> = valid().map(|(id, _)| *id).collect();
    let mut leads = Locked::lock(scope, ids, Some(campaign), with_attempts).await?;
    let (mut invalid, mut result) = (Invalid::default(), Changed::default());
    for (index, item) in items.into_iter().enumerate() {
        let applied = item.and_then(|(id, object)| Ok((id, leads.apply(id, &object, locale)?)));
        match applied {
            Ok((id, changes)) => {
                result.ids.push(Some(id));
                let count = if changes.is_empty() {
                    &mut result.duplicates
                } else {
                    &mut result.changed
                };
                *count += 1;
            }
            Err(errors) => {
                result.ids.push(None);
                invalid.add(index, errors);
            }
        }
    }
    leads.store(scope).await?;
    (result.invalid, result.errors) = (invalid.count, invalid.reported);
    Ok(result)
}

/// Changes a lead, and returns it with its changes. `NotFound` if the tenant has no such lead; `Invalid` with every fault. The
/// object is read once the lead is found.
pub async fn change_one(
    scope: &mut Scope,
    id: i64,
    object: impl FnOnce() -> Result<Object>,
    locale: Locale,
) -> Result<(AutocallLead, Changes)> {
    let mut leads = Locked::lock(scope, vec![id], None, true).await?;
    if leads.rows.is_empty() {
        return Err(Error::NotFound);
    }
    let changes = leads
        .apply(id, &object()?, locale)
        .map_err(Error::Invalid)?;
    leads.store(scope).await?;
    let lead = leads.rows.remove(&id).map(|row| row.lead);
    Ok((lead.ok_or(Error::NotFound)?, changes))
}

/// The id of an item, and its other members.
fn with_id(object: Result<Object, Faults>) -> Result<(i64, Object), Faults> {
    let mut object = object?;
    let mut faults = Faults::default();
    let id = object.remove("id");
    let id = id.filter(|id| !json::is_blank(id.get()));
    match id.as_deref().map(|id| json::integer(id.get())) {
        Some(Some(id)) => return Ok((id, object)),
        Some(None) => faults.add("id", fault::of_field("id", fault::INTEGER)),
        None => faults.add("id", fault::of_field("id", fault::REQUIRED)),
    }
    Err(faults)
}

fn names_attempts(object: &Object) -> bool {
    OF_ATTEMPTS.iter().any(|name| object.contains_key(*name))
}

static LOCK: LazyLock<String> = LazyLock::new(|| with_columns(include_str!("lock.sql"), &[]));

/// Leads that a request changes, locked until the end of the transaction.
struct Locked {
    rows: HashMap<i64, Row>,
}

struct Row {
    lead: AutocallLead,
    is_changed: bool,
}

impl Locked {
    async fn lock(
        scope: &mut Scope,
        mut ids: Vec<i64>,
        campaign: Option<i64>,
        with_attempts: bool,
    ) -> Result<Self> {
        ids.sort_unstable();
        ids.dedup();
        let select = scope.select::<AutocallLead>(&LOCK);
        let select = select.bind(ids).bind(campaign).bind(with_attempts);
        let leads = select.fetch_all(scope.connection()).await?;
        let row = |lead: AutocallLead| {
            let row = Row {
                is_changed: false,
                lead,
            };
            (row.lead.id, row)
        };
        Ok(Self {
            rows: leads.into_iter().map(row).collect(),
        })
    }

    /// Applies the members of an object to a lead, and returns what they change.
    fn apply(&mut self, id: i64, object: &Object, locale: Locale) -> Result<Changes, Faults> {
        let mut faults = Faults::default();
        let Some(row) = self.rows.get_mut(&id) else {
            faults.add("id", format!("{id} was not found."));
            return Err(faults);
        };
        let mut shown = serde_json::to_value(&row.lead).unwrap_or_default(); // infallible: all keys are texts
        // Compared exactly below: a value may have lost digits of its numbers.
        shown
            .as_object_mut()
            .and_then(|shown| shown.remove(PAYLOAD));
        let columns = MEMBERS.change(object, &shown, locale, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let changes = row.lead.change(&columns, &shown);
        row.is_changed |= !changes.is_empty();
        Ok(changes)
    }

    /// Stores the changed leads.
    async fn store(&self, scope: &mut Scope) -> Result<()> {
        let changed = self.rows.values().filter(|row| row.is_changed);
        let leads: Vec<&AutocallLead> = changed.map(|row| &row.lead).collect();
        if leads.is_empty() {
            return Ok(());
        }
        scope.make_events().await?;
        let ids: Vec<i64> = leads.iter().map(|lead| lead.id).collect();
        let refs: Vec<Option<String>> =
            leads.iter().map(|lead| lead.external_ref.clone()).collect();
        let payloads: Vec<String> = leads
            .iter()
            .map(|lead| lead.payload.get().to_owned())
            .collect();
        let states: Vec<String> = leads.iter().map(|lead| lead.status.clone()).collect();
        let update = scope.query(include_str!("update.sql"));
        let update = update.bind(ids).bind(refs).bind(payloads).bind(states);
        update.execute(scope.connection()).await?;
        Ok(())
    }
}

impl AutocallLead {
    /// Sets the given columns, and returns those that differ, with their values before (`shown`) and now.
    fn change(&mut self, columns: &Columns, shown: &Value) -> Changes {
        let mut changes = Changes::new();
        for name in columns.names() {
            let text = columns.text(name);
            match name {
                PAYLOAD => {
                    let sent = columns.json(name).map(RawValue::get);
                    if let Some(sent) = sent.filter(|sent| !json::equal(sent, self.payload.get())) {
                        self.payload = RawValue::from_string(sent.to_owned()).unwrap_or_default();
                        changes.insert(name.to_owned(), Default::default());
                    }
                    continue;
                }
                "status" => text.unwrap_or_default().clone_into(&mut self.status),
                _ => self.external_ref = text.map(str::to_owned),
            }
            let (old, new) = (shown[name].clone(), Value::from(text));
            if old != new {
                changes.insert(name.to_owned(), (old, new));
            }
        }
        changes
    }
}
