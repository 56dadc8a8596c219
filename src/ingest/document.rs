//! Documentation of the ingest fields, generated from the list of kinds: sentences for OpenAPI,
//! tables in Markdown.

use std::fmt::Write;

use super::field::{Field, Presence, Type};
use super::kind::{KINDS, Kind};
use crate::input::composite::MAX_JSON;

/// Describes a kind in a few sentences.
pub fn about(kind: &Kind) -> String {
    let key = kind.key().name;
    let finished = kind.finished_by.map_or_else(String::new, |field| {
        format!(" Without `{field}`, a line for a row that has one is counted as stored and changes nothing.")
    });
    let keeps = if kind.keeps_absent {
        " For a row that is stored, an absent field, also a required one, keeps its value; null resets it to its \
         default."
    } else {
        ""
    };
    format!(
        "{} Stored in `{}` by its `{key}`.{finished}{keeps}",
        sentences(kind.about),
        kind.table
    )
}

/// Describes a field in a few sentences: meaning, format, and default.
pub fn meaning(field: &Field) -> String {
    let absent = match field.presence {
        Presence::Kept => " Left out, the first value stays; at first, the instant of storing.",
        Presence::Optional => " Null unless given.",
        Presence::Required | Presence::Or(_) => "",
    };
    let form = form(field.kind).map_or_else(String::new, |form| format!(" {form}"));
    format!("{}{form}{absent}", sentences(field.about))
}

/// Joins doc comments into one paragraph.
fn sentences(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Format of a type beyond its name, as a sentence.
fn form(kind: Type) -> Option<String> {
    Some(match kind {
        Type::Reference(target) => format!("Id of a `{target}` that is stored or stands earlier."),
        Type::Code(target) => format!("Code of a `{target}` that is stored or stands earlier."),
        Type::Moment => "Without an offset it is read in the request's timezone.".into(),
        Type::Started => "From 1980 on; without an offset it is read in the request's timezone.".into(),
        Type::Phone => "8 to 15 digits; spaces and `-./()` are dropped, `00` is `+`, and one leading `0` is the \
                        account's country code."
            .into(),
        Type::Actions => format!(
            "Each needs `digit` (0-9, * or #), `label` and `action_type`; at most {MAX_JSON} bytes of JSON, names 255 \
             characters."
        ),
        Type::Object => format!("At most {MAX_JSON} bytes of JSON."),
        _ => return None,
    })
}

/// Short name of a field's type.
fn type_name(kind: Type) -> String {
    match kind {
        Type::Id | Type::Reference(_) => "integer, 64 bits".into(),
        Type::Code(_) => "text".into(),
        Type::Key { max } | Type::Token { max } | Type::Text { max } => format!("text, {max}"),
        Type::Enum(values) => values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Type::Integer { min, max: i32::MAX } => format!("integer, {min} or more"),
        Type::Integer { min, max } => format!("integer, {min} to {max}"),
        Type::Size => "integer, 0 or more".into(),
        Type::IntegerOrText { max } => format!("integer, or text, {max}"),
        Type::Flag => "true or false".into(),
        Type::Moment | Type::End | Type::Started => "date or datetime".into(),
        Type::Phone => "phone".into(),
        Type::Color => "`#RRGGBB`".into(),
        Type::Keys { max } => format!("keys 0-9, * and #, {max}"),
        Type::Fraction => "number, 0 to 1".into(),
        Type::Percent => "number, 0 to 100".into(),
        Type::Object => "object".into(),
        Type::Actions | Type::List => "list of objects".into(),
        Type::Steps { most, max } => format!("list of {most} texts, {max} each"),
    }
}

/// Default of a field; `*` if it is required.
fn default_of(field: &Field) -> String {
    match field.presence {
        Presence::Required => "*".into(),
        Presence::Optional => "null".into(),
        Presence::Kept => "first value".into(),
        Presence::Or("") => "`\"\"`".into(),
        Presence::Or("{}") if matches!(field.kind, Type::Steps { .. }) => "`[]`".into(),
        Presence::Or(default) => format!("`{default}`"),
    }
}

const OPENING: &str = "\
# Ingest fields

One JSON object a line states a whole row of its `kind`. What a line leaves out, or gives as null or as an empty text,
takes its default, unless its kind keeps absent fields; `*` marks what it may not leave out. The first field is the
key: a line for a key that is stored changes that row. Texts are brought into Unicode's normal form C; the number behind a text is the most code points it
may have, white space around it not counted. Phones are returned as they were sent.

This file is generated: `callboard fields > docs/ingest.md`.
";

/// Documents every kind with a table of its fields, in Markdown.
pub fn markdown() -> String {
    let mut text = OPENING.to_owned();
    for kind in KINDS {
        let _ = write!(text, "\n## {}\n\n{}\n\n", kind.name, about(kind)); // infallible: a String takes everything
        text.push_str("| field | type | default | meaning |\n|---|---|---|---|\n");
        for field in kind.fields {
            let form = form(field.kind).map_or_else(String::new, |form| format!(" {form}"));
            let (name, type_name, default) = (field.name, type_name(field.kind), default_of(field));
            let _ = writeln!(
                text,
                "| {name} | {type_name} | {default} | {}{form} |",
                sentences(field.about)
            );
        }
    }
    text
}
