//! How the OpenAPI document describes the lines of ingest: a schema for each kind, made from the list of kinds.

use serde_json::{Value, json};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use crate::ingest::field::{self, Field, KEY_LEN, Presence};
use crate::ingest::kind::{KINDS, Kind};

/// A schema for each kind of line, and `IngestLine`, which is any of them.
pub fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let any = KINDS.iter().fold(OneOfBuilder::new(), |any, kind| any.item(Ref::from_schema_name(schema_name(kind))));
    let any = any.description(Some("One line of an ingest body: it states a whole row of its kind."));
    let kinds = KINDS.iter().map(|kind| (schema_name(kind), line(kind)));
    kinds.chain([("IngestLine".to_owned(), any.into())]).collect()
}

/// `IngestAutocallLead`
fn schema_name(kind: &Kind) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let words: String = kind.name.split('_').map(capital).collect();
    format!("Ingest{words}")
}

fn line(kind: &Kind) -> RefOr<Schema> {
    let kind_name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind.name]));
    let kind_name = kind_name.description(Some("What the line states a row of."));
    let object = ObjectBuilder::new()
        .description(Some(format!("A row of {}, found by its {}.", kind.table, kind.key().name)))
        .property("kind", kind_name)
        .required("kind");
    kind.fields
        .iter()
        .fold(object, |object, field| {
            let object = object.property(field.name, property(field));
            if field.presence == Presence::Required { object.required(field.name) } else { object }
        })
        .into()
}

fn property(field: &Field) -> RefOr<Schema> {
    let of = |kind| ObjectBuilder::new().schema_type(kind).default(default(field));
    let text = |about: &str| of(Type::String).description(Some(absent(field, about)));
    let date_time = || Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
    let number = |max: f64| of(Type::Number).minimum(Some(0.0)).maximum(Some(max));
    let integer = |about: &str| {
        let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
        of(Type::Integer).format(Some(format)).description(Some(absent(field, about)))
    };
    match field.kind {
        field::Type::Id => integer("Id in the source system.").into(),
        field::Type::Reference(kind) => integer(&format!("Id of a {kind} that is stored or stands earlier.")).into(),
        field::Type::Code(kind) => {
            text(&format!("Code of a {kind} that is stored or stands earlier.")).max_length(Some(KEY_LEN)).into()
        }
        field::Type::Key { max } => text("Unique within the account.").max_length(Some(max)).into(),
        field::Type::Text => text("Free text.").into(),
        field::Type::Enum(values) => text("One of these.").enum_values(Some(values.iter().copied())).into(),
        field::Type::Integer { min, max } => {
            let about = if field.name.ends_with("_sec") || field.name == "billsec" { "Seconds." } else { "A count." };
            integer(about).minimum(Some(f64::from(min))).maximum(Some(f64::from(max))).into()
        }
        field::Type::Flag => of(Type::Boolean).description(Some(absent(field, "True or false."))).into(),
        field::Type::Moment => text("An instant; without an offset in the request's zone.").format(date_time()).into(),
        field::Type::Started => text("An instant from 1980 on.").format(date_time()).into(),
        field::Type::Phone => text("8 to 15 digits, with or without +; 0… takes 84 in front.").into(),
        field::Type::Color => text("#RRGGBB").pattern(Some("^#[0-9A-Fa-f]{6}$")).into(),
        field::Type::Keys => text("Keys in the order they were pressed.").pattern(Some("^[0-9*#]*$")).into(),
        field::Type::Fraction => number(1.0).description(Some(absent(field, "Kept to six decimals."))).into(),
        field::Type::Percent => number(100.0).description(Some(absent(field, "Percent, kept to six decimals."))).into(),
        field::Type::Object => of(Type::Object).description(Some(absent(field, "Any JSON object."))).into(),
        field::Type::Steps => ArrayBuilder::new()
            .items(ObjectBuilder::new().schema_type(Type::String))
            .default(default(field))
            .description(Some("Steps through the script, in order."))
            .into(),
        field::Type::Actions => {
            ArrayBuilder::new().items(action()).default(default(field)).description(Some("What each key does.")).into()
        }
    }
}

/// One entry of a script's `dtmf_actions`.
fn action() -> ObjectBuilder {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about.to_owned()));
    ObjectBuilder::new()
        .property("digit", text("The key.").pattern(Some("^[0-9*#]$")))
        .required("digit")
        .property("label", text("What people call it."))
        .required("label")
        .property("action_type", text("What it does: queue, playback, hangup and so on."))
        .required("action_type")
        .property("target_queue_name", text("The queue it leads to."))
}

/// The description, with what an absent value means where no default can say it.
fn absent(field: &Field, about: &str) -> String {
    match field.presence {
        Presence::Kept => format!("{about} Left out, the first value stays; at first, the instant of storing."),
        Presence::Optional => format!("{about} Null unless given."),
        Presence::Required | Presence::Or(_) => about.to_owned(),
    }
}

/// The default as JSON. Lists are kept as Postgres writes them, `{}`.
fn default(field: &Field) -> Option<Value> {
    let Presence::Or(text) = field.presence else { return None };
    Some(match field.kind {
        field::Type::Steps | field::Type::Actions => json!([]),
        _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    })
}
