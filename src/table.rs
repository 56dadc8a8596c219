//! Tables: the common form of all outputs except JSON.
//!
//! Owns columns (JSON name, title, format) and cells. Must not know reports, files or HTTP. A
//! report's rows are declared once with [`row!`]; JSON, schema and columns derive from that list of
//! fields.

pub mod compared;
pub mod look;
pub mod worded;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{OneOfBuilder, Type};
use utoipa::openapi::{Discriminator, Ref, RefOr, Schema};

use crate::figure::{Form, Mark, Within};
use crate::percent::{DecimalNumber, DecimalText};
use crate::time::{Bucket, Instant};
use crate::words::Language;
use look::Look;

/// A value. `null` in JSON is `Empty`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cell {
    Empty,
    Text(String),
    Integer(i64),
    /// Printed with its decimals: `64.07`, `184.5`.
    Decimal(Decimal),
    Flag(bool),
    Instant(DateTime<Utc>),
    Bucket(Bucket),
}

/// A borrowed cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellRef<'a> {
    Empty,
    Text(&'a str),
    Integer(i64),
    Decimal(Decimal),
    Flag(bool),
    Instant(DateTime<Utc>),
    Bucket(Bucket),
}

impl<'a> From<&'a Cell> for CellRef<'a> {
    fn from(cell: &'a Cell) -> Self {
        match cell {
            Cell::Empty => Self::Empty,
            Cell::Text(text) => Self::Text(text),
            Cell::Integer(number) => Self::Integer(*number),
            Cell::Decimal(number) => Self::Decimal(*number),
            Cell::Flag(flag) => Self::Flag(*flag),
            Cell::Instant(instant) => Self::Instant(*instant),
            Cell::Bucket(bucket) => Self::Bucket(*bucket),
        }
    }
}

/// Display format of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    /// A number that identifies something: no thousands separator.
    Id,
    Integer,
    Decimal(u32),
    Flag,
    Instant,
    /// A local hour, day, week or month.
    Bucket,
    /// A day of the week; 0 is Sunday.
    Weekday,
}

impl Format {
    /// Decimals of a number.
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Decimal(decimals) => decimals,
            _ => 0,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Column {
    /// JSON field and CSV header.
    pub name: Cow<'static, str>,
    /// Title for people.
    pub title: Cow<'static, str>,
    pub format: Format,
}

/// A named table: columns, rows, and its chart.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    pub columns: Cow<'static, [Column]>,
    pub rows: Vec<Vec<Cell>>,
    pub chart: Option<Chart>,
    /// Language of titles, and of what is put into words as it is written.
    pub language: Language,
    /// Looks of the columns by a template, one each; none without a template.
    pub looks: Vec<Look>,
}

/// A chart of a table; columns are given by name.
#[derive(Debug, Clone, Copy)]
pub enum Chart {
    /// Values over time.
    Line {
        over: &'static str,
        values: &'static [&'static str],
    },
    /// Values side by side, one group per row.
    Bars {
        over: &'static str,
        values: &'static [&'static str],
    },
    /// Values of a single row, side by side.
    Totals { values: &'static [&'static str] },
    /// Values by day of the week (0 is Sunday) and hour: one grid per value, darker for larger
    /// values.
    Week {
        day: &'static str,
        hour: &'static str,
        values: &'static [&'static str],
    },
}

impl Table {
    pub fn of<R: Row>(name: &'static str, rows: &[R]) -> Self {
        Self {
            name,
            columns: Cow::Borrowed(R::COLUMNS),
            rows: rows.iter().map(Row::cells).collect(),
            chart: None,
            language: Language::English,
            looks: Vec::new(),
        }
    }

    pub fn with_chart(self, chart: Chart) -> Self {
        Self {
            chart: Some(chart),
            ..self
        }
    }

