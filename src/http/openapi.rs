//! The OpenAPI 3.1 document, generated from the routes and the reports themselves.

use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response as HttpResponse;
use serde_json::Value;
use utoipa::PartialSchema as _;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, ParameterStyle,
};
use utoipa::openapi::response::{Response, ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi,
    OpenApiBuilder, PathItem, Ref, RefOr, Required, Schema, ServerBuilder,
};
use utoipa_axum::router::OpenApiRouter;

use super::extract::Grant;
use super::{compression, error, shape};
use crate::app::App;
use crate::auth::settings::Settings;
use crate::campaigns::list::{self, Listed};
use crate::closed::{self, FileFormat, Set};
use crate::encoded::{Coding, Encoded};
use crate::envelope::Page;
use crate::error::Result;
use crate::files::{csv, workbook};
use crate::query::{Kind, Parameter};
use crate::reports::Definition;
use crate::reports::report::{FORMAT, Module, Place};

/// The whole document.
pub fn generate() -> Value {
    shape::finished(&super::routes().into_openapi())
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Running", operation_id = "openapi_document",
    responses((status = 200, description = "The OpenAPI 3.1 document of this server.", body = serde_json::Value)))]
pub async fn document(State(_): State<Arc<App>>, headers: HeaderMap) -> Result<HttpResponse> {
    /// Generated once: every connection that waits to be written then holds the same bytes.
    static DOCUMENT: LazyLock<Encoded> =
        LazyLock::new(|| Encoded::from(Bytes::from(generate().to_string())));
    let document = &*DOCUMENT;
    let coding = Coding::accepted(&headers);
    if let Some(coding) = coding {
        document.coded(coding).await?;
    }
    let mut response = HttpResponse::<()>::default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    let body = compression::body(document, coding, headers);
    Ok(response.map(|_| body))
}

/// What the document says before any route is added to it.
pub fn base() -> OpenApi {
    let license = LicenseBuilder::new()
        .name("MIT OR Apache-2.0")
        .identifier(Some("MIT OR Apache-2.0"))
        .build();
    let info = InfoBuilder::new()
        .title("Callboard")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Reports on outbound-call campaigns. Windows are half-open; dates are read in the request's zone; an end written \
             23:59:59, with or without a fraction, takes in that whole second, and 24:00:00 is the next midnight; \
             percentages are rounded half away from zero. Every failure has the body `{\"message\": …}`; a 422 lists \
             every faulty field under `errors`. Every response of a limited operation, once its token is known, has \
             the X-RateLimit headers.",
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
        .schemas_from_iter(closed::ALL.iter().map(|set| (set.name, set.schema())))
        .build();
    let servers = [ServerBuilder::new()
        .url("/")
        .description(Some("The server that this document came from."))
        .build()];
    let tag = |(name, about): (&str, &str)| {
        TagBuilder::new()
            .name(name)
            .description(Some(about))
            .build()
    };
    OpenApiBuilder::new()
        .info(info)
        .servers(Some(servers))
        .components(Some(components))
        .tags(Some(TAGS.map(tag)))
        .build()
}

/// Groups of operations, in the order of the document.
const TAGS: [(&str, &str); 8] = [
    (
        "Running",
        "State of the server, and this document. No token is needed.",
    ),
    (
        "Access",
        "Logging in and out, and the caller behind a token.",
    ),
    ("Campaigns", "Lists of campaigns, page by page."),
    (
        "AutoCall reports",
        "Figures of automatic calls, most of them of one campaign.",
    ),
    (
        "AutoCall exports",
        "Files of a campaign's reports, made in the background: order one, poll it, download it.",
    ),
    (
        "Telesales reports",
        "Figures of agents' calls, over the whole account; most of them as files too.",
    ),
    (
        "Analytics",
        "Questions about AutoCall attempts and leads, asked in one request body.",
    ),
    (
        "Ingest",
        "Call data in: one JSON object a line, or a JSON array.",
    ),
];

