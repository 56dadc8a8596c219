//! Operations of the reports, made from their definitions.

use utoipa::PartialSchema as _;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, Required, Schema};

use super::parameters::{Binary, closed, described, fresh, header_parameter, integer};
use super::responses::{age, failures, header, windowed};
use super::shape;
use crate::closed::FileFormat;
use crate::files::layout::Layout;
use crate::files::{csv, workbook};
use crate::input::COMPARE;
use crate::reports::Definition;
use crate::reports::report::{FORMAT, Module, Place};
use crate::table::Schemas;
use crate::time::Instant;

/// Adds a report's operation, with the schemas it refers to.
pub fn add_report(document: &mut OpenApi, report: &Definition) {
    let about = report.about;
    let mut schemas = Vec::new();
    let body = figures(report, "The figures.", &mut schemas);
    let mut whole = ObjectBuilder::new()
        .description(Some(about.title))
        .property("data", body.clone())
        .required("data");
    let name = shape::pascal(&operation_id(report));
    if report
        .parameters()
        .any(|parameter| parameter.name == COMPARE.name)
    {
        let comparison = name.clone() + "Comparison";
        whole = whole.property("comparison", Ref::from_schema_name(&comparison));
        schemas.push((comparison, compared(body)));
    }
    let (name, body) = (name + "Response", whole);
    schemas.push((name.clone(), body.into()));
    let example = serde_json::from_str(about.example).ok();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(name)))
        .example(example)
        .build();
    let found = tagged(ResponseBuilder::new().description(about.title))
        .content("application/json", content);
    let mut operation = conditional(operation(report)).operation_id(Some(operation_id(report)));
    if report.route().files {
        operation = with_layout(operation);
        let summary = about.summary;
        operation = operation.description(Some(format!(
            "{summary}\n\nWith `format=csv` or `format=xlsx` the answer is a file, as it is from `{}`.",
            report.export_path()
        )));
    }
    let unchanged =
        tagged(ResponseBuilder::new().description("Not modified: no figure has changed."));
    let responses = failures(
        ResponsesBuilder::new()
            .response("200", found)
            .response("304", unchanged),
    )
    .build();
    document.paths.paths.insert(
        report.path(),
        PathItem::new(HttpMethod::Get, operation.responses(responses)),
    );
    document
        .components
        .get_or_insert_default()
        .schemas
        .extend(schemas);
}

/// The schema of a report's figures, with that description. Adds the schemas that it refers to.
pub fn figures(report: &Definition, about: &str, schemas: &mut Schemas) -> RefOr<Schema> {
    match report.schema(schemas) {
        RefOr::Ref(row) => RefOr::Ref(
            Ref::builder()
                .ref_location(row.ref_location)
                .description(Some(about))
                .build(),
        ),
        RefOr::T(Schema::Array(rows)) => ArrayBuilder::from(rows).description(Some(about)).into(),
        other => other,
    }
}

/// The same figures of an earlier window.
pub fn compared(figures: RefOr<Schema>) -> RefOr<Schema> {
    let end = |about| {
        let RefOr::T(Schema::Object(mut end)) = Instant::schema() else {
            return Instant::schema();
        };
        end.description = Some(String::from(about));
        end.into()
    };
    ObjectBuilder::new()
        .description(Some("The earlier window; only with compare."))
        .property("from", end("Start of the earlier window."))
        .required("from")
        .property("to", end("End of the earlier window, left out."))
        .required("to")
        .property("data", figures)
        .required("data")
        .into()
}

/// Adds the operation that returns a report as a file.
pub fn add_export(document: &mut OpenApi, report: &Definition) {
    let found =
        files(ResponseBuilder::new().description(format!("{} as a file.", report.about.title)));
    let responses = failures(ResponsesBuilder::new().response("200", found)).build();
    let formats = closed(FileFormat::VALUES, "", false);
    let format = ParameterBuilder::new()
        .name(FORMAT.name)
        .parameter_in(ParameterIn::Query)
        .schema(Some(formats));
    let operation = operation(report)
        .operation_id(Some(format!("{}_export", operation_id(report))))
        .parameter(format.description(Some("Format of the file; xlsx by default.")))
        .responses(responses);
    let operation = with_layout(operation);
    document.paths.paths.insert(
        report.export_path(),
        PathItem::new(HttpMethod::Get, operation),
    );
}

/// Parameters and headers on the looks of a file.
fn with_layout(operation: OperationBuilder) -> OperationBuilder {
    let parameters = Layout::PARAMETERS.iter();
    let operation = parameters.fold(operation, |operation, parameter| {
        operation.parameter(described(parameter))
    });
    operation.parameter(accept_language())
}

pub fn accept_language() -> ParameterBuilder {
    let about = "Languages that the client reads, such as vi, en;q=0.5. It chooses that of a file where neither lang nor the account does.";
    header_parameter("Accept-Language", about, "")
}

/// Shared parts of a report's operations.
fn operation(report: &Definition) -> OperationBuilder {
    let about = report.about;
    let mut operation = OperationBuilder::new()
        .tag(tag(report.route().module))
        .summary(Some(about.title))
        .description(Some(about.summary));
    if report.route().place == Place::OfCampaign {
        operation = operation.parameter(campaign_id());
    }
    report.parameters().fold(operation, |operation, parameter| {
        operation.parameter(described(parameter))
    })
}

/// Tag of the reports of a module.
pub const fn tag(module: Module) -> &'static str {
    match module {
        Module::Autocall => "AutoCall reports",
        Module::Telesales => "Telesales reports",
    }
}

/// The campaign in the path.
pub fn campaign_id() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The campaign."))
        .schema(Some(integer()))
}

/// Conditional-request headers.
pub fn conditional(operation: OperationBuilder) -> OperationBuilder {
    let about = "ETags of answers the client has: while no figure changes, it gets a 304.";
    fresh(operation.parameter(header_parameter("If-None-Match", about, "")))
}

/// Headers of a JSON response, or of a 304.
pub fn tagged(response: ResponseBuilder) -> ResponseBuilder {
    windowed(response)
        .header(
            "ETag",
            header(
                Type::String,
                "A weak tag of the figures: it changes when one of them does, and only then. With JSON only.",
            ),
        )
        .header("Age", age())
        .header("Cache-Control", header(Type::String, "private, no-cache"))
        .header("Vary", header(Type::String, "Authorization, Accept-Encoding"))
}

fn operation_id(report: &Definition) -> String {
    format!(
        "{}_{}",
        report.route().module.name(),
        report.about.name.replace('-', "_")
    )
}

pub fn files(response: ResponseBuilder) -> ResponseBuilder {
    BINARY
        .into_iter()
        .chain([workbook::CONTENT_TYPE, csv::CONTENT_TYPE])
        .fold(windowed(response), |response, kind| {
            response.content(
                kind,
                ContentBuilder::new().schema(Some(Binary::schema())).build(),
            )
        })
}

/// Listed before the file types, so that generated clients that know none of those read a file as bytes.
const BINARY: [&str; 1] = ["application/octet-stream"];