    /// Index of a column by its JSON name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// A struct whose fields are the columns of a table. Implemented by [`row!`].
pub trait Row {
    const COLUMNS: &'static [Column];
    /// What its fields mean.
    const MEMBERS: Within;
    fn cells(&self) -> Vec<Cell>;
}

/// A type of members of their own: a row, a list of rows, or a map.
pub trait Inside {
    const WITHIN: Within;
}

impl<R: Row> Inside for R {
    const WITHIN: Within = R::MEMBERS;
}

impl<R: Row> Inside for Vec<R> {
    const WITHIN: Within = R::MEMBERS.form(Form::List);
}

impl<R: Row> Inside for Option<R> {
    const WITHIN: Within = R::MEMBERS;
}

/// A type usable for fields of rows.
pub trait Field {
    const FORMAT: Format;
    fn cell(&self) -> Cell;
}

/// A number that identifies something (a campaign, an agent).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    sqlx::Type,
    utoipa::ToSchema,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Id(pub i64);

impl Field for Id {
    const FORMAT: Format = Format::Id;
    fn cell(&self) -> Cell {
        Cell::Integer(self.0)
    }
}

/// A local day of the week; 0 is Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Weekday(pub i64);

impl Weekday {
    pub const NAMES: [&'static str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];

    pub fn name(number: i64, language: Language) -> Option<&'static str> {
        let name = Self::NAMES.get(usize::try_from(number).ok()?)?;
        let named = language.value("day_of_week", &number.to_string());
        Some(named.unwrap_or(name))
    }
}

impl Field for Weekday {
    const FORMAT: Format = Format::Weekday;
    fn cell(&self) -> Cell {
        Cell::Integer(self.0)
    }
}

/// A local hour of the day, 0 to 23: like a weekday, the key of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Hour(pub i64);

impl Field for Hour {
    const FORMAT: Format = Format::Id;
    fn cell(&self) -> Cell {
        Cell::Integer(self.0)
    }
}

impl Field for Bucket {
    const FORMAT: Format = Format::Bucket;
    fn cell(&self) -> Cell {
        Cell::Bucket(*self)
    }
}

impl Field for i64 {
    const FORMAT: Format = Format::Integer;
    fn cell(&self) -> Cell {
        Cell::Integer(*self)
    }
}

impl Field for i32 {
    const FORMAT: Format = Format::Integer;
    fn cell(&self) -> Cell {
        Cell::Integer((*self).into())
    }
}

/// Steps of a path, as reports print it.
impl Field for Vec<String> {
    const FORMAT: Format = Format::Text;
    fn cell(&self) -> Cell {
        if self.is_empty() {
            Cell::Empty
        } else {
            Cell::Text(self.join(" -> "))
        }
    }
}

impl Field for String {
    const FORMAT: Format = Format::Text;
    fn cell(&self) -> Cell {
        Cell::Text(self.clone())
    }
}

impl Field for &'static str {
    const FORMAT: Format = Format::Text;
    fn cell(&self) -> Cell {
        Cell::Text((*self).to_owned())
    }
}

impl Field for bool {
    const FORMAT: Format = Format::Flag;
    fn cell(&self) -> Cell {
        Cell::Flag(*self)
    }
}

impl Field for Instant {
    const FORMAT: Format = Format::Instant;
    fn cell(&self) -> Cell {
        Cell::Instant(self.0)
    }
}

impl<const DP: u32> Field for DecimalText<DP> {
    const FORMAT: Format = Format::Decimal(DP);
    fn cell(&self) -> Cell {
        Cell::Decimal(self.value())
    }
}

impl<const DP: u32> Field for DecimalNumber<DP> {
    const FORMAT: Format = Format::Decimal(DP);
    fn cell(&self) -> Cell {
        Cell::Decimal(self.value().normalize())
    }
}

impl<T: Field> Field for Option<T> {
    const FORMAT: Format = T::FORMAT;
    fn cell(&self) -> Cell {
        self.as_ref().map_or(Cell::Empty, Field::cell)
    }
}

/// The mark of a member whose members are members of the object around it.
pub const fn flat<T: Inside>() -> Mark {
    Mark::Within(T::WITHIN.form(Form::Flat))
}

/// The mark of records of the past.
pub const fn recorded<T: Inside>() -> Mark {
    Mark::Within(T::WITHIN.recorded())
}

