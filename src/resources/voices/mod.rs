//! Voices that scripts are read in, as ingest brought them.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::list::{Listed, Statements};
use crate::closed::{VoiceStatus, VoiceTier};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::input::{Kind, Parameter};

/// A voice.
#[derive(Debug, Serialize, ToSchema, FromRow)]
#[schema(as = AutocallVoice)]
pub struct Voice {
    /// Its id, such as `vi-VN-female-01`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Language it speaks.
    pub language: Option<String>,
    /// Gender it sounds like.
    pub gender: Option<String>,
    /// A is the better quality.
    #[schema(value_type = VoiceTier)]
    pub tier: String,
    /// Scripts take active ones.
    #[schema(value_type = VoiceStatus)]
    pub status: String,
}

const FILTERS: &[Parameter] = &[
    Parameter::optional(
        "tier",
        Kind::Choice(VoiceTier::VALUES),
        "Only voices of this tier.",
    ),
    Parameter::optional(
        "status",
        Kind::Choice(VoiceStatus::VALUES),
        "Only voices with this status.",
    ),
];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("columns.sql");
    Statements::of(
        "voices",
        columns,
        include_str!("filter.sql"),
        "r.id asc",
        FILTERS.len(),
    )
});

impl Listed for Voice {
    const TITLE: &'static str = "Voices, by id";
    const TAG: &'static str = "AutoCall resources";
    const OPERATION: &'static str = "autocall_voices";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}

/// One voice. `NotFound` without it.
pub async fn find(scope: &mut Scope, id: &str) -> Result<Voice> {
    let find = scope.select(&STATEMENTS.find).bind(id.to_owned());
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}
