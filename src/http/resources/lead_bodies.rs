//! Bodies of requests for leads: read off the runtime's threads, because they can be large, and documented.

use serde::Serialize;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder};
use utoipa::openapi::{OpenApi, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::http::openapi::resources;
use crate::http::{body, openapi, paths};
use crate::ingest::Locale;
use crate::resources::leads::import::{self, Added, Import, NewLead, SPELLINGS};
use crate::resources::leads::items::{Items, LEADS};
use crate::resources::leads::{AutocallLead, MEMBERS, MOST};
use crate::resources::list::{self, Listed};

/// Completes the operations in the document.
pub fn complete(document: &mut OpenApi) {
    let leads = paths::CAMPAIGN_LEADS;
    let page = document.paths.paths.get_mut(leads);
    if let Some(get) = page.and_then(|page| page.get.as_mut()) {
        let parameters = list::parameters::<AutocallLead>().map(openapi::described);
        let parameters = parameters.map(|parameter| parameter.build().into());
        get.parameters.get_or_insert_default().extend(parameters);
        let example = serde_json::from_str(AutocallLead::EXAMPLE).ok();
        if let Some(RefOr::T(found)) = get.responses.responses.get_mut("200")
            && let Some(RefOr::T(content)) = found.content.get_mut("application/json")
        {
            content.example = example;
        }
    }
    let all = [leads, paths::CAMPAIGN_LEADS_IMPORT, paths::LEAD];
    resources::complete::<AutocallLead>(document, &all, &MEMBERS, &[]);
}

/// New leads of a request.
pub enum Addition {
    One(NewLead),
    Many(Import),
}

/// New leads as a request sent them.
pub struct Sent {
    /// True for a list of leads, valid or not.
    pub is_list: bool,
    pub addition: Result<Addition>,
}

impl Sent {
    /// Reads a body, or passes on the error of receiving it. Returns the body too.
    pub async fn read(body: Result<Vec<u8>>, locale: Locale) -> (Result<Vec<u8>>, Self) {
        let body = match body {
            Ok(body) => body,
            Err(error) => return (Err(error.clone()), Self::failed(error)),
        };
        let read = move || {
            let sent = Self::parse(&body, locale);
            (Ok(body), sent)
        };
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|error| {
            let error = Error::internal(error);
            (Err(error.clone()), Self::failed(error))
        })
    }

    fn failed(error: Error) -> Self {
        Self {
            is_list: false,
            addition: Err(error),
        }
    }

    fn parse(body: &[u8], locale: Locale) -> Self {
        let object = match body::members(body) {
            Ok(object) => object,
            Err(error) => return Self::failed(error),
        };
        let is_list = object.contains_key(LEADS);
        let addition = if is_list {
            Items::read(&object).map(|items| Addition::Many(Import::read(&items, locale)))
        } else {
            let lead = NewLead::read(object, locale);
            lead.map(Addition::One).map_err(Error::Invalid)
        };
        Self { is_list, addition }
    }
}

/// A list of changes.
pub struct Change;

impl Change {
    pub async fn read(body: Vec<u8>) -> Result<Items> {
        let read = move || Items::read(&body::members(&body)?);
        tokio::task::spawn_blocking(read)
            .await
            .map_err(Error::internal)?
    }
}

/// The answer to new leads: the lead, or the counts of a list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AutocallLeadsAnswer)]
#[expect(dead_code, reason = "documentation of two answers")]
pub enum Answer {
    One(Data<AutocallLead>),
    Many(Data<Added>),
}

/// A new lead.
pub struct NewAutocallLead;

impl PartialSchema for NewAutocallLead {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .description(Some(
                "A new lead: its phone is required, as `phone` or `phone_number`.",
            ))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        import::MEMBERS
            .settable
            .iter()
            .fold(object, |object, field| {
                let property = openapi::property(field);
                let other = SPELLINGS.iter().find(|(name, _)| *name == field.name);
                let object = match other {
                    Some((_, other)) => object.property(*other, property.clone()),
                    None => object,
                };
                object.property(field.name, property)
            })
            .into()
    }
}

impl ToSchema for NewAutocallLead {}

/// A list of new leads.
pub struct NewAutocallLeads;

impl PartialSchema for NewAutocallLeads {
    fn schema() -> RefOr<Schema> {
        list_of(
            "A list of new leads.",
            Ref::from_schema_name("NewAutocallLead").into(),
        )
    }
}

impl ToSchema for NewAutocallLeads {}

/// A new lead, or a list of them.
pub struct AutocallLeadsAddition;

impl PartialSchema for AutocallLeadsAddition {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(Ref::from_schema_name("NewAutocallLead"))
            .item(Ref::from_schema_name("NewAutocallLeads"))
            .description(Some("A new lead, or a list of them."))
            .into()
    }
}

impl ToSchema for AutocallLeadsAddition {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("NewAutocallLead".into(), NewAutocallLead::schema()));
        schemas.push(("NewAutocallLeads".into(), NewAutocallLeads::schema()));
    }
}

/// Members of a lead to change; null resets one to its default.
pub struct AutocallLeadChanges;

impl PartialSchema for AutocallLeadChanges {
    fn schema() -> RefOr<Schema> {
        resources::changed(
            "Members of a lead to change; null resets one to its default.",
            &MEMBERS,
        )
    }
}

impl ToSchema for AutocallLeadChanges {}

/// A list of changes to leads.
pub struct AutocallLeadItems;

impl PartialSchema for AutocallLeadItems {
    fn schema() -> RefOr<Schema> {
        let item = Ref::from_schema_name("AutocallLeadItem");
        list_of("A list of changes to leads.", item.into())
    }
}

impl ToSchema for AutocallLeadItems {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("AutocallLeadItem".into(), AutocallLeadItem::schema()));
    }
}

/// Changes to one lead of a list.
struct AutocallLeadItem;

impl PartialSchema for AutocallLeadItem {
    fn schema() -> RefOr<Schema> {
        let id = openapi::property(&crate::ingest::kind::field("autocall_lead", "id"));
        let object = ObjectBuilder::new()
            .description(Some("Members of a lead to change, and its id."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .property("id", id)
            .required("id");
        MEMBERS
            .settable
            .iter()
            .fold(object, |object, field| {
                object.property(field.name, openapi::property(field))
            })
            .into()
    }
}

fn list_of(about: &str, item: RefOr<Schema>) -> RefOr<Schema> {
    let items = ArrayBuilder::new()
        .items(item)
        .description(Some("The leads, in the order of their indices."))
        .min_items(Some(1))
        .max_items(Some(MOST));
    ObjectBuilder::new()
        .description(Some(about))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .property(LEADS, items)
        .required(LEADS)
        .into()
}
