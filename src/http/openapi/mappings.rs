//! Rules of mappings that types cannot say: their names, and the kinds there are.

use serde_json::{Value, json};

use crate::http::paths;
use crate::ingest::kind::KINDS;
use crate::templates::store::NAME_PATTERN;

/// Adds them to the operations and schemas.
pub fn add(document: &mut Value) {
    let operations = document["paths"][paths::MAPPING].as_object_mut();
    let parameters = operations
        .into_iter()
        .flat_map(|operations| operations.values_mut())
        .filter_map(|operation| operation.get_mut("parameters")?.as_array_mut())
        .flatten();
    for name in parameters.filter(|parameter| parameter["name"] == "name") {
        name["schema"]["pattern"] = json!(NAME_PATTERN);
    }
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    for schema in ["SheetMapping", "SheetMappingPut"] {
        document["components"]["schemas"][schema]["properties"]["kind"]["enum"] = json!(kinds);
    }
}
