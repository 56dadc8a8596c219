//! Audio files that scripts can play, as ingest brought them.

use std::sync::LazyLock;

use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;

use super::list::{Listed, Statements};
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::input::{Kind, Parameter};
use crate::time::Instant;

/// An audio file.
#[derive(Debug, Serialize, ToSchema, FromRow)]
#[schema(as = AutocallMediaFile)]
pub struct MediaFile {
    /// Its id in the source system.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Length in seconds.
    pub duration_sec: Option<i32>,
    /// Size in bytes.
    pub file_size: Option<i64>,
    /// Creation time.
    pub created_at: Instant,
}

const FILTERS: &[Parameter] = &[Parameter::optional(
    "q",
    Kind::Text,
    "Only files whose name contains this text, case-insensitive.",
)];

static STATEMENTS: LazyLock<Statements> = LazyLock::new(|| {
    let columns = include_str!("columns.sql");
    Statements::of(
        "media_files",
        columns,
        include_str!("filter.sql"),
        "r.id desc",
        FILTERS.len(),
    )
});

impl Listed for MediaFile {
    const TITLE: &'static str = "Audio files, newest id first";
    const TAG: &'static str = "AutoCall resources";
    const OPERATION: &'static str = "autocall_media";
    const EXAMPLE: &'static str = include_str!("list.json");
    const FILTERS: &'static [Parameter] = FILTERS;
    const STATEMENTS: &'static LazyLock<Statements> = &STATEMENTS;
}

/// One file. `NotFound` without it.
pub async fn find(scope: &mut Scope, id: i64) -> Result<MediaFile> {
    let find = scope.select(&STATEMENTS.find).bind(id);
    let found = find.fetch_optional(scope.connection()).await?;
    found.ok_or(Error::NotFound)
}
