//! `POST /api/ingest/csv`: a spreadsheet of any origin.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use encoding_rs::Encoding;
use tokio::task::spawn_blocking;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Refusal, answer};
use crate::app::App;
use crate::auth::Caller;
use crate::dialers::sheet::dates::Order;
use crate::dialers::sheet::lines::Lines;
use crate::dialers::sheet::mapping::{Mapping, Source, is_call};
use crate::dialers::sheet::people::People;
use crate::dialers::sheet::plan::Plan;
use crate::dialers::sheet::preview::{SheetOutcome, ignored_for, named};
use crate::dialers::sheet::read::{self, Upload};
use crate::dialers::sheet::request::FORMAT;
use crate::dialers::sheet::{Sheet, encoding, mapping, numbers, store};
use crate::dialers::tally::Tally;
use crate::envelope::Data;
use crate::error::{Error, Faults, Result};
use crate::http::extract::{IngestWrite, Permitted};
use crate::http::ingest::{ATOMIC, in_task, of_encoding, unpacked};
use crate::http::{error, openapi, paths};
use crate::ingest::kind::{Kind, NAMES};
use crate::ingest::{self, Locale, Target};
use crate::input::{self, Parameter, Query, ZONE_OF_ACCOUNT};
use crate::rollups::Module;
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

    /// The kind of the lines, and the mapping that the request names.
    async fn mapping(&self, app: &App, tenant: i64) -> Result<(&'static Kind, Option<Mapping>)> {
        let mapping = match &self.map {
            Some(name) => {
                let mut scope = app.db.read(tenant).await?;
                Some(store::load(&mut scope, MAP.name, name).await?)
            }
            None => None,
        };
        let of_map = mapping.as_ref().and_then(|map| Kind::named(&map.kind));
        match (self.kind, of_map) {
            (Some(kind), Some(of_map)) if kind.name != of_map.name => {
                let fault = format!("The mapping is one of {}.", of_map.name);
                Err(Error::invalid(KIND.name, fault))
            }
            (kind, of_map) => {
                let kind = kind.or(of_map).ok_or(Error::NotFound)?; // infallible: one is required
                Ok((kind, mapping))
            }
        }
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
    let (kind, mapping) = wanted.mapping(&app, caller.tenant.id).await?;
    let body = unpacked(&headers, body)?;
    // Bounds what lies on the disk.
    let turn = app.db.atomic_body_slot(caller.tenant.id).await?;
    let folder = app.exports.store.temp_dir();
    let file = ingest::spool(body, app.atomic_limit, folder).await?;
    let mut file = file.into_inner().into_std().await;
    let permit = read::permit(&mut file).await?;
    let reading = Reading {
        locale: locale(&caller, &wanted, mapping.as_ref()),
        tenant: caller.tenant.id,
        kind,
        mapping,
        wanted,
    };
    let at = app.clone();
    let (reading, sheet) = blocking(move || {
        let _permit = permit;
        let sheet = reading.sheet(&at, file)?;
        Ok((reading, sheet))
    })
    .await?;
    if reading.wanted.is_dry {
        let preview = blocking(move || reading.preview(&sheet)).await?;
        return Ok(Json(Data { data: preview }).into_response());
    }
    let tally = in_task(async move {
        let _turn = turn;
        reading.store(&app, sheet).await
    });
    Ok(answer(tally.await?))
}

/// The zone of the request, else the mapping's, else the account's.
fn locale(caller: &Caller, wanted: &Wanted, mapping: Option<&Mapping>) -> Locale {
    let of_map = mapping.and_then(|mapping| Zone::named(mapping.timezone.as_deref()?));
    Locale {
        zone: wanted.zone.or(of_map).unwrap_or(caller.tenant.timezone),
        country_code: caller.tenant.settings.country_code(),
    }
}

/// Reads in a thread of its own. A reader that panics has met a file that is none.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => {
            tracing::warn!(%error, "a reader of spreadsheets failed");
            Err(Error::invalid(
                "file",
                "The file cannot be read; save it as CSV.",
            ))
        }
        Err(error) => Err(Error::internal(error)),
    }
}

/// A request with what it is read by.
struct Reading {
    kind: &'static Kind,
    mapping: Option<Mapping>,
    locale: Locale,
    tenant: i64,
    wanted: Wanted,
}

impl Reading {
    fn sheet(&self, app: &App, file: std::fs::File) -> Result<Sheet> {
        let upload = Upload {
            file,
            folder: app.exports.store.temp_dir(),
            encoding: self.wanted.encoding,
            sheet: self.wanted.sheet.as_deref(),
            most: app.atomic_limit,
        };
        let by = (self.kind, self.mapping.as_ref());
        read::read(upload, by, self.wanted.is_dry)
    }

    /// The mapping, or columns that are named as the fields.
    fn plan(&self, sheet: &Sheet) -> (Plan, Faults) {
        let by_names = || {
            let mut mapping = Mapping::new(self.kind);
            for (field, column) in mapping::named(self.kind, sheet.names()) {
                let source = Source::Column(column.to_owned());
                mapping.columns.insert(field.to_owned(), source);
            }
            mapping
        };
        let by_names = self.mapping.is_none().then(by_names);
        let mapping = self.mapping.as_ref().or(by_names.as_ref());
        let mapping = mapping.cloned().unwrap_or_else(|| Mapping::new(self.kind));
        let mapping = (self.kind, &mapping);
        Plan::new(mapping, sheet, self.wanted.order, self.locale)
    }

    fn preview(&self, sheet: &Sheet) -> Result<SheetOutcome> {
        let (plan, faults) = self.plan(sheet);
        SheetOutcome::of_dry_run(sheet, (&plan, faults), self.mapping.as_ref(), self.locale)
    }

    async fn store(&self, app: &App, sheet: Sheet) -> Result<Tally> {
        let (plan, faults) = self.plan(&sheet);
        faults.into_result(Some(()))?;
        let target = Target {
            tenant: self.tenant,
            locale: self.locale,
            atomic: self.wanted.atomic,
            events: true,
        };
        let people = People::new(&app.db, target, module_of(self.kind));
        let lines = Lines {
            people: plan.names_people().then(|| Arc::new(people)),
            sheet: Arc::new(sheet),
            plan: Arc::new(plan),
            ignored: Arc::default(),
            failure: Arc::default(),
        };
        let stored = ingest::ingest_again(&app.db, target, lines.clone(), |_| ()).await;
        let mut tally = stored.map_err(|error| lines.told(error))?;
        if tally.stored > 0 && lines.plan.lacks_numbers() {
            numbers::number(&app.db, target, &lines).await?;
        }
        let ignored = lines.ignored.load(Ordering::Relaxed);
        tally.received += ignored;
        for line in &mut tally.errors {
            line.errors = named(std::mem::take(&mut line.errors), &lines.plan, &lines.sheet);
        }
        Ok(Tally {
            calls: if is_call(self.kind) { tally.stored } else { 0 },
            lines: tally,
            ignored,
            ignored_for: ignored_for(ignored),
            created: lines
                .people
                .map(|people| people.created())
                .unwrap_or_default(),
            ..Tally::default()
        })
    }
}

/// The product whose calls are lines of a kind.
fn module_of(kind: &Kind) -> Module {
    if kind.name.starts_with("autocall") {
        Module::Autocall
    } else {
        Module::Telesales
    }
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
