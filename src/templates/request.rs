//! Bodies of templates, and their faults.
//!
//! A PUT states the whole template: what it leaves out, or gives as null, takes its default.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::fields::{self, Field};
use super::{logo, number_format};
use crate::error::{Faults, Result};
use crate::files::template::{Template, TemplateColumn, TemplateConditional, TemplateSort};
use crate::input::{fault, unknown};
use crate::table::Format;
use crate::table::look::Operator;
use crate::text::nfc;

const MAX_TITLE: usize = 255;
const MAX_LABEL: usize = 255;
/// Maximum length of a text in a condition, which is one of a formula.
const MAX_OPERAND: usize = 255;
/// Largest number in a condition, in both directions: Excel keeps 15 digits.
const MAX_NUMBER: f64 = 999_999_999_999_999.0;
const MAX_COLUMNS: usize = 200;
const MAX_SORT: usize = 20;
const MAX_CONDITIONAL: usize = 200;

/// Members that clients set.
pub const SETTABLE: [&str; 7] = [
    "report",
    "title",
    "columns",
    "sort",
    "conditional",
    "logo",
    "about",
];
/// Members that are only shown.
const SHOWN: [&str; 4] = ["name", "has_logo", "created_at", "updated_at"];

/// A template as a client wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub report: String,
    pub template: Template,
    /// In base64.
    pub logo: Option<String>,
}

/// Reads a template. `shown`: the stored one, whose other members may be sent as they are. `Invalid` with every fault.
pub fn read(members: &Map<String, Value>, shown: Option<&Value>) -> Result<Wanted> {
    let mut reading = Reading {
        faults: Faults::default(),
        fields: Vec::new(),
    };
    unknown::unsettable(members, (&SETTABLE, &SHOWN), shown, &mut reading.faults);
    let wanted = reading.template(members);
    reading.faults.into_result(wanted)
}

/// Faults so far, and the fields of the report.
struct Reading {
    faults: Faults,
    fields: Vec<Field>,
}

impl Reading {
    fn template(&mut self, members: &Map<String, Value>) -> Option<Wanted> {
        let report = self.report(member(members, "report"));
        let title = self.text("title", member(members, "title"), MAX_TITLE);
        let columns = self.columns(member(members, "columns"), report.is_some());
        let logo = self.logo(member(members, "logo"));
        let about = self.flag("about", member(members, "about"), true);
        let Some(columns) = columns else {
            // What they name is known only with the columns, but not that they are lists of objects.
            self.objects("sort", member(members, "sort"), MAX_SORT);
            self.objects(
                "conditional",
                member(members, "conditional"),
                MAX_CONDITIONAL,
            );
            return None;
        };
        let sort = self.sort(member(members, "sort"))?;
        let conditional = self.conditional(member(members, "conditional"), &columns)?;
        let template = Template {
            title: title?,
            columns,
            sort,
            conditional,
            about: about?,
        };
        Some(Wanted {
            report: report?,
            template,
            logo: logo?,
        })
    }

    fn fault<T>(&mut self, field: &str, rest: &str) -> Option<T> {
        self.faults.add(field, fault::of_field(field, rest));
        None
    }

    fn report(&mut self, given: Option<&Value>) -> Option<String> {
        let Some(given) = given else {
            return self.fault("report", fault::REQUIRED);
        };
        let found = given
            .as_str()
            .and_then(|name| Some((name, fields::of(name)?)));
        let Some((name, fields)) = found else {
            let known: Vec<String> = fields::reports().collect();
            return self.fault("report", &fault::one_of(known.iter().map(String::as_str)));
        };
        self.fields = fields;
        Some(name.to_owned())
    }

    /// A text of one line; an empty one is none. The outer `None` is a fault.
    fn text(&mut self, field: &str, given: Option<&Value>, most: usize) -> Option<Option<String>> {
        let Some(given) = given else {
            return Some(None);
        };
        let Some(text) = given.as_str() else {
            return self.fault(field, fault::STRING);
        };
        if text.chars().any(char::is_control) {
            return self.fault(field, "must be one line.");
        }
        let text = nfc(text.trim()).into_owned();
        if text.chars().count() > most {
            return self.fault(field, &fault::longer_than(most));
        }
        Some((!text.is_empty()).then_some(text))
    }

