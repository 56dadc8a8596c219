//! Operations of several reports in one answer, made from the definitions of the reports.

use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref};

use super::parameters::described;
use super::reports::{campaign_id, compared, conditional, figures, tag, tagged};
use super::responses::failures;
use super::shape;
use crate::reports::report::Place;
use crate::reports::together::Group;

/// Adds the operation of a group, with the schemas it refers to.
pub fn add_together(document: &mut OpenApi, group: &Group) {
    let path = group.place.folder();
    let name = format!("{}_reports", group.module.name());
    let response = shape::pascal(&name) + "Response";
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(&response)))
        .example(Some(example(group)))
        .build();
    let found = tagged(ResponseBuilder::new().description("The figures of each report."));
    let unchanged = tagged(ResponseBuilder::new().description("Not modified."));
    let responses = ResponsesBuilder::new()
        .response("200", found.content("application/json", content))
        .response("304", unchanged);
    let mut operation = conditional(OperationBuilder::new())
        .tag(tag(group.module))
        .summary(Some("Several reports at once"))
        .description(Some(ABOUT))
        .operation_id(Some(&name))
        .responses(failures(responses).build());
    if group.place == Place::OfCampaign {
        operation = operation.parameter(campaign_id());
    }
    operation = operation.parameter(described(group.include()));
    for parameter in group.shared() {
        operation = operation.parameter(described(parameter));
    }
    for (name, parameter) in group.options() {
        operation = operation.parameter(described(parameter).name(name));
    }
    add_schemas(document, group, &name);
    let item = PathItem::new(HttpMethod::Get, operation);
    document.paths.paths.insert(path.to_owned(), item);
}

const ABOUT: &str = "Reports of one window and the same filters from one snapshot, so that their figures agree. Each is what \
                     it is alone, under its name; an option of one report has the report's name in front: \
                     `trend.granularity=hour`. It counts as one request.";

fn add_schemas(document: &mut OpenApi, group: &Group, name: &str) {
    let mut schemas = Vec::new();
    let mut all =
        ObjectBuilder::new().description(Some("Figures by report; those that were asked for."));
    for report in group.reports() {
        let figures = figures(report, report.about.title, &mut schemas);
        all = all.property(report.about.name, figures);
    }
    let all_name = shape::pascal(name);
    let data = Ref::builder()
        .ref_location_from_schema_name(&all_name)
        .description(Some("Figures by report."))
        .build();
    let comparison = format!("{all_name}Comparison");
    let whole = ObjectBuilder::new()
        .description(Some("Several reports."))
        .property("data", data.clone())
        .required("data")
        .property("comparison", Ref::from_schema_name(&comparison));
    schemas.push((comparison, compared(data.into())));
    schemas.push((format!("{all_name}Response"), whole.into()));
    schemas.push((all_name, all.into()));
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
}

/// The first two reports.
fn example(group: &Group) -> Value {
    let reports = group.reports().take(2);
    let data = reports.filter_map(|report| {
        let mut body: Value = serde_json::from_str(report.about.example).ok()?;
        Some((report.about.name.to_owned(), body["data"].take()))
    });
    json!({"data": data.collect::<serde_json::Map<_, _>>()})
}
