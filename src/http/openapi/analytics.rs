//! The operation of analytics, generated from the lists of queries and filters.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::{Content, ContentBuilder, OpenApi, PathItem, Ref, RefOr, Required, Schema};

use super::parameters::{MOMENT, NO_NUL, closed, fresh};
use super::responses::{age, failure, windowed};
use crate::analytics::filter::{self, Filter, Kind};
use crate::analytics::query::{self, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Step};
use crate::analytics::{ALL, Definition};
use crate::table::{self, Schemas};

/// Adds the operation, with the schemas it refers to.
pub fn add(document: &mut OpenApi, path: &str) {
    let mut schemas = vec![
        ("AnalyticsQuery".to_owned(), asked()),
        ("AnalyticsFilters".to_owned(), filters()),
    ];
    for question in ALL {
        let page = page(question, &mut schemas);
        schemas.push((page_name(question), page));
    }
    let pages = ALL.iter().map(|question| {
        (
            page_name(question),
            std::slice::from_ref(&question.about.name),
        )
    });
    let pages = table::one_of(query::QUERY_TYPE, pages);
    let pages = pages.description(Some(
        "One page of a result; `query_type` tells the variants apart.",
    ));
    schemas.push(("AnalyticsResponse".to_owned(), pages.into()));
    schemas.push((PAYLOAD_VALUE.to_owned(), payload_value()));
    let examples = |of: fn(&Definition) -> &'static str| {
        ALL.iter().map(move |question| {
            let example = ExampleBuilder::new()
                .summary(question.about.title)
                .description(question.about.summary);
            (
                question.about.name,
                RefOr::T(
                    example
                        .value(serde_json::from_str(of(question)).ok())
                        .build(),
                ),
            )
        })
    };
    let request = ContentBuilder::new().schema(Some(Ref::from_schema_name("AnalyticsQuery")));
    let request = RequestBodyBuilder::new()
        .description(Some("The query. Unknown keys are ignored, unknown filters are refused, and null is treated as absent."))
        .required(Some(Required::True))
        .content("application/json", request.examples_from_iter(examples(Definition::request)).build());
    let found = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("AnalyticsResponse")))
        .examples_from_iter(examples(|it| it.about.example))
        .build();
    let found = ResponseBuilder::new()
        .description("The requested page.")
        .content("application/json", found)
        .header("Age", age());
    let found = windowed(found);
    let operation = OperationBuilder::new()
        .tag("Analytics")
        .summary(Some(
            "One of twelve queries over AutoCall attempts and leads",
        ))
        .description(Some(SUMMARY))
        .operation_id(Some("analytics"))
        .request_body(Some(request.build()))
        .responses(refusals(ResponsesBuilder::new().response("200", found)).build());
    let operation = fresh(operation);
    document
        .paths
        .paths
        .insert(path.to_owned(), PathItem::new(HttpMethod::Post, operation));
    document
        .components
        .get_or_insert_default()
        .schemas
        .extend(schemas);
}

const SUMMARY: &str = "Every question is answered by one flat table, page by page; `total` counts its rows on all pages. \
    With `Accept: text/csv` the page is CSV: the same rows under the names of their fields. A token of a reseller's account reads the accounts whose reseller it is as \
    well as its own; a filter that names anything outside of these matches nothing.";

/// Its failures.
fn refusals(responses: ResponsesBuilder) -> ResponsesBuilder {
    let refusals = [
        (
            "400",
            "Not JSON; or a missing or unknown query_type, an unknown filter, or a value of the wrong type: then every fault is listed.",
        ),
        ("413", "More than 64 KiB."),
        ("415", "The content type is not application/json."),
        ("422", "Invalid values, all of them listed by their path."),
        ("504", "It took too long."),
    ];
    refusals
        .into_iter()
        .fold(responses, |responses, (status, description)| {
            responses.response(
                status,
                ResponseBuilder::new()
                    .description(description)
                    .content("application/json", refusal(status)),
            )
        })
}

fn refusal(status: &str) -> Content {
    let mut example = failure(status).unwrap_or_default();
    match status {
        "400" => {
            example["errors"] = json!({"filters.min_duration": ["must be an integer."], "query_type": ["The query_type field is required."]})
        }
        "422" => {
            example["errors"] = json!({"filters.max_duration": ["must not be below min_duration."]})
        }
        _ => {}
    }
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Error")))
        .example(Some(example))
        .build()
}

