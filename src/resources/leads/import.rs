//! New leads: one, or a list of them by one insert.
//!
//! Owns duplicates: a phone, normalized, that the campaign has or that stands earlier in the list.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::Executor;

use super::super::ids;
use super::super::members::{Members, Object};
use super::LockedCampaign;
use super::items::{Invalid, ItemFaults, Items};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::ingest::field::Locale;
use crate::ingest::kind::field;
use crate::json;

/// Members of a new lead.
pub const MEMBERS: Members = Members {
    settable: &[
        field("autocall_lead", "phone"),
        field("autocall_lead", "external_ref"),
        field("autocall_lead", "payload"),
    ],
    shown: &[
        "id",
        "campaign_id",
        "status",
        "total_attempts",
        "last_attempt_at",
        "last_result",
        "created_at",
    ],
};

/// Other spellings of members.
pub const SPELLINGS: [(&str, &str); 2] = [(PHONE, PHONE_NUMBER), ("payload", "variables")];
const PHONE: &str = "phone";
const PHONE_NUMBER: &str = "phone_number";

/// A lead that is to be added.
#[derive(Debug, Clone)]
pub struct NewLead {
    /// In E.164 without its plus.
    phone: String,
    phone_as_sent: String,
    /// Name of the member that held it.
    phone_name: &'static str,
    external_ref: Option<String>,
    payload: String,
}

impl NewLead {
    /// Reads the members of a new lead, in either spelling. Faults are reported by the names that were sent.
    pub fn read(mut object: Object, locale: Locale) -> Result<Self, Faults> {
        let (mut faults, mut respelled) = (Faults::default(), Vec::new());
        let is_given = |value: &RawValue| !json::is_blank(value.get());
        for (name, other) in SPELLINGS {
            let Some(value) = object.remove(other) else {
                continue;
            };
            let is_taken = object.get(name).is_some_and(|value| is_given(value));
            if is_taken && is_given(&value) {
                faults.add(
                    other,
                    format!("is another name of {name}: send one of them."),
                );
            } else if is_given(&value) {
                object.insert(name.to_owned(), value);
                respelled.push((name, other));
            }
        }
        let mut found = Faults::default();
        let columns = MEMBERS.create(&object, locale, &mut found);
        for (name, messages) in found.iter() {
            let respelled = respelled.iter().find(|(member, _)| *member == name);
            let name = respelled.map_or(name, |(_, other)| other);
            messages
                .iter()
                .for_each(|message| faults.add(name, message));
        }
        let is_respelled = respelled.iter().any(|(member, _)| *member == PHONE);
        let phone_name = if is_respelled { PHONE_NUMBER } else { PHONE };
        let phone = columns
            .text("phone")
            .and_then(|phone| phone.split_once('\t'));
        match phone {
            Some((phone, as_sent)) if faults.is_empty() => Ok(Self {
                phone: phone.to_owned(),
                phone_as_sent: as_sent.to_owned(),
                phone_name,
                external_ref: columns.text("external_ref").map(str::to_owned),
                payload: columns
                    .json("payload")
                    .map_or("{}", RawValue::get)
                    .to_owned(),
            }),
            _ => Err(faults),
        }
    }

    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }
}

/// Items of an import, each read or with its faults.
#[derive(Debug)]
pub struct Import(Vec<Result<NewLead, Faults>>);

impl Import {
    pub fn read(items: &Items, locale: Locale) -> Self {
        let read = |object: Result<Object, Faults>| NewLead::read(object?, locale);
        Self(items.objects().map(read).collect())
    }
}

/// Result of an import.
#[derive(Debug, Default, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AutocallLeadsAdded)]
pub struct Added {
    /// Leads that were added.
    pub added: u64,
    /// Items whose phone the campaign has, or that stands earlier in the list.
    pub duplicates: u64,
    /// Items that were rejected.
    pub invalid: u64,
    /// The first 100 rejected items.
    pub errors: Vec<ItemFaults>,
    /// For each item the id of its lead: of the one that is there for a duplicate, null for a rejected item.
    pub ids: Vec<Option<i64>>,
}

impl Added {
    /// True if every item was rejected.
    pub fn is_refused(&self) -> bool {
        self.added == 0 && self.duplicates == 0
    }
}

/// Adds the valid leads of a list that the campaign does not have. Its campaign takes leads
/// ([`LockedCampaign::takes_leads`]), unless no item is valid.
pub async fn add_many(
    scope: &mut Scope,
    campaign: &LockedCampaign,
    import: Import,
) -> Result<Added> {
    let (mut invalid, mut phones) = (Invalid::default(), Vec::with_capacity(import.0.len()));
    let mut leads: Vec<NewLead> = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::new();
    for (index, item) in import.0.into_iter().enumerate() {
        match item {
            Ok(lead) => {
                phones.push(Some(lead.phone.clone()));
                if let Entry::Vacant(place) = first.entry(lead.phone.clone()) {
                    place.insert(index);
                    leads.push(lead);
                }
            }
            Err(errors) => {
                phones.push(None);
                invalid.add(index, errors);
            }
        }
    }
    let valid = phones.len() as u64 - invalid.count;
    let mut ids = HashMap::new();
    let mut added = 0;
    if valid > 0 {
        campaign.takes_leads()?;
        ids = present(scope, campaign, &leads).await?;
        leads.retain(|lead| !ids.contains_key(&lead.phone));
        added = leads.len() as u64;
        ids.extend(insert(scope, campaign, leads).await?);
    }
    let id_of = |phone: Option<String>| phone.and_then(|phone| ids.get(&phone).copied());
    Ok(Added {
        added,
        duplicates: valid - added,
        invalid: invalid.count,
        errors: invalid.reported,
        ids: phones.into_iter().map(id_of).collect(),
    })
}

