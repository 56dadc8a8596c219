//! Operations of paged lists.

use utoipa::PartialSchema as _;
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref};

use super::parameters::described;
use super::responses::failures;
use crate::envelope::Page;
use crate::resources::list::{self, Listed};

/// Adds the operation of a list.
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
        .description("A page.")
        .content("application/json", content);
    let responses = failures(ResponsesBuilder::new().response("200", found)).build();
    let operation = OperationBuilder::new()
        .tag(T::TAG)
        .summary(Some(T::TITLE))
        .operation_id(Some(T::OPERATION))
        .responses(responses);
    let operation = list::parameters::<T>().fold(operation, |operation, given| {
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
