//! `POST /api/ingest/csv`: a spreadsheet of any origin.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use encoding_rs::Encoding;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Refusal, answer};
use crate::app::App;
use crate::auth::Caller;
use crate::dialers::sheet::dates::Order;
use crate::dialers::sheet::mapping::Mapping;
use crate::dialers::sheet::preview::SheetOutcome;
use crate::dialers::sheet::request::FORMAT;
use crate::dialers::sheet::take::{self, Reading};
use crate::dialers::sheet::{encoding, store};
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::http::extract::{IngestWrite, Permitted};
use crate::http::ingest::{ATOMIC, in_task, of_encoding, unpacked};
use crate::http::{error, openapi, paths};
use crate::ingest::kind::{Kind, NAMES};
use crate::ingest::{self, Locale, Target};
use crate::input::{self, Parameter, Query, ZONE_OF_ACCOUNT};
use crate::templates::store::is_name;
use crate::time::Zone;

const KIND: Parameter = Parameter::optional(
    "kind",
    input::Kind::Choice(NAMES),
    "Kind of the lines that rows become; required without a map.",
);
const MAP: Parameter = Parameter::optional(
    "map",
    input::Kind::Text,
    "Name of the mapping to read it by. Without one, columns are named as the fields of the kind.",
);
const DATE_FORMAT: Parameter = Parameter::optional(
    "date_format",
    input::Kind::Text,
    "Order of day, month and year, such as dd/mm/yyyy hh:mm:ss, in place of the mapping's.",
);
const ENCODING: Parameter = Parameter::optional(
    "encoding",
    input::Kind::Choice(encoding::NAMES),
    "Encoding of the text; found without it.",
);
const SHEET: Parameter = Parameter::optional(
    "sheet",
    input::Kind::Text,
    "Name or number of the sheet of a workbook; the first without it.",
);
const DRY_RUN: Parameter = Parameter::optional(
    "dry_run",
    input::Kind::Flag,
    "Stores nothing, and answers with what would be stored.",
);
const PARAMETERS: [&Parameter; 8] = [
    &KIND,
    &MAP,
    &ZONE_OF_ACCOUNT,
    &DATE_FORMAT,
    &ENCODING,
    &SHEET,
    &DRY_RUN,
    &ATOMIC,
];

/// Adds the operation.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(post));
    openapi::add_parameters(router.get_openapi_mut(), paths::INGEST_CSV, [of_encoding()]);
    openapi::add_parameters(
        router.get_openapi_mut(),
        paths::INGEST_CSV,
        PARAMETERS.map(openapi::described),
    );
    openapi::guard::<IngestWrite>(router, paths::INGEST_CSV)
}

/// A request, read.
struct Wanted {
    kind: Option<&'static Kind>,
    map: Option<String>,
    zone: Option<Zone>,
    order: Option<Order>,
    encoding: Option<&'static Encoding>,
    sheet: Option<String>,
    is_dry: bool,
    atomic: bool,
}

impl Wanted {
    fn of(raw: &str) -> Result<Self> {
        let mut query = Query::parse(raw, PARAMETERS);
        let map = query.text(&MAP).map(str::to_owned);
        if map.as_deref().is_some_and(|map| !is_name(map)) {
            query.fail(MAP.name, "The mapping was not found.");
        }
        if map.is_none() {
            query.require(&KIND);
        }
        let format = query.text(&DATE_FORMAT).map(Order::of_format);
        if format == Some(None) {
            query.fail(DATE_FORMAT.name, FORMAT);
        }
        let wanted = Self {
            kind: query.listed(&KIND).and_then(Kind::named),
            map,
            zone: query.zone(),
            order: format.flatten(),
            encoding: query.listed(&ENCODING).and_then(encoding::named),
            sheet: query.storable_text(&SHEET),
            is_dry: query.flag(&DRY_RUN),
            atomic: query.flag(&ATOMIC),
        };
        query.finish(Some(wanted))
    }

    /// The mapping that the request names.
    async fn mapping(&self, app: &App, tenant: i64) -> Result<Option<Mapping>> {
        let Some(name) = &self.map else {
            return Ok(None);
        };
        let mut scope = app.db.read(tenant).await?;
        Ok(Some(store::load(&mut scope, MAP.name, name).await?))
    }