/// Adds a report's operation, with the schemas it refers to.
pub fn add_report(document: &mut OpenApi, report: &Definition) {
    let about = report.about;
    let mut schemas = Vec::new();
    let body = match report.schema(&mut schemas) {
        RefOr::Ref(row) => RefOr::Ref(
            Ref::builder()
                .ref_location(row.ref_location)
                .description(Some(FIGURES))
                .build(),
        ),
        RefOr::T(Schema::Array(rows)) => ArrayBuilder::from(rows).description(Some(FIGURES)).into(),
        other => other,
    };
    let body = ObjectBuilder::new()
        .description(Some(about.title))
        .property("data", body)
        .required("data");
    let name = shape::pascal(&operation_id(report)) + "Response";
    schemas.push((name.clone(), body.into()));
    let example = serde_json::from_str(about.example).ok();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(name)))
        .example(example)
        .build();
    let found = tagged(ResponseBuilder::new().description(about.title))
        .content("application/json", content);
    let mut operation = conditional(operation(report)).operation_id(Some(operation_id(report)));
    if about.files {
        let summary = about.summary;
        operation = operation.description(Some(format!(
            "{summary}\n\nWith `format=csv` or `format=xlsx` the answer is a file, as it is from `{}`.",
            report.export_path()
        )));
    }
    let unchanged = tagged(
        ResponseBuilder::new().description("The client has this answer: no figure has changed."),
    );
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

const FIGURES: &str = "The figures.";

/// Adds the operation that gives a report as a file.
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
        .parameter(format.description(Some("What the file is; xlsx by default.")))
        .responses(responses);
    document.paths.paths.insert(
        report.export_path(),
        PathItem::new(HttpMethod::Get, operation),
    );
}

/// Adds the operation of a list of campaigns.
pub fn add_list<T: Listed>(document: &mut OpenApi, path: &str) {
    let page = format!("{}Page", T::name());
    let mut schemas = vec![
        (T::name().into(), T::schema()),
        (page.clone(), Page::<T>::schema()),
    ];
    T::schemas(&mut schemas);
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(page)))
        .example(serde_json::from_str(T::EXAMPLE).ok())
        .build();
    let found = ResponseBuilder::new()
        .description("A page of campaigns.")
        .content("application/json", content);
    let responses = failures(ResponsesBuilder::new().response("200", found)).build();
    let operation = OperationBuilder::new()
        .tag("Campaigns")
        .summary(Some(T::TITLE))
        .operation_id(Some(path.trim_start_matches("/api/").replace('/', "_")))
        .responses(responses);
    let operation = list::PARAMETERS.iter().fold(operation, |operation, given| {
        operation.parameter(described(given))
    });
    document
        .paths
        .paths
        .insert(path.to_owned(), PathItem::new(HttpMethod::Get, operation));
    document
        .components
        .get_or_insert_default()
        .schemas
        .extend(schemas);
}

/// Says of every operation of a path what [`super::extract::Permitted`] wants there: a token, its permissions (as the
/// roles of its security requirement), how often it may ask, and how it is refused.
pub fn guard<G: Grant>(mut router: OpenApiRouter<Arc<App>>, path: &str) -> OpenApiRouter<Arc<App>> {
    let names: Vec<&str> = G::PERMISSIONS
        .iter()
        .map(|permission| permission.name())
        .collect();
    let often = G::GROUP.limit(&Settings::default());
    let wanted = match names.as_slice() {
        [] => "any token".to_owned(),
        names => format!("`{}`", names.join("` and `")),
    };
    let wanted =
        format!("Wants {wanted}; {often} requests a minute unless the account has another limit.");
    let item = router.get_openapi_mut().paths.paths.get_mut(path);
    let operations = item.map(|item| {
        [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.delete,
            &mut item.patch,
        ]
    });
    for operation in operations.into_iter().flatten().flatten() {
        let about = operation
            .description
            .take()
            .map_or_else(String::new, |about| format!("{about}\n\n"));
        operation.description = Some(about + &wanted);
        operation.security = Some(vec![SecurityRequirement::new("token", names.clone())]);
        let has_body = operation.request_body.is_some();
        let responses = &mut operation.responses.responses;
        for (status, response) in refusals() {
            if status != "408" || has_body {
                responses.entry(status.to_owned()).or_insert(response);
            }
        }
        for (status, response) in responses {
            if let (RefOr::T(response), true) =
                (response, status.starts_with('2') || status == "429")
            {
                response.headers.extend(limit_headers());
            }
        }
    }
    router
}

