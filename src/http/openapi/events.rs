//! Events as the `webhooks` of the document: the requests that receivers get, from the catalogue of events.

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

use super::shape::pascal;
use crate::table::Schemas;
use crate::webhooks::event::catalogue::{EVENTS, Event};
use crate::webhooks::signature::{HEADERS, OLD_SIGNATURE};

/// A request a name.
pub fn requests() -> Value {
    let requests = EVENTS
        .iter()
        .map(|event| (event.name.to_owned(), request(event)));
    requests.collect::<Map<_, _>>().into()
}

fn request(event: &Event) -> Value {
    let sample: Value = serde_json::from_str(event.sample).unwrap_or_default(); // infallible: tests read every sample
    let headers = HEADERS.map(|(name, about)| {
        json!({"name": name, "in": "header", "description": about, "required": name != OLD_SIGNATURE, "schema": {"type": "string"}})
    });
    let answer = |about: &str| json!({"description": about});
    json!({"post": {
        "tags": ["Webhooks"],
        "summary": event.name,
        "description": event.about.trim(),
        "operationId": format!("{}_event", words(event)),
        "parameters": headers,
        "requestBody": {
            "required": true,
            "content": {"application/json": {
                "schema": {"$ref": format!("#/components/schemas/{}", name(event))},
                "example": sample,
            }},
        },
        "responses": {
            "2XX": answer("The receiver has taken it, if its whole answer arrives within 5 seconds."),
            "410": answer("The receiver wants no more events: the webhook is suspended."),
            "default": answer("It is sent again, with the same webhook-id; redirects are not followed."),
        },
        "security": [],
    }})
}

/// The name of an event as words: `autocall_call_completed`.
fn words(event: &Event) -> String {
    event.name.replace('.', "_")
}

/// The name of the schema of its body: `AutocallCallCompletedEvent`.
fn name(event: &Event) -> String {
    format!("{}Event", pascal(&words(event)))
}

/// The schemas of all bodies, and those that they name.
pub fn schemas() -> Schemas {
    let mut schemas = Schemas::new();
    for event in EVENTS {
        let data = (event.schema)(&mut schemas);
        schemas.push((name(event), body(event, data)));
    }
    schemas
}

fn body(event: &Event, mut data: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::Ref(data) = &mut data {
        data.description = "Data of the event.".into();
    }
    let text = |about: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
    };
    let tenant = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("The account."));
    let written = text("Time at which the event was written.")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    let members: [(&str, RefOr<Schema>); 4] = [
        (
            "event",
            text("Name of the event.")
                .enum_values(Some([event.name]))
                .into(),
        ),
        ("timestamp", written.into()),
        ("tenant_id", tenant.into()),
        ("data", data),
    ];
    let body = ObjectBuilder::new().description(Some(event.about.trim()));
    let body = members.into_iter().fold(body, |body, (name, schema)| {
        body.property(name, schema).required(name)
    });
    body.into()
}
