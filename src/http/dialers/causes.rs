//! Causes, dispositions and statuses of dialers: `/api/meta/hangup-causes`, `/api/ingest/causes` (contract, section 10).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::audit::{self, Event, Target};
use crate::catalogue::{self, Text};
use crate::closed::{CauseAmd, CauseGroup, CauseResult, CauseVocabulary};
use crate::dialers::causes::{self, Amd, Group, Outcome};
use crate::dialers::leg::Vocabulary;
use crate::dialers::overrides::{self, MAX, MEMBERS, Overrides, Shown};
use crate::envelope::Data;
use crate::error::Result;
use crate::http::context::Client;
use crate::http::extract::{IngestWrite, Meta, Permitted};
use crate::http::meta::LANG;
use crate::http::{body, error, openapi, paths};
use crate::input::Query;
use crate::text::NAME_LEN;
use crate::words::Language;

/// Adds the operations.
pub fn add(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    let mut router = router.routes(routes!(table)).routes(routes!(show, put));
    let document = router.get_openapi_mut();
    openapi::add_query(document, paths::HANGUP_CAUSES, [openapi::described(&LANG)]);
    let router = openapi::guard::<Meta>(router, paths::HANGUP_CAUSES);
    openapi::guard::<IngestWrite>(router, paths::CAUSES)
}

/// A cause, disposition or status.
#[derive(Serialize, ToSchema)]
pub struct HangupCause {
    /// Words that it is one of.
    #[schema(value_type = CauseVocabulary)]
    vocabulary: &'static str,
    /// Its name, as records have it. One that ends with `*` stands for all that begin so.
    #[schema(example = "USER_BUSY")]
    name: &'static str,
    /// Its number: of Q.850, or the switch's own. Null if it has none.
    #[schema(example = 17)]
    number: Option<u16>,
    /// Its meaning.
    meaning: Text,
    /// Result of a call that ended with it, unless the call was answered.
    #[schema(value_type = CauseResult)]
    result: Outcome,
    /// The reason, finer than the result.
    #[schema(value_type = CauseGroup)]
    group: Group,
    /// True if the called party or its network refused the call. The result is failed.
    rejected: bool,
    /// True if another try is worth it.
    retry: bool,
    /// What answered; null for a human, or if nobody did.
    #[schema(value_type = Option<CauseAmd>)]
    amd: Option<Amd>,
}

/// All causes, dispositions and statuses.
#[derive(Serialize, ToSchema)]
pub struct HangupCauses {
    /// Causes by number, then dispositions, values of DIALSTATUS, and statuses.
    data: Vec<HangupCause>,
}

/// Hangup causes, dispositions and statuses of dialers: what each means, and the result that it gives a call.
///
/// A call with an answer instant is answered, whatever it ended with. What an account gives another result is not in here: see
/// `/api/ingest/causes`.
#[utoipa::path(get, path = paths::HANGUP_CAUSES, tag = "Meaning", operation_id = "hangup_causes", responses(
    (status = 200, description = "All of them: causes by number, then dispositions, values of DIALSTATUS, and statuses.",
        body = HangupCauses,
        example = json!({"data": [{"vocabulary": "cause", "name": "USER_BUSY", "number": 17,
            "meaning": {"en": "Busy", "vi": "Máy bận"}, "result": "busy", "group": "busy", "rejected": false, "retry": true,
            "amd": null}]})),
    (status = 422, description = "An unknown language.", body = error::Body),
))]
async fn table(
    Permitted { .. }: Permitted<Meta>,
    RawQuery(query): RawQuery,
) -> Result<Json<HangupCauses>> {
    let mut query = Query::parse(query.as_deref().unwrap_or_default(), [&LANG]);
    let language = query.listed(&LANG).and_then(Language::named);
    let language = query.finish(Some(language))?;
    let words = catalogue::values(language).remove("hangup_cause");
    let words = words.unwrap_or_default().into_iter();
    let words: HashMap<String, Text> = words.map(|known| (known.value, known.label)).collect();
    let shown = |vocabulary: Vocabulary, cause: &'static causes::Cause| {
        let verdict = cause.verdict();
        HangupCause {
            vocabulary: vocabulary.name(),
            name: &cause.name,
            number: cause.number,
            meaning: words.get(&cause.name).cloned().unwrap_or_default(),
            result: verdict.result,
            group: cause.group,
            rejected: verdict.rejected,
            retry: verdict.retry,
            amd: verdict.amd,
        }
    };
    let all = Vocabulary::ALL.into_iter().flat_map(|vocabulary| {
        let causes = causes::of(vocabulary).iter();
        causes.map(move |cause| (vocabulary, cause))
    });
    let data = all.map(|(vocabulary, cause)| shown(vocabulary, cause));
    Ok(Json(HangupCauses {
        data: data.collect(),
    }))
}

