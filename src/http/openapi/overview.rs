//! The operation of the overview.

use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem};

use super::parameters::described;
use super::reports::{conditional, tagged};
use super::responses::failures;
use crate::http::paths;
use crate::overview::{EXAMPLE, OverviewPage, PARAMETERS};
use crate::table;

/// Adds the operation, with the schemas it refers to.
pub fn add_overview(document: &mut OpenApi) {
    let mut schemas = Vec::new();
    let content = ContentBuilder::new()
        .schema(Some(table::reference::<OverviewPage>(&mut schemas)))
        .example(serde_json::from_str(EXAMPLE).ok())
        .build();
    let found = tagged(ResponseBuilder::new().description("A page of campaigns."));
    let unchanged = tagged(ResponseBuilder::new().description("Not modified."));
    let responses = ResponsesBuilder::new()
        .response("200", found.content("application/json", content))
        .response("304", unchanged);
    let operation = conditional(OperationBuilder::new())
        .tag("Overview")
        .summary(Some("Campaigns at work"))
        .description(Some(ABOUT))
        .operation_id(Some("overview"))
        .responses(failures(responses).build());
    let operation = PARAMETERS.iter().fold(operation, |operation, parameter| {
        operation.parameter(described(parameter))
    });
    let item = PathItem::new(HttpMethod::Get, operation);
    document
        .paths
        .paths
        .insert(paths::OVERVIEW.to_owned(), item);
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
}

const ABOUT: &str = "Campaigns that are active or paused, or had a call in the last 7 days: today, leads and pace, and warnings. Those with \
                     the most severe warnings come first, then those with the most dials today. All of it is from one snapshot, but the \
                     pace, which counts whole days before today.";
