//! A single call, with the other calls to its lead.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::condition::{Argument, Conditions};
use super::raw::{self, DialerRecord};
use super::rows::{ListedAttempt, ListedCall, Row};
use super::statement::{Order, Sight, rows};
use crate::asked::{About, Answer, Answering, Asked, Outcome};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::envelope::Data;
use crate::error::{Error, Result};
use crate::files::Caption;
use crate::reports::report::Module;
use crate::rollups::{Kept, Source};
use crate::table::{self, Schemas, Table};
use crate::time::{Window, Zone};

/// Maximum number of other calls.
const MOST: i64 = 200;

/// The operation of a product's single calls.
#[derive(Debug)]
pub struct Single {
    /// Its name is that of its operation.
    pub about: About,
    pub path: &'static str,
    pub module: Module,
}

/// Both products' single calls.
pub static SINGLES: &[Single] = &[
    Single {
        about: About {
            name: "autocall_attempt",
            title: "An AutoCall attempt",
            summary: "Its row, the other calls to its lead, and what the dialer said.",
            example: include_str!("attempt.json"),
        },
        path: "/api/autocall/attempts/{uuid}",
        module: Module::Autocall,
    },
    Single {
        about: About {
            name: "telesales_call",
            title: "A Telesales call",
            summary: "Its row, the other calls to its lead, and what the dialer said.",
            example: include_str!("call.json"),
        },
        path: "/api/telesales/calls/{uuid}",
        module: Module::Telesales,
    },
];

impl Single {
    /// A reference to the schema of its body. Adds the schemas that it refers to.
    pub fn schema(&self, schemas: &mut Schemas) -> RefOr<Schema> {
        match self.module {
            Module::Autocall => enveloped::<AttemptDetail>("AttemptDetailResponse", schemas),
            Module::Telesales => enveloped::<CallDetail>("CallDetailResponse", schemas),
        }
    }
}

fn enveloped<T: ToSchema>(name: &str, schemas: &mut Schemas) -> RefOr<Schema> {
    table::reference::<T>(schemas);
    table::reference_as::<Data<T>>(name, schemas)
}

/// An AutoCall attempt, with the other attempts of its lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptDetail {
    #[serde(flatten)]
    call: ListedAttempt,
    /// The other attempts of its lead, oldest first, at most 200.
    attempts: Vec<ListedAttempt>,
    /// Records of the dialer, as far as they are kept: at most 100. Absent without `calls_read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    raw: Option<Vec<DialerRecord>>,
}

/// A Telesales call, with the other calls to its lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallDetail {
    #[serde(flatten)]
    call: ListedCall,
    /// The other calls to its lead, oldest first, at most 200.
    attempts: Vec<ListedCall>,
    /// Records of the dialer, as far as they are kept: at most 100. Absent without `calls_read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    raw: Option<Vec<DialerRecord>>,
}

/// A request for a single call.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct SingleRequest {
    name: &'static str,
    module: Module,
    uuid: String,
    sight: Sight,
}

impl SingleRequest {
    pub fn new(single: &Single, uuid: String, sight: Sight) -> Self {
        Self {
            name: single.about.name,
            module: single.module,
            uuid,
            sight,
        }
    }

    async fn answer(&self, scope: &mut Scope) -> Result<Answer> {
        let tenant = Tenant::load(scope).await?;
        scope.plan_by_arguments().await?;
        let window = Kept::of(&tenant, "").with_rows(&Window::of_all_time(Zone::UTC));
        let json = match self.module {
            Module::Autocall => {
                let (call, attempts) = self.find(scope, &window).await?;
                let raw = self.raw(scope).await?;
                written(AttemptDetail {
                    call,
                    attempts,
                    raw,
                })
            }
            Module::Telesales => {
                let (call, attempts) = self.find(scope, &window).await?;
                let raw = self.raw(scope).await?;
                written(CallDetail {
                    call,
                    attempts,
                    raw,
                })
            }
        }?;
        Ok(Answer {
            source: Source::Raw,
            caption: Caption {
                window: None,
                zone: Zone::UTC,
                filters: Vec::new(),
                earlier: None,
            },
            outcome: Box::new(Json(json)),
        })
    }

    /// What records said, which holds phones: none of it for those who see them masked.
    async fn raw(&self, scope: &mut Scope) -> Result<Option<Vec<DialerRecord>>> {
        Ok(match self.sight {
            Sight::Clear => Some(raw::of_call(scope, self.module, &self.uuid).await?),
            Sight::Masked => None,
        })
    }

    /// The call, and the others of its lead. `NotFound` if the tenant has no such call.
    async fn find<R: Row>(&self, scope: &mut Scope, window: &Window) -> Result<(R, Vec<R>)> {
        let uuid = || Argument::Text(self.uuid.clone());
        let mut this = Conditions::within(window);
        this.add("{{call}}.uuid = :1", [uuid()]);
        let newest = (Order::NewestFirst, 1);
        let call: Option<R> = rows(scope, &this, None, newest, self.sight).await?.pop();
        let call = call.ok_or(Error::NotFound)?;
        let mut others = Conditions::within(window);
        let lead = Argument::Integer(call.lead().id);
        others.add(
            "{{call}}.lead_id = :1 and {{call}}.uuid <> :2",
            [lead, uuid()],
        );
        let oldest = (Order::OldestFirst, MOST);
        let others = rows(scope, &others, None, oldest, self.sight).await?;
        Ok((call, others))
    }
}

fn written(detail: impl Serialize) -> Result<String> {
    serde_json::to_string(&Data { data: detail }).map_err(Error::internal)
}

impl Asked for SingleRequest {
    fn name(&self) -> &'static str {
        self.name
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.uuid.len()
    }

    fn ask<'a>(&'a self, scope: &'a mut Scope, _: DateTime<Utc>, _: Source) -> Answering<'a> {
        Box::pin(self.answer(scope))
    }
}

/// A body.
pub struct Json(pub String);

impl Outcome for Json {
    fn json(&self) -> Result<String> {
        Ok(self.0.clone())
    }

    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }
}
