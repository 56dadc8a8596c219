//! OpenAPI schemas of ingest lines: one per kind, generated from the list of kinds.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::parameters::closed;
use crate::ingest::document;
use crate::ingest::field::{self, Field, Presence};
use crate::ingest::kind::{KINDS, Kind};
use crate::table;
use crate::text::NAME_LEN;

/// A body of `application/json`: one line's object, or an array of them.
pub struct IngestItems;

impl PartialSchema for IngestItems {
    fn schema() -> RefOr<Schema> {
        let one = || Ref::from_schema_name("IngestLine");
        let items = OneOfBuilder::new()
            .item(one())
            .item(ArrayBuilder::new().items(one()));
        items
            .description(Some("A JSON body of ingest: an item, or an array of them."))
            .into()
    }
}

impl ToSchema for IngestItems {
    fn name() -> Cow<'static, str> {
        "IngestItems".into()
    }
}

/// A schema per kind of line, and `IngestLine`, their union.
pub fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let any = table::one_of(
        "kind",
        KINDS
            .iter()
            .map(|kind| (schema_name(kind), std::slice::from_ref(&kind.name))),
    );
    let any = any.description(Some(
        "One line of an ingest body, a complete row of its kind.",
    ));
    let kinds = KINDS.iter().map(|kind| (schema_name(kind), line(kind)));
    kinds
        .chain([
            ("IngestLine".to_owned(), any.into()),
            (ACTION.to_owned(), action().into()),
        ])
        .collect()
}

/// `IngestAutocallLead`
fn schema_name(kind: &Kind) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let words: String = kind.name.split('_').map(capital).collect();
    format!("Ingest{words}")
}

fn line(kind: &Kind) -> RefOr<Schema> {
    let kind_name = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([kind.name]));
    let kind_name = kind_name.description(Some("Kind of the row."));
    let object = ObjectBuilder::new()
        .description(Some(document::about(kind)))
        .property("kind", kind_name)
        .required("kind");
    let object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    kind.fields
        .iter()
        .fold(object, |object, field| {
            let object = object.property(field.name, property(field));
            let is_key = field.name == kind.key().name;
            if field.presence == Presence::Required && (is_key || !kind.keeps_absent) {
                object.required(field.name)
            } else {
                object
            }
        })
        .into()
}

/// A field. Optional fields may be null. Defaults are described in words, because typed clients treat a property with a
/// default as always present.
pub fn property(field: &Field) -> RefOr<Schema> {
    let optional = field.presence != Presence::Required;
    let default =
        default(field).map_or_else(String::new, |default| format!(" Default: `{default}`."));
    let about = document::meaning(field) + &default;
    let kind = |kind| {
        if optional {
            SchemaType::from_iter([kind, Type::Null])
        } else {
            SchemaType::Type(kind)
        }
    };
    let of = |of| {
        ObjectBuilder::new()
            .schema_type(kind(of))
            .description(Some(about.clone()))
    };
    let text = || of(Type::String);
    let number = |max: f64| of(Type::Number).minimum(Some(0.0)).maximum(Some(max));
    let format = |format| Some(SchemaFormat::KnownFormat(format));
    let list = || {
        ArrayBuilder::new()
            .schema_type(kind(Type::Array))
            .description(Some(about.clone()))
    };
    match field.kind {
        field::Type::Id | field::Type::Reference(_) => {
            of(Type::Integer).format(format(KnownFormat::Int64)).into()
        }
        field::Type::Code(_) => text().max_length(Some(NAME_LEN)).into(),
        field::Type::Key { max } | field::Type::Token { max } | field::Type::Text { max } => {
            // An empty required text is treated as absent.
            let least = (field.presence == Presence::Required).then_some(1);
            text().min_length(least).max_length(Some(max)).into()
        }
        field::Type::Enum(values) => closed(values, &about, optional),
        field::Type::Integer { min, max } => {
            let integer = of(Type::Integer).format(format(KnownFormat::Int64));
            integer
                .minimum(Some(f64::from(min)))
                .maximum(Some(f64::from(max)))
                .into()
        }
        field::Type::Size => of(Type::Integer)
            .format(format(KnownFormat::Int64))
            .minimum(Some(0.0))
            .into(),
        field::Type::IntegerOrText { max } => {
            let kinds = [Type::Integer, Type::String, Type::Null];
            text()
                .schema_type(SchemaType::from_iter(kinds))
                .max_length(Some(max))
                .into()
        }
        field::Type::Flag => of(Type::Boolean).into(),
        field::Type::Moment | field::Type::End | field::Type::Started => {
            text().format(format(KnownFormat::DateTime)).into()
        }
        field::Type::Phone => text().into(),
        field::Type::Color => text().pattern(Some("^#[0-9A-Fa-f]{6}$")).into(),
        field::Type::Keys { max } => text()
            .pattern(Some("^[0-9*#]*$"))
            .max_length(Some(max))
            .into(),
        field::Type::Fraction => number(1.0).into(),
        field::Type::Percent => number(100.0).into(),
        field::Type::Object => of(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into(),
        field::Type::Steps { most, max } => {
            let step = ObjectBuilder::new()
                .schema_type(Type::String)
                .max_length(Some(max));
            list().items(step).max_items(Some(most)).into()
        }
        field::Type::Actions => list().items(Ref::from_schema_name(ACTION)).into(),
        field::Type::List => list().into(),
    }
}

const ACTION: &str = "IngestDtmfAction";

/// One entry of a script's `dtmf_actions`.
fn action() -> ObjectBuilder {
    let text = |about: &str| {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(NAME_LEN));
        text.description(Some(about.to_owned()))
    };
    ObjectBuilder::new()
        .property("digit", text("The key.").pattern(Some("^[0-9*#]$")))
        .required("digit")
        .property("label", text("What people call it."))
        .required("label")
        .property(
            "action_type",
            text("Action of the key: queue, playback, hangup and so on."),
        )
        .required("action_type")
        .property("target_queue_name", text("The queue it leads to."))
}

/// The default as JSON. Lists are written in Postgres' form, `{}`.
fn default(field: &Field) -> Option<Value> {
    let Presence::Or(text) = field.presence else {
        return None;
    };
    Some(match field.kind {
        field::Type::Steps { .. } | field::Type::Actions | field::Type::List => json!([]),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    })
}
