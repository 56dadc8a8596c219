//! The body of a template, as a schema. Its members are read by name, to report every fault.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A template, whole: a member that is left out, or null, takes its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct ExportTemplatePut {
    /// The product and the name of a report: `telesales.dashboard`, `autocall.trend`, `telesales.calls`, `autocall.attempts`.
    #[schema(example = "telesales.agent-performance")]
    report: String,
    /// Title of the file, also the name of its sheet. Default: the report's own.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    title: Option<String>,
    /// Columns, in their order, each field once.
    #[schema(min_items = 1, max_items = 200)]
    columns: Vec<TemplateColumnPut>,
    /// Order of the rows. Default: the report's own.
    #[schema(max_items = 20)]
    sort: Option<Vec<TemplateSortPut>>,
    /// Colors of cells, the first that holds.
    #[schema(max_items = 200)]
    conditional: Option<Vec<TemplateConditionalPut>>,
    /// A picture for the sheet About: PNG or JPEG in base64, at most 256 KiB and 4,000 pixels a side.
    #[schema(max_length = 349_528)]
    logo: Option<String>,
    /// False for workbooks without a sheet About. Default: true.
    about: Option<bool>,
}

/// A column.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct TemplateColumnPut {
    /// A field of the report, those of comparisons included (`dials_previous`, `dials_change_pct`); of a table that is not its
    /// first, `table.field`.
    #[schema(example = "dials")]
    field: String,
    /// Its header. Default: the report's own.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    label: Option<String>,
    /// Its width in characters. Default: wide enough for its values.
    #[schema(minimum = 1, maximum = 255)]
    width: Option<f64>,
    /// Its Excel number format. Default: the report's own.
    #[schema(max_length = 100, example = "#,##0")]
    format: Option<String>,
}

/// A field by which rows are sorted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct TemplateSortPut {
    /// A field of the report.
    field: String,
    /// True for the largest first. Default: false.
    desc: Option<bool>,
}

/// A color of cells for which all conditions hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `request` reads")]
pub struct TemplateConditionalPut {
    /// A column of the template.
    field: String,
    /// Values by operator: `<`, `<=`, `=`, `!=`, `>=`, `>`. Numbers for columns of numbers; texts with `=` and `!=`.
    #[schema(value_type = Object, example = json!({"<": 30}))]
    when: Map<String, Value>,
    /// Color of the cell.
    #[schema(pattern = "^#[0-9A-Fa-f]{6}$", example = "#FFC7CE")]
    fill: String,
}
