//! Operations of resources: bodies made from their members, examples, shared failures, and links from one to the next.

use serde_json::{Map, Value, json};
use utoipa::ToSchema as _;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ObjectBuilder, SchemaType, Type,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Schema};

use super::ingest::property;
use super::parameters::header_parameter;
use super::responses::failed;
use crate::http::once;
use crate::idempotency::HEADER;
use crate::ingest::field::{self, Field, Presence};
use crate::resources::list::Listed;
use crate::resources::members::Members;
use crate::resources::scripts::actions::{Action, MAX_ACTIONS};

/// Schema of a body that creates a resource.
pub fn created(about: &str, members: &Members) -> RefOr<Schema> {
    let required = |field: &&Field| field.presence == Presence::Required;
    members
        .settable
        .iter()
        .filter(required)
        .fold(object(about, members), |object, field| {
            object.required(field.name)
        })
        .into()
}

/// Schema of a body that changes a resource.
pub fn changed(about: &str, members: &Members) -> RefOr<Schema> {
    object(about, members).into()
}

fn object(about: &str, members: &Members) -> ObjectBuilder {
    let object = ObjectBuilder::new()
        .description(Some(about))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    members.settable.iter().fold(object, |object, field| {
        let property = match field.kind {
            field::Type::List => actions(field),
            _ => property(field),
        };
        object.property(field.name, property)
    })
}

/// Actions of a script's keys, which have stricter rules than those of ingest.
fn actions(field: &Field) -> RefOr<Schema> {
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .description(Some(field.about))
        .items(Ref::from_schema_name(Action::name()))
        .max_items(Some(MAX_ACTIONS))
        .into()
}

/// An operation on a resource that is linked from the one that creates it.
pub type Linked = (&'static str, &'static str);

/// Completes the operations of a resource at these paths: examples from that of its list, the failures that all of them
/// share, the `Idempotency-Key` of each POST, and links from each creation to `linked`, name and operation.
pub fn complete<T: Listed>(
    document: &mut OpenApi,
    paths: &[&str],
    members: &Members,
    linked: &[Linked],
) {
    let list: Value = serde_json::from_str(T::EXAMPLE).unwrap_or_default();
    let row = &list["data"][0];
    for path in paths {
        let Some(item) = document.paths.paths.get_mut(*path) else {
            continue;
        };
        let settable = |name: &&String| members.settable.iter().any(|field| field.name == *name);
        let sent: Map<String, Value> = row
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| settable(name) && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if let Some(post) = item.post.as_mut() {
            idempotent(post);
            request_example(post, sent.into());
            fail(post, path, true);
            if let Some(RefOr::T(response)) = post.responses.responses.get_mut("201") {
                link(response, linked);
            }
        }
        if let Some(patch) = item.patch.as_mut() {
            request_example(patch, json!({"name": row["name"]}));
            fail(patch, path, true);
        }
        for operation in [&mut item.get, &mut item.delete].into_iter().flatten() {
            fail(operation, path, false);
        }
        let operations = [&mut item.get, &mut item.post, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            respond_with(operation, row);
        }
    }
}

/// Adds the `Idempotency-Key` to the POST of a path.
pub fn add_key(document: &mut OpenApi, path: &str) {
    let item = document.paths.paths.get_mut(path);
    if let Some(post) = item.and_then(|item| item.post.as_mut()) {
        idempotent(post);
    }
}

fn idempotent(post: &mut Operation) {
    let key = header_parameter(HEADER, once::ABOUT, once::PATTERN);
    let parameters = post.parameters.get_or_insert_default();
    parameters.push(key.build().into());
}

fn request_example(operation: &mut Operation, example: Value) {
    if let Some(RefOr::T(body)) = operation.request_body.as_mut()
        && let Some(content) = body.content.get_mut("application/json")
    {
        exemplify(content, example);
    }
}

fn exemplify(content: &mut RefOr<Content>, example: Value) {
    if let RefOr::T(content) = content
        && content.example.is_none()
    {
        content.example = Some(example);
    }
}

/// Gives the row as the example of every successful response without one.
fn respond_with(operation: &mut Operation, row: &Value) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with('2')
            && let Some(content) = response.content.get_mut("application/json")
        {
            exemplify(content, json!({"data": row}));
        }
    }
}

/// Adds the failures of an operation by its path and body. A POST without a body has a key that can be invalid.
fn fail(operation: &mut Operation, path: &str, has_members: bool) {
    let has_body = operation.request_body.is_some();
    let failures = [
        ("400", has_body, "The body is not a JSON object."),
        ("404", path.contains('{'), "The account has no such row."),
        ("413", has_body, "The body is larger than 16 MiB."),
        ("415", has_body, "The body is not application/json."),
        ("422", has_members, "Invalid members, all of them listed."),
    ];
    for (status, applies, about) in failures {
        if applies {
            let responses = &mut operation.responses.responses;
            let failure = || {
                let response = ResponseBuilder::new().description(about);
                response
                    .content("application/json", failed(status))
                    .build()
                    .into()
            };
            responses.entry(status.to_owned()).or_insert_with(failure);
        }
    }
}

/// Links a created resource to its other operations, by its id.
fn link(response: &mut Response, linked: &[Linked]) {
    for (name, operation) in linked {
        let link = LinkBuilder::new()
            .operation_id(*operation)
            .parameter("id", "$response.body#/data/id");
        response
            .links
            .insert((*name).to_owned(), link.build().into());
    }
}