/// Adds one lead and returns its id. `Conflict` if the campaign has its phone, or takes no leads.
pub async fn add_one(scope: &mut Scope, campaign: &LockedCampaign, lead: NewLead) -> Result<i64> {
    campaign.takes_leads()?;
    let phone_name = lead.phone_name;
    let leads = vec![lead];
    if !present(scope, campaign, &leads).await?.is_empty() {
        let mut faults = Faults::default();
        faults.add(phone_name, "belongs to a lead of this campaign.");
        let rule = "The campaign has a lead with this phone already.";
        return Err(Error::Conflict(rule.into(), faults));
    }
    let inserted = insert(scope, campaign, leads).await?;
    let id = inserted.into_values().next();
    id.ok_or_else(|| Error::internal("bug: a lead without an id"))
}

/// Ids of the leads that have one of these phones already, by phone.
async fn present(
    scope: &mut Scope,
    campaign: &LockedCampaign,
    leads: &[NewLead],
) -> Result<HashMap<String, i64>> {
    let phones: Vec<&str> = leads.iter().map(|lead| lead.phone.as_str()).collect();
    let select = scope.select::<(String, i64)>(include_str!("present.sql"));
    let select = select.bind(campaign.id).bind(phones);
    let rows = select.fetch_all(scope.connection()).await?;
    Ok(rows.into_iter().collect())
}

/// Inserts leads in their order, and returns their ids by phone. All by one statement: each makes events of its own.
async fn insert(
    scope: &mut Scope,
    campaign: &LockedCampaign,
    leads: Vec<NewLead>,
) -> Result<HashMap<String, i64>> {
    scope.make_events().await?;
    let sql = "set local callboard.leads_added = 'on'; savepoint leads";
    scope.connection().execute(sql).await?;
    loop {
        let ids = ids::next(scope, leads.len()).await?;
        if insert_as(scope, campaign, &leads, &ids).await? == leads.len() {
            let phones = leads.into_iter().map(|lead| lead.phone);
            return Ok(phones.zip(ids).collect());
        }
        // Ingest has stored leads with some of these ids since. Those are skipped now.
        let sql = "rollback to savepoint leads";
        scope.connection().execute(sql).await?;
    }
}

/// Inserts leads with these ids, except those that are taken. Returns the number of inserted leads.
async fn insert_as(
    scope: &mut Scope,
    campaign: &LockedCampaign,
    leads: &[NewLead],
    ids: &[i64],
) -> Result<usize> {
    let column = |value: fn(&NewLead) -> Option<&str>| -> Vec<Option<String>> {
        let owned = |lead| value(lead).map(str::to_owned);
        leads.iter().map(owned).collect()
    };
    let insert = scope.query(include_str!("insert.sql"));
    let insert = insert
        .bind(campaign.id)
        .bind(ids.to_vec())
        .bind(column(|lead| Some(&lead.phone)))
        .bind(column(|lead| Some(&lead.phone_as_sent)))
        .bind(column(NewLead::external_ref))
        .bind(column(|lead| Some(&lead.payload)));
    let inserted = insert.execute(scope.connection()).await?.rows_affected();
    usize::try_from(inserted).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::time::Zone;

    const LOCALE: Locale = Locale {
        zone: Zone::UTC,
        country_code: 84,
    };

    fn read(json: &Value) -> Result<NewLead, Vec<String>> {
        let object = serde_json::from_str(&json.to_string()).unwrap();
        NewLead::read(object, LOCALE)
            .map_err(|faults| faults.iter().map(|(field, _)| field.to_owned()).collect())
    }

    #[test]
    fn a_lead_is_read_in_either_spelling() {
        for json in [
            json!({"phone": "0987 654 321", "payload": {"a": 1}, "external_ref": " "}),
            json!({"phone_number": "0987 654 321", "variables": {"a": 1}}),
            json!({"phone": null, "phone_number": "0987 654 321", "payload": {"a": 1}, "variables": ""}),
        ] {
            let lead = read(&json).unwrap();
            assert_eq!(
                (&*lead.phone, &*lead.phone_as_sent, &*lead.payload),
                ("84987654321", "0987 654 321", r#"{"a":1}"#),
                "{json}"
            );
            assert_eq!(lead.external_ref, None);
        }
    }

    #[test]
    fn faults_have_the_name_that_was_sent() {
        for (json, faulty) in [
            (json!({}), vec!["phone"]),
            (
                json!({"phone_number": "12", "variables": []}),
                vec!["phone_number", "variables"],
            ),
            (
                json!({"phone": "12", "payload": 1, "x": 1, "status": "dnc"}),
                vec!["payload", "phone", "status", "x"],
            ),
            (
                json!({"phone": "0987654321", "phone_number": "0987654321", "payload": {}, "variables": {}}),
                vec!["phone_number", "variables"],
            ),
        ] {
            assert_eq!(read(&json).unwrap_err(), faulty, "{json}");
        }
    }
}
