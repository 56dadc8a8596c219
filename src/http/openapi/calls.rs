//! Operations of the lists of calls, made from their definitions.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, RefOr, Required, Schema};

use super::parameters::{described, integer};
use super::reports::{accept_language, conditional, files, tagged};
use super::responses::failures;
use crate::asked::About;
use crate::calls::{List, Place, Single};
use crate::input::Parameter;
use crate::leads;
use crate::table::Schemas;

/// Adds the operation of a list, with the schemas it refers to.
pub fn add_calls(document: &mut OpenApi, list: &List) {
    let mut schemas = Vec::new();
    let mut operation = operation(&list.about, list.schema(&mut schemas));
    if list.place == Place::Campaign {
        operation = operation.parameter(in_path("id", "The campaign.", integer()));
    }
    let operation = with_parameters(operation, list.parameters());
    add(document, list.path, operation, schemas);
}

/// Adds the operation of a list of leads.
pub fn add_leads(document: &mut OpenApi, list: &leads::List) {
    let mut schemas = Vec::new();
    let operation = operation(&list.about, list.schema(&mut schemas));
    let operation = with_parameters(operation, list.parameters());
    add(document, list.path, operation, schemas);
}

/// Adds the operation that returns a list as a file.
pub fn add_calls_file(document: &mut OpenApi, list: &List) {
    let title = format!("{} as a file", list.about.title);
    let found = files(ResponseBuilder::new().description(format!("{title}.")));
    let responses = failures(ResponsesBuilder::new().response("200", found)).build();
    let about = "Every row that passes, oldest first, with the phones and references of leads; at most 200,000. Each file is \
                 in the audit log.";
    let mut operation = OperationBuilder::new()
        .tag("Calls")
        .summary(Some(title))
        .description(Some(about))
        .operation_id(Some(format!("{}_export", list.about.name)))
        .responses(responses);
    if list.place == Place::Campaign {
        operation = operation.parameter(in_path("id", "The campaign.", integer()));
    }
    let operation = with_parameters(operation, list.file_parameters());
    let operation = operation.parameter(accept_language());
    add(document, &list.file_path(), operation, Vec::new());
}

/// Adds the operation of a product's single calls.
pub fn add_single_call(document: &mut OpenApi, single: &Single) {
    let mut schemas = Vec::new();
    let schema = single.schema(&mut schemas);
    let text = ObjectBuilder::new().schema_type(Type::String).into();
    let about = "Its uuid, percent-encoded, slashes too. The filter `uuid` of the list takes any.";
    let operation = operation(&single.about, schema).parameter(in_path("uuid", about, text));
    add(document, single.path, operation, schemas);
}

const MASKED: &str =
    "Without `calls_read` phones are masked, references left out, and there is no filter by phone.";

/// An operation that answers with calls or leads.
fn operation(about: &About, schema: RefOr<Schema>) -> OperationBuilder {
    let content = ContentBuilder::new()
        .schema(Some(schema))
        .example(serde_json::from_str(about.example).ok())
        .build();
    let found = tagged(ResponseBuilder::new().description("Calls."));
    let unchanged = tagged(ResponseBuilder::new().description("Not modified."));
    let responses = ResponsesBuilder::new()
        .response("200", found.content("application/json", content))
        .response("304", unchanged);
    let operation = OperationBuilder::new()
        .tag("Calls")
        .summary(Some(about.title))
        .description(Some(format!("{} {MASKED}", about.summary)))
        .operation_id(Some(about.name))
        .responses(failures(responses).build());
    conditional(operation)
}

fn with_parameters(
    operation: OperationBuilder,
    parameters: impl Iterator<Item = &'static Parameter>,
) -> OperationBuilder {
    parameters.fold(operation, |operation, parameter| {
        operation.parameter(described(parameter))
    })
}

fn in_path(name: &str, about: &str, schema: RefOr<Schema>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(schema))
}

fn add(document: &mut OpenApi, path: &str, operation: OperationBuilder, schemas: Schemas) {
    let item = PathItem::new(HttpMethod::Get, operation);
    document.paths.paths.insert(path.to_owned(), item);
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
}
