//! What an account is, and what its figures mean: `/api/meta`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Meta, Permitted};
use super::{openapi, paths};
use crate::app::App;
use crate::auth::Permission;
use crate::auth::limit::Group;
use crate::auth::settings::{AUTO, Settings};
use crate::catalogue::{self, Entry, Known};
use crate::envelope::Data;
use crate::error::Result;
use crate::input::{Kind, Parameter, Query};
use crate::percent::DecimalNumber;
use crate::time::Instant;
use crate::time::zone::database::Database;
use crate::words::Language;

pub const LANG: Parameter = Parameter::optional(
    "lang",
    Kind::Choice(Language::NAMES),
    "Only texts in this language; without it all.",
);

/// The account and the server, as far as clients depend on them.
#[derive(Serialize, ToSchema)]
#[schema(as = Meta)]
pub struct Account {
    /// Version of the server.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Release of the tz database in use.
    #[schema(example = "2026f")]
    tz_database: &'static str,
    /// Maximum age of an answer, seconds, unless the request has `Cache-Control: no-cache`.
    #[schema(example = 5)]
    freshness_sec: u64,
    /// Default time zone of the account's AutoCall reports.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    timezone: &'static str,
    /// Language of labels and files: en, vi, or auto, that of the request.
    #[schema(example = "auto")]
    language: &'static str,
    /// Requests per minute and token by rate group, as `x-rate-groups` of operations name them.
    #[schema(example = json!({"autocall": 120, "telesales": 120}))]
    limits: BTreeMap<&'static str, u32>,
    /// Thresholds of warnings and of the health of caller IDs, by account setting.
    #[schema(value_type = BTreeMap<String, f64>, example = json!({"warn_abandon_near_pct": 80, "warn_abandon_near_dials": 100}))]
    thresholds: BTreeMap<&'static str, DecimalNumber<6>>,
    /// Modules that the token may read: autocall, telesales, analytics.
    #[schema(example = json!(["autocall", "telesales", "analytics"]))]
    modules: Vec<&'static str>,
    /// From then on the account's rows are complete; null if all are.
    complete_from: Option<Instant>,
}

/// The catalogue of figures.
#[derive(Serialize, ToSchema)]
#[schema(as = MetricsResponse)]
pub struct Metrics {
    /// An entry for every measure, in the order of the reports.
    data: Vec<Entry>,
    /// Values of closed sets, and hangup causes by the names and numbers of Q.850 and the switches, by the name of the set.
    values: BTreeMap<&'static str, Vec<Known>>,
}

const MODULES: [(&str, Permission); 3] = [
    ("autocall", Permission::AutocallApiAccess),
    ("telesales", Permission::TelesalesApiAccess),
    ("analytics", Permission::AnalyticsApiAccess),
];

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let router = router.routes(routes!(account)).routes(routes!(metrics));
    let mut router = openapi::guard::<Meta>(router, paths::META);
    let document = router.get_openapi_mut();
    openapi::add_query(document, paths::METRICS, [openapi::described(&LANG)]);
    openapi::guard::<Meta>(router, paths::METRICS)
}

/// Thresholds of warnings and of the health of caller IDs, by account setting.
pub fn thresholds(settings: &Settings) -> BTreeMap<&'static str, DecimalNumber<6>> {
    let thresholds = settings.thresholds();
    thresholds
        .map(|(name, number)| (name, DecimalNumber::new(number)))
        .collect()
}

/// The account: version, time zone, language, limits and modules.
#[utoipa::path(get, path = paths::META, tag = "Meaning", operation_id = "meta",
    responses((status = 200, description = "The token's account.", body = Data<Account>)))]
async fn account(
    Permitted { caller, .. }: Permitted<Meta>,
    State(app): State<Arc<App>>,
) -> Json<Data<Account>> {
    let tenant = &caller.tenant;
    let limits = Group::OF_TOKENS.map(|group| (group.name(), group.limit(&tenant.settings)));
    let readable = MODULES
        .iter()
        .filter(|(_, permission)| caller.may(*permission));
    Json(Data {
        data: Account {
            version: env!("CARGO_PKG_VERSION"),
            tz_database: Database::current().release().as_str(),
            freshness_sec: app.answers.lifetime().as_secs(),
            timezone: tenant.timezone.name(),
            language: tenant.settings.language.map_or(AUTO, Language::name),
            limits: limits.into(),
            thresholds: thresholds(&tenant.settings),
            modules: readable.map(|(module, _)| *module).collect(),
            complete_from: tenant.complete_from.map(Instant),
        },
    })
}

/// The catalogue of figures: what every number of every report and question means, and how to open the calls behind it.
///
/// To open a number: take the parameters of the report's own request (query by canonical name; in a path `campaign_id`; of
/// analytics the members of `filters`, and `timezone`), put `set` over them, and send them to `list`.
#[utoipa::path(get, path = paths::METRICS, tag = "Meaning", operation_id = "metrics", responses(
    (status = 200, description = "An entry for every measure, in the order of the reports.", body = Metrics),
    (status = 422, description = "An unknown language.", body = super::error::Body),
))]
async fn metrics(
    Permitted { caller, .. }: Permitted<Meta>,
    RawQuery(query): RawQuery,
) -> Result<Json<Metrics>> {
    let mut query = Query::parse(query.as_deref().unwrap_or_default(), [&LANG]);
    let language = query.listed(&LANG).and_then(Language::named);
    let language = query.finish(Some(language))?;
    let short_call_sec = caller
        .tenant
        .settings
        .short_call_sec
        .normalize()
        .to_string();
    let entries = catalogue::entries().iter();
    Ok(Json(Metrics {
        data: entries
            .map(|entry| entry.shown(&short_call_sec, language))
            .collect(),
        values: catalogue::values(language),
    }))
}