/// Schemas by name, as collected for an OpenAPI document.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// Returns a reference to the schema of a type, and adds it and its dependencies to `schemas`.
pub fn reference<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    T::schemas(schemas);
    schemas.push((T::name().into(), T::schema()));
    Ref::from_schema_name(T::name()).into()
}

/// Like [`reference()`], for a generic type, by that name.
pub fn reference_as<T: ToSchema>(name: &str, schemas: &mut Schemas) -> RefOr<Schema> {
    T::schemas(schemas);
    schemas.push((name.to_owned(), T::schema()));
    Ref::from_schema_name(name).into()
}

/// Union of named schemas, with the values of the field that discriminates them.
pub fn one_of(
    field: &str,
    kinds: impl IntoIterator<Item = (String, &'static [&'static str])>,
) -> OneOfBuilder {
    let mut mapping = Vec::new();
    let mut any = OneOfBuilder::new();
    for (name, values) in kinds {
        let reference = Ref::from_schema_name(name);
        mapping.extend(
            values
                .iter()
                .map(|value| (*value, reference.ref_location.clone())),
        );
        any = any.item(reference);
    }
    // Without a type, tools that only check the discriminator would accept non-objects.
    any.schema_type(Type::Object)
        .discriminator(Some(Discriminator::with_mapping(field, mapping)))
}

/// Declares a row: a struct whose fields, each with its doc comment (meaning, unit, formula), its human header and its
/// mark ([`crate::figure`]), are at once JSON keys in their order, schema properties, table columns and entries of the
/// catalogue of figures. A field without a header is for JSON only; one without a mark has members of its own. `besides`
/// declares figures that others are made of and no answer shows.
///
/// ```ignore
/// row! {
///     /// One bucket of the trend.
///     pub struct Bucket {
///         /// The bucket by the local clock.
///         bucket: Bucket => "Time" as key("bucket"),
///         /// Attempts started in the bucket.
///         dialed: i64 => "Dialed" as calls(&[]),
///     }
/// }
/// ```
macro_rules! row {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident : $type:ty $(=> $title:literal)? $(as $mark:expr)? ),* $(,)?
        }
        $( besides { $( #[doc = $about:literal] $beside:ident => $beside_title:literal as $beside_mark:expr ),* $(,)? } )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
        pub struct $name { $( $(#[$field_meta])* pub $field: $type ),* }

        impl $crate::table::Row for $name {
            const COLUMNS: &'static [$crate::table::Column] = &[$( $(
                $crate::table::Column {
                    name: std::borrow::Cow::Borrowed(stringify!($field)),
                    title: std::borrow::Cow::Borrowed($title),
                    format: <$type as $crate::table::Field>::FORMAT,
                },
            )? )*];

            const MEMBERS: $crate::figure::Within = {
                #[allow(unused_imports, reason = "not every row has every mark")]
                use $crate::figure::*;
                Within {
                    schema: <Self as utoipa::ToSchema>::name,
                    form: Form::One,
                    members: &[$( Member {
                        name: stringify!($field),
                        title: $crate::table::first!($($title,)? ""),
                        mark: $crate::table::first!(
                            $($mark,)?
                            Mark::Within(<$type as $crate::table::Inside>::WITHIN)
                        ),
                        decimals: $crate::table::first!(
                            $({ _ = $title; <$type as $crate::table::Field>::FORMAT.decimals() },)?
                            0
                        ),
                    } ),*],
                    besides: &[$( $( Beside {
                        about: $about,
                        member: Member {
                            name: stringify!($beside),
                            title: $beside_title,
                            mark: $beside_mark,
                            decimals: 0,
                        },
                    } ),* )?],
                    has_lists: true,
                }
            };

            fn cells(&self) -> Vec<$crate::table::Cell> {
                vec![$( $( { _ = $title; $crate::table::Field::cell(&self.$field) }, )? )*]
            }
        }
    };
}
pub(crate) use row;

/// The first of one or two expressions.
macro_rules! first {
    ($first:expr) => {
        $first
    };
    ($first:expr, $default:expr) => {
        $first
    };
}
pub(crate) use first;