fn asked() -> RefOr<Schema> {
    let names = ALL.iter().map(|question| question.about.name);
    let text = |about: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
    };
    let count = |about: &str, most: i64, default: i64| {
        let count = ObjectBuilder::new()
            .schema_type(or_null(Type::Integer))
            .minimum(Some(1_isize));
        count
            .maximum(Some(most as isize))
            .description(Some(format!("{about} {default} by default.")))
    };
    ObjectBuilder::new()
        .description(Some("A question."))
        .property(query::QUERY_TYPE, text(&list()).enum_values(Some(names)))
        .required(query::QUERY_TYPE)
        .property(
            query::FILTERS,
            Ref::builder()
                .ref_location_from_schema_name("AnalyticsFilters")
                .description(Some("Filters; none selects everything.")),
        )
        .property(
            query::GRANULARITY,
            closed(
                Step::NAMES,
                "Bucket size of the queries over time; day by default.",
                true,
            ),
        )
        .property(
            query::TIMEZONE,
            text("IANA zone in which dates are read and time is cut; UTC by default.")
                .schema_type(or_null(Type::String))
                .format(Some(SchemaFormat::Custom("time-zone".into())))
                .examples(["Asia/Ho_Chi_Minh"]),
        )
        .property(query::PAGE, count("Which page, from 1.", i64::MAX, 1))
        .property(
            query::PAGE_SIZE,
            count("Rows a page.", MAX_PAGE_SIZE, DEFAULT_PAGE_SIZE),
        )
        .into()
}

/// All queries, in one line each.
fn list() -> String {
    let lines = ALL
        .iter()
        .map(|question| format!("- `{}`: {}", question.about.name, question.about.summary));
    format!(
        "Which question.\n\n{}",
        lines.collect::<Vec<_>>().join("\n")
    )
}

fn filters() -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .description(Some("Filters. In queries over leads, dates select by creation, and durations and sentiments keep leads with one attempt that passes all of them."))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    filter::ALL
        .iter()
        .fold(object, |object, filter| {
            object.property(filter.name, value(filter))
        })
        .into()
}

fn value(filter: &Filter) -> RefOr<Schema> {
    let of = |kind| {
        ObjectBuilder::new()
            .schema_type(or_null(kind))
            .description(Some(filter.about))
    };
    match filter.kind {
        Kind::Text => of(Type::String).pattern(Some(NO_NUL)).into(),
        // An empty text is treated as absent.
        Kind::Moment => of(Type::String)
            .pattern(Some(format!("^({})?$", MOMENT)))
            .examples(["2025-01-01", "2025-01-01T00:00:00Z"])
            .into(),
        Kind::Seconds => of(Type::Integer)
            .minimum(Some(0.0))
            .maximum(Some(f64::from(i32::MAX)))
            .into(),
        Kind::Fraction => of(Type::Number)
            .minimum(Some(0.0))
            .maximum(Some(1.0))
            .into(),
        Kind::Payload => of(Type::Object)
            .property_names(Some(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(NO_NUL)),
            ))
            .additional_properties(Some(Ref::from_schema_name(PAYLOAD_VALUE)))
            .examples([json!({"city": "Mumbai"})])
            .into(),
    }
}

const PAYLOAD_VALUE: &str = "AnalyticsPayloadValue";

fn payload_value() -> RefOr<Schema> {
    let value = |kind| ObjectBuilder::new().schema_type(kind);
    let any = [
        value(Type::String).pattern(Some(NO_NUL)),
        value(Type::Number),
        value(Type::Boolean),
    ];
    let any = any
        .into_iter()
        .fold(OneOfBuilder::new(), OneOfBuilder::item);
    any.description(Some("The required value of a key of the lead's payload."))
        .into()
}

/// A value of that type, or null, which is treated as absent.
fn or_null(kind: Type) -> SchemaType {
    SchemaType::from_iter([kind, Type::Null])
}

/// `AnalyticsCallCountPage`
fn page_name(question: &Definition) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let words: String = question.about.name.split('_').map(capital).collect();
    format!("Analytics{words}Page")
}

/// A page of a result.
fn page(question: &Definition, schemas: &mut Schemas) -> RefOr<Schema> {
    let about = question.about;
    let integer = |about: &str| {
        let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(format))
            .description(Some(about))
    };
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([Value::from(about.name)]));
    ObjectBuilder::new()
        .description(Some(format!("{}: {}", about.title, about.summary)))
        .property(query::QUERY_TYPE, name.description(Some("The question.")))
        .required(query::QUERY_TYPE)
        .property(
            "data",
            ArrayBuilder::new()
                .items(question.schema(schemas))
                .description(Some("The rows of this page.")),
        )
        .required("data")
        .property("total", integer("Rows on all pages."))
        .required("total")
        .property(query::PAGE, integer("The page number, from 1."))
        .required(query::PAGE)
        .property(query::PAGE_SIZE, integer("Rows a page."))
        .required(query::PAGE_SIZE)
        .into()
}
