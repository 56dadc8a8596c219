//! OpenAPI of parameters and members of request bodies.

use serde_json::Value;
use utoipa::openapi::path::{
    self, OperationBuilder, ParameterBuilder, ParameterIn, ParameterStyle,
};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required, Schema};

use crate::closed::Set;
use crate::input::{Kind, Parameter};
use crate::page::{PAGE, PER_PAGE, PageRequest};
use crate::text::NAME_LEN;
use crate::time::compare::Earlier;

/// The `Cache-Control` request header.
pub fn fresh(operation: OperationBuilder) -> OperationBuilder {
    operation.parameter(header_parameter(
        "Cache-Control",
        "no-cache or max-age=0: the answer has everything committed before the request. max-age=N: it is at most \
         N seconds old.",
        "",
    ))
}

/// An optional request header; without a pattern, any text.
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

/// Adds the parameters of a path's POST.
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

/// Adds the parameters of a path's GET.
pub fn add_query<const N: usize>(document: &mut OpenApi, path: &str, given: [ParameterBuilder; N]) {
    let item = document.paths.paths.get_mut(path);
    if let Some(operation) = item.and_then(|item| item.get.as_mut()) {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.extend(given.map(|given| given.build().into()));
    }
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
        // Repeated if the name ends with `[]`, otherwise comma-separated.
        Kind::IdList { .. } | Kind::TextList { .. } | Kind::ChoiceList(_) => described
            .style(Some(ParameterStyle::Form))
            .explode(Some(parameter.name.ends_with("[]"))),
        _ => described,
    }
}

impl utoipa::IntoParams for PageRequest {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<path::Parameter> {
        [PAGE, PER_PAGE].map(|it| described(&it).build()).into()
    }
}

/// A date, or a date and time, optionally with an offset. The pattern does not know the lengths of months.
pub const MOMENT: &str = concat!(
    "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "([Tt ](([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?|24:00(:00([.,]0+)?)?)",
    "([Zz]|[+ -]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?"
);

/// Texts that the database can store.
pub const NO_NUL: &str = r"^[^\x00]*$";
/// The same, with more than blanks.
const NOT_BLANK: &str = r"^[^\x00]*[^\x00\s][^\x00]*$";

pub fn schema(parameter: &Parameter) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    match &parameter.kind {
        Kind::Moment => {
            // An empty value is treated as absent.
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
        Kind::Comparison => {
            let names = Earlier::NAMES.join("|");
            text()
                .pattern(Some(format!(r"^({names}|{MOMENT}\.\.{MOMENT})?$")))
                .examples(["previous_period", "2026-05-01..2026-05-31"])
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
        Kind::TextList { most } => ArrayBuilder::new()
            .items(text().max_length(Some(NAME_LEN)).pattern(Some(NO_NUL)))
            .min_items(Some(1))
            .max_items(Some(*most))
            .into(),
        Kind::Integer { range, default } => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(*range.start() as f64))
            .maximum(Some(*range.end() as f64))
            .default(Some((*default).into()))
            .into(),
        Kind::Number { range } => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(*range.start() as f64))
            .maximum(Some(*range.end() as f64))
            .into(),
        Kind::Fraction => ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(0.0))
            .maximum(Some(1.0))
            .into(),
        Kind::Either => ObjectBuilder::new().schema_type(Type::Boolean).into(),
        Kind::Flag => ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .default(Some(false.into()))
            .into(),
        // An empty value is treated as absent.
        Kind::Text if parameter.required => text().pattern(Some(NOT_BLANK)).into(),
        Kind::Text => text().pattern(Some(NO_NUL)).into(),
        // An empty value is treated as absent.
        Kind::Pattern(pattern) => text().pattern(Some(format!("^({pattern})?$"))).into(),
        Kind::Object => text()
            .pattern(Some(NO_NUL))
            .examples([r#"{"city":"Hanoi"}"#])
            .into(),
        Kind::ChoiceList(names) => ArrayBuilder::new()
            .items(closed(names, "", false))
            .min_items(Some(1))
            .into(),
        Kind::Choice(names) => closed(names, "", false),
    }
}

/// A JSON object with members that are read like parameters.
pub fn object<'a>(
    about: &str,
    parameters: impl IntoIterator<Item = &'a Parameter>,
) -> RefOr<Schema> {
    let object = ObjectBuilder::new().description(Some(about));
    let member = |object: ObjectBuilder, parameter: &Parameter| {
        let object = match schema(parameter) {
            _ if let Kind::Choice(names) = parameter.kind => object.property(
                parameter.plain(),
                closed(names, parameter.about, !parameter.required),
            ),
            RefOr::T(Schema::Object(mut schema)) => {
                schema.description = Some(parameter.about.to_owned());
                if !parameter.required {
                    // Null is treated as absent.
                    if let SchemaType::Type(own) = schema.schema_type.clone() {
                        schema.schema_type = SchemaType::from_iter([own, Type::Null]);
                    }
                }
                object.property(parameter.plain(), schema)
            }
            RefOr::T(Schema::Array(mut list)) => {
                list.description = Some(parameter.about.to_owned());
                object.property(parameter.plain(), list)
            }
            other => object.property(parameter.plain(), other),
        };
        if parameter.required {
            object.required(parameter.plain())
        } else {
            object
        }
    };
    parameters.into_iter().fold(object, member).into()
}

/// A text of a closed set, by reference if the set has a name. `about` is its meaning here.
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

pub fn integer() -> RefOr<Schema> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(format))
        .into()
}

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
