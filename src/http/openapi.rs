//! The OpenAPI 3.1 document, generated from the routes and the reports themselves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa::PartialSchema as _;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem,
    Ref, RefOr, Required, Schema,
};

use super::error;
use crate::app::App;
use crate::auth::Permission;
use crate::campaigns::list::{self, Listed, Page};
use crate::exports::{csv, workbook};
use crate::query::{Kind, Parameter};
use crate::reports::report::{Definition, FORMAT, Module, Place};

/// The whole document.
pub fn generate() -> OpenApi {
    super::routes().into_openapi()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Running",
    responses((status = 200, description = "The OpenAPI 3.1 document of this server.", body = serde_json::Value)))]
pub async fn document(State(_): State<Arc<App>>) -> Json<OpenApi> {
    Json(generate())
}

/// What the document says before any route is added to it.
pub fn base() -> OpenApi {
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Callboard")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Reports on outbound-call campaigns. Windows are half-open; dates are read in the request's zone; \
             percentages are rounded half away from zero. Every failure has the body `{\"message\": …}`; a 422 lists \
             every faulty field under `errors`.",
        ))
        .license(Some(license))
        .build();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("A token from login or from `callboard token issue`."))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("token", SecurityScheme::Http(token))
        .schema_from::<error::Body>()
        .schemas_from_iter(super::lines::schemas())
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// Adds a report's operation, with the schemas it refers to.
pub fn add_report(document: &mut OpenApi, report: &Definition, permission: Permission) {
    let about = report.about;
    let mut schemas = Vec::new();
    let body = ObjectBuilder::new().property("data", report.schema(&mut schemas)).required("data");
    let example = serde_json::from_str(about.example).ok();
    let content = ContentBuilder::new().schema(Some(body)).example(example).build();
    let mut found = tagged(ResponseBuilder::new().description(about.title)).content("application/json", content);
    let mut operation = conditional(operation(report, permission)).operation_id(Some(operation_id(report)));
    if about.files {
        found = files(found);
        operation = operation.parameter(described(&FORMAT));
    }
    let unchanged = tagged(ResponseBuilder::new().description("The client has this answer: no figure has changed."));
    let responses = failures(ResponsesBuilder::new().response("200", found).response("304", unchanged)).build();
    document.paths.paths.insert(report.path(), PathItem::new(HttpMethod::Get, operation.responses(responses)));
    document.components.get_or_insert_default().schemas.extend(schemas);
}

/// Adds the operation that gives a report as a file.
pub fn add_export(document: &mut OpenApi, report: &Definition, permission: Permission) {
    let found = files(ResponseBuilder::new().description(format!("{} as a file.", report.about.title)));
    let responses = failures(ResponsesBuilder::new().response("200", found)).build();
    let formats = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["xlsx", "csv"]));
    let format = ParameterBuilder::new().name(FORMAT.name).parameter_in(ParameterIn::Query).schema(Some(formats));
    let operation = operation(report, permission)
        .operation_id(Some(format!("{}_export", operation_id(report))))
        .parameter(format.description(Some("What the file is; xlsx by default.")))
        .responses(responses);
    document.paths.paths.insert(report.export_path(), PathItem::new(HttpMethod::Get, operation));
}

/// Adds the operation of a list of campaigns.
pub fn add_list<T: Listed>(document: &mut OpenApi, path: &str, permission: Permission) {
    let mut schemas = vec![(T::name().into(), T::schema())];
    T::schemas(&mut schemas);
    let content =
        ContentBuilder::new().schema(Some(Page::<T>::schema())).example(serde_json::from_str(T::EXAMPLE).ok()).build();
    let found = ResponseBuilder::new().description("A page of campaigns.").content("application/json", content);
    let responses = failures(ResponsesBuilder::new().response("200", found)).build();
    let operation = guarded(permission)
        .tag("Campaigns")
        .summary(Some(T::TITLE))
        .operation_id(Some(path.trim_start_matches("/api/").replace('/', "_")))
        .responses(responses);
    let operation = list::PARAMETERS.iter().fold(operation, |operation, given| operation.parameter(described(given)));
    document.paths.paths.insert(path.to_owned(), PathItem::new(HttpMethod::Get, operation));
    document.components.get_or_insert_default().schemas.extend(schemas);
}

/// An operation that wants a token with that permission.
pub fn guarded(permission: Permission) -> OperationBuilder {
    OperationBuilder::new()
        .security(SecurityRequirement::new("token", [] as [&str; 0]))
        .extensions(Some(ExtensionsBuilder::new().add("x-permission", permission.name()).build()))
}