    fn flag(&mut self, field: &str, given: Option<&Value>, default: bool) -> Option<bool> {
        match given {
            None => Some(default),
            Some(Value::Bool(flag)) => Some(*flag),
            Some(_) => self.fault(field, fault::FLAG),
        }
    }

    fn logo(&mut self, given: Option<&Value>) -> Option<Option<String>> {
        let Some(given) = given else {
            return Some(None);
        };
        let Some(text) = given.as_str() else {
            return self.fault("logo", fault::STRING);
        };
        match logo::decode(text) {
            Ok(_) => Some(Some(text.to_owned())),
            Err(rest) => self.fault("logo", rest),
        }
    }

    /// The objects of a list, each with its path. The outer `None` is a fault.
    fn objects<'a>(
        &mut self,
        field: &str,
        given: Option<&'a Value>,
        most: usize,
    ) -> Option<Vec<(String, &'a Map<String, Value>)>> {
        let Some(given) = given else {
            return Some(Vec::new());
        };
        let Some(items) = given.as_array() else {
            return self.fault(field, fault::LIST);
        };
        if items.len() > most {
            return self.fault(field, &fault::more_than(most));
        }
        let mut objects = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let path = format!("{field}.{at}");
            match item.as_object() {
                Some(object) => objects.push((path, object)),
                None => self.fault(&path, fault::OBJECT)?,
            }
        }
        Some(objects)
    }

    fn unknown(&mut self, path: &str, object: &Map<String, Value>, known: &[&str]) {
        unknown::others(&format!("{path}."), object, known, &mut self.faults);
    }

    /// A field of the report, which the list has once.
    fn field(
        &mut self,
        path: &str,
        object: &Map<String, Value>,
        seen: &mut BTreeSet<String>,
    ) -> Option<String> {
        let path = format!("{path}.field");
        let Some(given) = member(object, "field") else {
            return self.fault(&path, fault::REQUIRED);
        };
        let Some(name) = given.as_str() else {
            return self.fault(&path, fault::STRING);
        };
        if !self.fields.is_empty() && !self.fields.iter().any(|field| field.name == name) {
            return self.fault(&path, "is no field of the report.");
        }
        if !seen.insert(name.to_owned()) {
            return self.fault(&path, "is named twice.");
        }
        Some(name.to_owned())
    }

    fn columns(&mut self, given: Option<&Value>, has_report: bool) -> Option<Vec<TemplateColumn>> {
        if given.is_none() {
            return self.fault("columns", fault::REQUIRED);
        }
        let objects = self.objects("columns", given, MAX_COLUMNS)?;
        if objects.is_empty() {
            return self.fault("columns", "must have at least one column.");
        }
        let (mut seen, mut columns) = (BTreeSet::new(), Vec::new());
        let count = objects.len();
        for (path, object) in objects {
            self.unknown(&path, object, &["field", "label", "width", "format"]);
            let field = self.field(&path, object, &mut seen);
            let label = self.text(&format!("{path}.label"), member(object, "label"), MAX_LABEL);
            let width = self.width(&format!("{path}.width"), member(object, "width"));
            let format = self.format(&format!("{path}.format"), member(object, "format"));
            if let (Some(field), Some(label), Some(width), Some(format)) =
                (field, label, width, format)
            {
                columns.push(TemplateColumn {
                    field,
                    label,
                    width,
                    format,
                });
            }
        }
        (has_report && columns.len() == count).then_some(columns)
    }

    fn width(&mut self, field: &str, given: Option<&Value>) -> Option<Option<f64>> {
        match given {
            None => Some(None),
            Some(given) => match given.as_f64().filter(|width| (1.0..=255.0).contains(width)) {
                Some(width) => Some(Some(width)),
                None => self.fault(field, "must be a number from 1 to 255."),
            },
        }
    }

    fn format(&mut self, field: &str, given: Option<&Value>) -> Option<Option<String>> {
        let Some(given) = given else {
            return Some(None);
        };
        match given.as_str().filter(|format| number_format::is_valid(format)) {
            Some(format) => Some(Some(format.to_owned())),
            None => self.fault(field, "must be an Excel number format of at most 100 characters, such as #,##0.00 or yyyy-mm-dd."),
        }
    }

    fn sort(&mut self, given: Option<&Value>) -> Option<Vec<TemplateSort>> {
        let objects = self.objects("sort", given, MAX_SORT)?;
        let (mut seen, mut sort, count) = (BTreeSet::new(), Vec::new(), objects.len());
        for (path, object) in objects {
            self.unknown(&path, object, &["field", "desc"]);
            let field = self.field(&path, object, &mut seen);
            let desc = self.flag(&format!("{path}.desc"), member(object, "desc"), false);
            if let (Some(field), Some(desc)) = (field, desc) {
                sort.push(TemplateSort { field, desc });
            }
        }
        (sort.len() == count).then_some(sort)
    }

    fn conditional(
        &mut self,
        given: Option<&Value>,
        columns: &[TemplateColumn],
    ) -> Option<Vec<TemplateConditional>> {
        let objects = self.objects("conditional", given, MAX_CONDITIONAL)?;
        let (mut conditional, count) = (Vec::new(), objects.len());
        for (path, object) in objects {
            self.unknown(&path, object, &["field", "when", "fill"]);
            let field = self.field(&path, object, &mut BTreeSet::new());
            let field = field.and_then(|field| {
                if columns.iter().any(|column| column.field == field) {
                    return Some(field);
                }
                self.fault(&format!("{path}.field"), "is no column of the template.")
            });
            let when = self.when(
                &format!("{path}.when"),
                member(object, "when"),
                field.as_deref(),
            );
            let fill = self.fill(&format!("{path}.fill"), member(object, "fill"));
            if let (Some(field), Some(when), Some(fill)) = (field, when, fill) {
                conditional.push(TemplateConditional { field, when, fill });
            }
        }
        (conditional.len() == count).then_some(conditional)
    }

    /// Values by operator. Numbers are compared with numbers, texts only for being equal or not.
    fn when(
        &mut self,
        path: &str,
        given: Option<&Value>,
        field: Option<&str>,
    ) -> Option<BTreeMap<String, Value>> {
        let Some(given) = given else {
            return self.fault(path, fault::REQUIRED);
        };
        let Some(members) = given.as_object().filter(|members| !members.is_empty()) else {
            return self.fault(path, "must be an object with a value by operator.");
        };
        let format = self
            .fields
            .iter()
            .find(|known| Some(known.name.as_str()) == field);
        let format = format.map(|field| field.format);
        let mut when = BTreeMap::new();
        for (name, value) in members.iter().take(unknown::MAX) {
            let short = unknown::short(name);
            let path = format!("{path}.{short}");
            let Some(operator) = Operator::named(name) else {
                self.fault::<()>(&path, &fault::one_of(Operator::NAMES));
                continue;
            };
            match operand(operator, value, format) {
                Ok(()) => drop(when.insert(name.clone(), value.clone())),
                Err(rest) => drop(self.fault::<()>(&path, rest)),
            }
        }
        (when.len() == members.len()).then_some(when)
    }

    fn fill(&mut self, field: &str, given: Option<&Value>) -> Option<String> {
        let Some(given) = given else {
            return self.fault(field, fault::REQUIRED);
        };
        let is_color = |text: &&str| {
            let digits = text.strip_prefix('#');
            digits.is_some_and(|digits| {
                digits.len() == 6 && digits.chars().all(|it| it.is_ascii_hexdigit())
            })
        };
        match given.as_str().filter(is_color) {
            Some(color) => Some(color.to_owned()),
            None => self.fault(field, "must be a color such as #FFC7CE."),
        }
    }
}

/// Checks the value that an operator compares with a column.
fn operand(operator: Operator, value: &Value, format: Option<Format>) -> Result<(), &'static str> {
    let is_number = value
        .as_f64()
        .is_some_and(|number| number.abs() <= MAX_NUMBER);
    let is_text = value.as_str().is_some_and(|text| {
        text.chars().count() <= MAX_OPERAND && !text.chars().any(char::is_control)
    });
    match format {
        Some(Format::Integer | Format::Decimal(_) | Format::Id) if is_number => Ok(()),
        Some(Format::Integer | Format::Decimal(_) | Format::Id) => {
            Err("must be a number of at most 15 digits.")
        }
        Some(Format::Text) if !operator.takes_text() => Err("does not compare texts."),
        Some(Format::Text) if is_text => Ok(()),
        Some(Format::Text) => Err("must be a text of one line and at most 255 characters."),
        Some(Format::Flag | Format::Instant | Format::Bucket | Format::Weekday) => {
            Err("cannot be compared: the column has neither numbers nor texts.")
        }
        // The fault of the field is told.
        None if is_number || is_text => Ok(()),
        None => Err("must be a number or a text."),
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}