/// Results that the account gives to causes.
pub struct DialerCausesPut;

impl PartialSchema for DialerCausesPut {
    fn schema() -> RefOr<Schema> {
        let body = ObjectBuilder::new().description(Some(
            "Results by name, whole: a member that is left out, or null, overrules nothing.",
        ));
        let body =
            body.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
        let member = |body: ObjectBuilder, (vocabulary, member, _): (Vocabulary, &str, _)| {
            let (set, about) = match vocabulary {
                Vocabulary::Cause => ("OverruledCause", "Of causes of FreeSWITCH."),
                Vocabulary::Disposition => ("OverruledCause", "Of dispositions of Asterisk."),
                Vocabulary::Dialstatus => ("OverruledCause", "Of values of DIALSTATUS."),
                Vocabulary::Status => ("OverruledStatus", "Of statuses of VICIdial."),
            };
            body.property(member, by_name(set).description(Some(about)))
        };
        MEMBERS.into_iter().fold(body, member).into()
    }
}

impl ToSchema for DialerCausesPut {}

/// Values of a closed set by name, or null.
fn by_name(set: &str) -> ObjectBuilder {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(NAME_LEN))
        .pattern(Some(
            r"^[^*\x00-\x1f\x7f-\x9f]*[^*\s\x00-\x1f\x7f-\x9f][^*\x00-\x1f\x7f-\x9f]*$",
        ));
    ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([
            Type::Object,
            Type::Null,
        ]))
        .property_names(Some(name))
        .max_properties(Some(MAX))
        .additional_properties(Some(Ref::from_schema_name(set)))
}

/// The results that the account gives to causes, dispositions and statuses, in place of those of `/api/meta/hangup-causes`.
#[utoipa::path(get, path = paths::CAUSES, tag = "Ingest", operation_id = "dialer_causes", responses(
    (status = 200, description = "Results by name, in capitals.", body = Data<Shown>,
        example = json!({"data": {"causes": {"USER_BUSY": "failed"}, "dispositions": {}, "dialstatuses": {},
            "statuses": {"TPTIM": "abandoned"}}})),
))]
async fn show(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
) -> Result<Json<Data<Shown>>> {
    let mut scope = app.db.read(caller.tenant.id).await?;
    let data = overrides::of_account(&mut scope).await?.shown();
    Ok(Json(Data { data }))
}

/// Give causes, dispositions and statuses other results, all of them at once.
///
/// Names are taken in any case, causes by number too; at most 1,000 in all. Calls that ended with one whose result changes are
/// mapped anew in the background, and reports follow. An answered call stays answered.
#[utoipa::path(put, path = paths::CAUSES, tag = "Ingest", operation_id = "dialer_causes_put",
    request_body(content = DialerCausesPut,
        example = json!({"causes": {"USER_BUSY": "failed", "47": "busy"}, "statuses": {"TPTIM": "abandoned"}})),
    responses(
        (status = 200, description = "The results are in force.", body = Data<Shown>,
            example = json!({"data": {"causes": {"47": "busy", "USER_BUSY": "failed"}, "dispositions": {}, "dialstatuses": {},
                "statuses": {"TPTIM": "abandoned"}}})),
        (status = 400, description = "The body is not a JSON object.", body = error::Body),
        (status = 409, description = "Calls are still being mapped by earlier changes.", body = error::Body,
            example = json!({"message": "Calls are still being mapped by earlier changes; try again later."})),
        (status = 413, description = "The body is larger than 64 KiB.", body = error::Body),
        (status = 415, description = "The body is not application/json.", body = error::Body),
        (status = 422, description = "Invalid members, all of them listed.", body = error::Body),
    ))]
async fn put(
    Permitted { caller, .. }: Permitted<IngestWrite>,
    State(app): State<Arc<App>>,
    Client(address): Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Data<Shown>>> {
    let (tenant, now) = (caller.tenant.id, app.clock.now());
    let wanted = Overrides::read(&body::object(&headers, body).await?)?;
    let mut scope = app.db.write(tenant).await?;
    let changes = overrides::put(&mut scope, &wanted, now).await?;
    if !changes.is_empty() {
        let actor = caller.actor(address, now);
        let target = Target {
            kind: "dialer_causes",
            id: tenant,
            name: None,
        };
        audit::record_change(
            &mut scope,
            actor,
            Event::DialerCausesChanged,
            target,
            changes,
        )
        .await?;
        scope.commit().await?;
    }
    Ok(Json(Data {
        data: wanted.shown(),
    }))
}
