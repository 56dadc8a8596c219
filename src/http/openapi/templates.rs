//! Rules of export templates that types cannot say: their names, the reports with files, and conditions that are not empty.

use serde_json::{Value, json};

use crate::http::paths;
use crate::templates::fields;
use crate::templates::store::NAME_PATTERN;

/// Adds them to the operations and schemas.
pub fn add(document: &mut Value) {
    let operations = document["paths"][paths::TEMPLATE].as_object_mut();
    let parameters = operations
        .into_iter()
        .flat_map(|operations| operations.values_mut())
        .filter_map(|operation| operation.get_mut("parameters")?.as_array_mut())
        .flatten();
    for name in parameters.filter(|parameter| parameter["name"] == "name") {
        name["schema"]["pattern"] = json!(NAME_PATTERN);
    }
    let schemas = &mut document["components"]["schemas"];
    let reports: Vec<String> = fields::reports().collect();
    schemas["ExportTemplatePut"]["properties"]["report"]["enum"] = json!(reports);
    schemas["TemplateConditionalPut"]["properties"]["when"]["minProperties"] = json!(1);
}