/// What the operations of a report share.
fn operation(report: &Definition, permission: Permission) -> OperationBuilder {
    let about = report.about;
    let tag = match about.module {
        Module::Autocall => "AutoCall reports",
        Module::Telesales => "Telesales reports",
    };
    let mut operation = guarded(permission).tag(tag).summary(Some(about.title)).description(Some(about.summary));
    if about.place == Place::OfCampaign {
        let id = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True);
        operation = operation.parameter(id.description(Some("The campaign.")).schema(Some(integer())));
    }
    report.parameters().fold(operation, |operation, parameter| operation.parameter(described(parameter)))
}

/// What a request may say about answers that are there already.
fn conditional(operation: OperationBuilder) -> OperationBuilder {
    let about = "ETags of answers the client has: while no figure changes, it gets a 304.";
    fresh(operation.parameter(header("If-None-Match", about)))
}

/// How old an answer may be.
pub fn fresh(operation: OperationBuilder) -> OperationBuilder {
    operation.parameter(header(
        "Cache-Control",
        "no-cache or max-age=0: the answer has everything committed before the request. max-age=N: it is at most \
         N seconds old.",
    ))
}

fn header(name: &str, about: &str) -> ParameterBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String);
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).description(Some(about)).schema(Some(text))
}

/// What is said about an answer in JSON, or about one that the client has.
fn tagged(response: ResponseBuilder) -> ResponseBuilder {
    let header = |of, about: &str| {
        HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(of))).description(Some(about)).build()
    };
    response
        .header(
            "ETag",
            header(
                Type::String,
                "A weak tag of the figures: it changes when one of them does, and only then. With JSON only.",
            ),
        )
        .header(
            "Age",
            header(
                Type::Integer,
                "How old the answer is, in whole seconds, 5 at most; absent where it was read for this request.",
            ),
        )
        .header("Cache-Control", header(Type::String, "private, no-cache"))
        .header("Vary", header(Type::String, "Authorization"))
}

fn operation_id(report: &Definition) -> String {
    format!("{}_{}", module_name(report.about.module), report.about.name.replace('-', "_"))
}

fn files(response: ResponseBuilder) -> ResponseBuilder {
    let binary = || ObjectBuilder::new().schema_type(Type::String).content_media_type("application/octet-stream");
    [csv::CONTENT_TYPE, workbook::CONTENT_TYPE]
        .into_iter()
        .fold(response, |response, kind| response.content(kind, ContentBuilder::new().schema(Some(binary())).build()))
}

pub fn module_name(module: Module) -> &'static str {
    match module {
        Module::Autocall => "autocall",
        Module::Telesales => "telesales",
    }
}

/// The ways every report can fail.
fn failures(responses: ResponsesBuilder) -> ResponsesBuilder {
    let failures = [
        ("401", "No valid token."),
        ("403", "The token lacks the permission."),
        ("404", "The account has no such thing."),
        ("422", "Parameters that cannot be worked with, every one listed."),
        ("503", "The database is out of reach."),
        ("504", "It took too long."),
    ];
    failures.into_iter().fold(responses, |responses, (status, description)| {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).example(failure(status)).build();
        responses.response(status, ResponseBuilder::new().description(description).content("application/json", body))
    })
}

/// The body of that status; of a 422, the one that document 002 shows.
pub fn failure(status: &str) -> Option<serde_json::Value> {
    let message = error::message(status.parse().ok()?);
    Some(match status {
        "422" => serde_json::json!({"message": message,
            "errors": {"date_to": ["The date_from..date_to range may not exceed 90 days."]}}),
        _ => serde_json::json!({"message": message}),
    })
}

fn described(parameter: &Parameter) -> ParameterBuilder {
    let required = if parameter.required { Required::True } else { Required::False };
    let described = ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .required(required)
        .description(Some(parameter.about))
        .schema(Some(schema(&parameter.kind)));
    match parameter.kind {
        Kind::IdList => described.style(Some(ParameterStyle::Form)).explode(Some(true)),
        _ => described,
    }
}

fn schema(kind: &Kind) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    match kind {
        Kind::Moment => text()
            .pattern(Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].+)?$"))
            .examples(["2026-06-01", "2026-06-01T00:00:00+07:00"])
            .into(),
        Kind::Zone => text().examples(["Asia/Ho_Chi_Minh"]).into(),
        Kind::Id => integer(),
        Kind::IdList => ArrayBuilder::new().items(integer()).max_items(Some(1000)).into(),
        Kind::Integer { range, default } => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(*range.start() as f64))
            .maximum(Some(*range.end() as f64))
            .default(Some((*default).into()))
            .into(),
        Kind::Flag => ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into())).into(),
        Kind::Text => text().into(),
        Kind::Choice(names) => text().enum_values(Some(names.iter().copied())).into(),
    }
}

fn integer() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(format)).into()
}