/// The ways every operation can fail that wants a token.
fn refusals() -> [(&'static str, RefOr<Response>); 7] {
    let refusals = [
        ("401", "No valid token."),
        ("403", "The token lacks the permission."),
        ("408", "The body stopped coming for a minute."),
        (
            "414",
            "The path has more than 65,000 bytes, its query included. Of a much longer one nothing is said.",
        ),
        ("429", "The token asks too often."),
        (
            "431",
            "The head of the request has more than 64 KiB or 100 lines.",
        ),
        ("503", "The database is out of reach, or there is no room."),
    ];
    refusals.map(|(status, description)| {
        let mut response = ResponseBuilder::new().description(description);
        if status != "414" {
            response = response.content("application/json", failed(status));
        }
        if matches!(status, "429" | "503") {
            response = response.header(
                "Retry-After",
                header(Type::Integer, "In so many seconds there is room again."),
            );
        }
        (status, response.into())
    })
}

/// What every response of a limited operation says, of which 2xx and 429 stand here.
fn limit_headers() -> impl Iterator<Item = (String, RefOr<Header>)> {
    let headers = [
        ("X-RateLimit-Limit", "Requests a minute, and at once."),
        (
            "X-RateLimit-Remaining",
            "Requests that would be answered now.",
        ),
        (
            "X-RateLimit-Reset",
            "When all of them would be again, in seconds since 1970.",
        ),
    ];
    headers
        .into_iter()
        .map(|(name, about)| (name.to_owned(), header(Type::Integer, about).into()))
}

fn header(of: Type, about: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(of)))
        .description(Some(about))
        .build()
}

/// What the operations of a report share.
fn operation(report: &Definition) -> OperationBuilder {
    let about = report.about;
    let tag = match about.module {
        Module::Autocall => "AutoCall reports",
        Module::Telesales => "Telesales reports",
    };
    let mut operation = OperationBuilder::new()
        .tag(tag)
        .summary(Some(about.title))
        .description(Some(about.summary));
    if about.place == Place::OfCampaign {
        let id = ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True);
        operation = operation.parameter(
            id.description(Some("The campaign."))
                .schema(Some(integer())),
        );
    }
    report.parameters().fold(operation, |operation, parameter| {
        operation.parameter(described(parameter))
    })
}

/// What a request may say about answers that are there already.
fn conditional(operation: OperationBuilder) -> OperationBuilder {
    let about = "ETags of answers the client has: while no figure changes, it gets a 304.";
    fresh(operation.parameter(header_parameter("If-None-Match", about, "")))
}

/// How old an answer may be.
pub fn fresh(operation: OperationBuilder) -> OperationBuilder {
    operation.parameter(header_parameter(
        "Cache-Control",
        "no-cache or max-age=0: the answer has everything committed before the request. max-age=N: it is at most \
         N seconds old.",
        "",
    ))
}

/// A header that a request may have; without a pattern it may be any text.
pub fn header_parameter(name: &str, about: &str, pattern: &str) -> ParameterBuilder {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern((!pattern.is_empty()).then_some(pattern));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(about))
        .schema(Some(text))
}

/// Adds what the POST of a path takes.
pub fn add_parameters<const N: usize>(
    document: &mut OpenApi,
    path: &str,
    given: [ParameterBuilder; N],
) {
    let operation = document
        .paths
        .paths
        .get_mut(path)
        .and_then(|item| item.post.as_mut());
    if let Some(operation) = operation {
        operation
            .parameters
            .get_or_insert_default()
            .extend(given.map(|given| given.build().into()));
    }
}

/// What is said about an answer in JSON, or about one that the client has.
fn tagged(response: ResponseBuilder) -> ResponseBuilder {
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
        .header("Vary", header(Type::String, "Authorization, Accept-Encoding"))
}

fn operation_id(report: &Definition) -> String {
    format!(
        "{}_{}",
        module_name(report.about.module),
        report.about.name.replace('-', "_")
    )
}

fn files(response: ResponseBuilder) -> ResponseBuilder {
    BINARY
        .into_iter()
        .chain([workbook::CONTENT_TYPE, csv::CONTENT_TYPE])
        .fold(response, |response, kind| {
            response.content(
                kind,
                ContentBuilder::new().schema(Some(Binary::schema())).build(),
            )
        })
}

/// Named before the types of files: clients that know none of these then take a file as its bytes.
const BINARY: [&str; 1] = ["application/octet-stream"];

/// The bytes of a file.
pub struct Binary;

impl utoipa::PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(format))
            .into()
    }
}

impl utoipa::ToSchema for Binary {}