    /// What the request says about its body.
    fn reading(self, app: &App, caller: &Caller, mapping: Option<Mapping>) -> Result<Reading> {
        let locale = Locale {
            zone: take::zone(self.zone, mapping.as_ref(), caller.tenant.timezone),
            country_code: caller.tenant.settings.country_code(),
        };
        Ok(Reading {
            kind: take::kind(self.kind, mapping.as_ref())?,
            mapping,
            order: self.order,
            encoding: self.encoding,
            sheet: self.sheet,
            target: Target {
                tenant: caller.tenant.id,
                locale,
                atomic: self.atomic,
                events: true,
            },
            folder: app.exports.store.temp_dir().to_owned(),
            most: app.atomic_limit,
        })
    }
}

/// Ingest a spreadsheet: CSV or any delimited text, or XLSX.
///
/// Encoding, delimiter and header are found: the header is the first row, of the first 50, that names the columns. Rows become
/// ingest lines, by the mapping `map`, or by columns that are named as the fields of `kind`; faults are reported by the number of the row and
/// name the column. Dates whose order of day and month no column proves want `date_format`. A call without `uuid` takes one
/// made of what it is, so that the same sheet is stored once. With `dry_run`, nothing is stored, and the answer has
/// more members: the first 20 lines, columns that were not used, faults, and a suggested mapping.
#[utoipa::path(post, path = paths::INGEST_CSV, tag = "Ingest", operation_id = "ingest_csv",
    request_body(content(
        (String = "text/csv", example = "id;name\n1;North\n2;South\n"),
        (String = "text/tab-separated-values", example = "id\tname\n1\tNorth\n"),
        (openapi::Binary = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (openapi::Binary = "application/octet-stream"))),
    responses(
        (status = 200, description = "Every valid row is committed. With dry_run: what would be stored.",
            body = Data<SheetOutcome>,
            example = json!({"data": {"received": 3, "stored": 2, "rejected": 1,
                "errors": [{"line": 4, "errors": {"result": ["must be one of: answered, no_answer, busy, failed, abandoned (column Trạng thái)."]}}],
                "calls": 2, "collapsed": 0, "ignored": 0, "ignored_for": {}, "quarantined": 0, "unmapped": 0,
                "created": {"campaigns": 0, "leads": 0, "agents": 0, "caller_ids": 0}}})),
        (status = 400, description = "The body is incomplete or not gzip: nothing is stored.", body = error::Body),
        (status = 413, description = "More than 1 GiB, unpacked.", body = error::Body),
        (status = 415, description = "Unsupported content type or encoding.", body = error::Body),
        (status = 422, description = "Nothing was stored: every row was refused, with atomic at least one, or a parameter, the file or a column is at fault.",
            body = Refusal),
        (status = 507, description = "A disk is full, the server's or the database's; earlier rows are stored, unless atomic.", body = error::Body),
    ))]
async fn post(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response> {
    check_media(&headers)?;
    let wanted = Wanted::of(&raw.unwrap_or_default())?;
    let mapping = wanted.mapping(&app, caller.tenant.id).await?;
    let is_dry = wanted.is_dry;
    let reading = Arc::new(wanted.reading(&app, &caller, mapping)?);
    let body = unpacked(&headers, body)?;
    // Bounds what lies on the disk.
    let turn = app.db.atomic_body_slot(caller.tenant.id).await?;
    let file = ingest::spool(body, app.atomic_limit, &reading.folder).await?;
    let file = file.into_inner().into_std().await;
    let sheet = reading.sheet(file, is_dry).await?;
    if is_dry {
        let data = reading.preview(sheet).await?;
        return Ok(Json(Data { data }).into_response());
    }
    let tally = in_task(async move {
        let _turn = turn;
        reading.store(&app.db, sheet, |_| ()).await
    });
    Ok(answer(tally.await?))
}

/// `UnsupportedMedia` for what no spreadsheet is sent as.
fn check_media(headers: &HeaderMap) -> Result<()> {
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let is_known = kind.is_empty()
        || kind.starts_with("text/")
        || kind.starts_with("application/vnd.")
        || ["application/octet-stream", "application/csv"].contains(&kind.as_str());
    if is_known {
        return Ok(());
    }
    Err(Error::UnsupportedMedia {
        accepted: "text/csv, text/tab-separated-values, application/octet-stream, \
                   application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    })
}