/// A text out of a closed set: by reference where the set has a name. `about` says what it means here.
pub fn closed(values: &[&str], about: &str, nullable: bool) -> RefOr<Schema> {
    let about = (!about.is_empty()).then_some(about);
    match Set::with(values).map(|set| Ref::builder().ref_location_from_schema_name(set.name)) {
        Some(set) if nullable => {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            OneOfBuilder::new()
                .item(null)
                .item(set)
                .description(about)
                .into()
        }
        Some(set) => set.description(about).build().into(),
        None => {
            let null = nullable.then_some(Value::Null);
            let values = values.iter().map(|value| Value::from(*value)).chain(null);
            let text = if nullable {
                SchemaType::from_iter([Type::String, Type::Null])
            } else {
                Type::String.into()
            };
            ObjectBuilder::new()
                .schema_type(text)
                .enum_values(Some(values))
                .description(about)
                .into()
        }
    }
}

pub fn module_name(module: Module) -> &'static str {
    match module {
        Module::Autocall => "autocall",
        Module::Telesales => "telesales",
    }
}

/// The ways every report can fail, beside those of every operation that wants a token.
fn failures(responses: ResponsesBuilder) -> ResponsesBuilder {
    let failures = [
        ("404", "The account has no such thing."),
        (
            "422",
            "Parameters that cannot be worked with, every one listed.",
        ),
        ("504", "It took too long."),
    ];
    failures
        .into_iter()
        .fold(responses, |responses, (status, description)| {
            let response = ResponseBuilder::new().description(description);
            responses.response(status, response.content("application/json", failed(status)))
        })
}

/// A body of that status.
fn failed(status: &str) -> Content {
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Error")))
        .example(failure(status))
        .build()
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

pub fn described(parameter: &Parameter) -> ParameterBuilder {
    let required = if parameter.required {
        Required::True
    } else {
        Required::False
    };
    let described = ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .required(required)
        .description(Some(parameter.about))
        .schema(Some(schema(parameter)));
    match parameter.kind {
        // Repeated where the name says so, otherwise with commas between them.
        Kind::IdList { .. } => described
            .style(Some(ParameterStyle::Form))
            .explode(Some(parameter.name.ends_with("[]"))),
        _ => described,
    }
}

/// A date, or a date and a time, maybe with an offset. No pattern knows how long a month is.
pub const MOMENT: &str = concat!(
    "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "([Tt ](([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?|24:00(:00([.,]0+)?)?)",
    "([Zz]|[+ -]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?"
);

/// What the database can hold of a text.
pub const NO_NUL: &str = r"^[^\x00]*$";

fn schema(parameter: &Parameter) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    match &parameter.kind {
        Kind::Moment => {
            // An empty value is as if absent.
            let pattern = if parameter.required {
                format!("^{MOMENT}$")
            } else {
                format!("^({MOMENT})?$")
            };
            text()
                .pattern(Some(pattern))
                .examples(["2026-06-01", "2026-06-01T00:00:00+07:00"])
                .into()
        }
        Kind::Zone => text()
            .format(Some(SchemaFormat::Custom("time-zone".into())))
            .examples(["Asia/Ho_Chi_Minh", "Europe/Berlin", "UTC"])
            .into(),
        Kind::Id => integer(),
        Kind::IdList { most } => ArrayBuilder::new()
            .items(integer())
            .min_items(Some(1))
            .max_items(Some(*most))
            .into(),
        Kind::Integer { range, default } => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(*range.start() as f64))
            .maximum(Some(*range.end() as f64))
            .default(Some((*default).into()))
            .into(),
        Kind::Flag => ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .default(Some(false.into()))
            .into(),
        Kind::Text => text().pattern(Some(NO_NUL)).into(),
        Kind::Choice(names) => closed(names, "", false),
    }
}

/// A JSON object with members of those names, read as parameters are.
pub fn object(about: &str, parameters: &[Parameter]) -> RefOr<Schema> {
    let object = ObjectBuilder::new().description(Some(about));
    let member = |object: ObjectBuilder, parameter: &Parameter| {
        let object = match schema(parameter) {
            _ if let Kind::Choice(names) = parameter.kind => object.property(
                parameter.name,
                closed(names, parameter.about, !parameter.required),
            ),
            RefOr::T(Schema::Object(mut schema)) => {
                schema.description = Some(parameter.about.to_owned());
                if !parameter.required {
                    // Null is as if absent.
                    schema.schema_type = SchemaType::from_iter([Type::String, Type::Null]);
                }
                object.property(parameter.name, schema)
            }
            other => object.property(parameter.name, other),
        };
        if parameter.required {
            object.required(parameter.name)
        } else {
            object
        }
    };
    parameters.iter().fold(object, member).into()
}

fn integer() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(format))
        .into()
}
