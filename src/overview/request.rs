//! Requests for an overview: what one user wants to see of a product.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::to_string;

use super::account::Sees;
use super::calls;
use super::make::{Making, Wanted};
use super::paces::ByCampaign;
use super::row::OverviewPage;
use crate::asked::{Answer, Answering, Asked, Outcome};
use crate::auth::Tenant;
use crate::closed::ProductName;
use crate::db::Scope;
use crate::error::{Error, Result};
use crate::files::Caption;
use crate::input::{Kind, Parameter, Query, ZONE_OF_ACCOUNT};
use crate::page::{PAGE, PER_PAGE, PageRequest};
use crate::rollups::{Module, Source};
use crate::table::Table;
use crate::text::folded;
use crate::time::Zone;

const MODULE: Parameter = Parameter::optional(
    "module",
    Kind::Choice(ProductName::VALUES),
    "Product; by default autocall, or telesales for a token that may read only that.",
);
const Q: Parameter = Parameter::optional(
    "q",
    Kind::Text,
    "Only campaigns whose name contains this text, in any case and with or without Vietnamese marks.",
);

const CAMPAIGN_ID: Parameter = Parameter::optional("campaign_id", Kind::Id, "Only this campaign.");

pub const PARAMETERS: [&Parameter; 6] = [
    &MODULE,
    &Q,
    &CAMPAIGN_ID,
    &PAGE,
    &PER_PAGE,
    &ZONE_OF_ACCOUNT,
];

/// A request for an overview.
#[derive(Debug)]
pub struct Overview {
    wanted: Wanted,
    paces: Arc<ByCampaign>,
}

impl PartialEq for Overview {
    fn eq(&self, other: &Self) -> bool {
        self.wanted == other.wanted
    }
}

impl Eq for Overview {}

impl Hash for Overview {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.wanted.hash(state);
    }
}

impl Overview {
    /// Reads a request of a user. `open`: the products that the token may read. `Invalid` with every fault.
    pub fn read(raw: &str, user: i64, open: &[Module], sees: Sees) -> Result<Self> {
        let mut query = Query::parse(raw, PARAMETERS);
        let named = query.listed(&MODULE);
        let named = named.and_then(Module::named);
        let module = named.or(open.first().copied()).unwrap_or(Module::Autocall);
        let wanted = Wanted {
            module,
            q: query.storable_text(&Q).map(|text| folded(&text)),
            campaign: query.id(&CAMPAIGN_ID),
            page: PageRequest::read(&mut query),
            zone: query.zone(),
            user,
            sees,
        };
        let wanted = query.finish(Some(wanted))?;
        Ok(Self {
            wanted,
            paces: Arc::default(),
        })
    }

    pub fn module(&self) -> Module {
        self.wanted.module
    }

    /// The zone of its days, of a tenant.
    pub fn zone(&self, tenant: &Tenant) -> Zone {
        self.wanted.zone.unwrap_or(tenant.timezone)
    }

    /// The same request, told by those paces.
    pub fn with_paces(self, paces: Arc<ByCampaign>) -> Self {
        Self { paces, ..self }
    }
}

impl Asked for Overview {
    fn name(&self) -> &'static str {
        "overview"
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.wanted.q.as_ref().map_or(0, String::capacity)
    }

    fn ask<'a>(
        &'a self,
        scope: &'a mut Scope,
        now: DateTime<Utc>,
        wanted: Source,
    ) -> Answering<'a> {
        Box::pin(async move {
            let tenant = Tenant::load(scope).await?;
            let source = match wanted {
                Source::Rolled => calls::source(scope, self.module()).await?,
                Source::Raw => Source::Raw,
            };
            let zone = self.zone(&tenant);
            let making = Making::new(&self.wanted, &self.paces, &tenant, (zone, now, source));
            if let Some(campaign) = self.wanted.campaign {
                calls::check(scope, self.module(), campaign).await?;
            }
            let page = making.page(scope).await?;
            Ok(Answer {
                source,
                caption: Caption {
                    window: Some(making.today()),
                    zone,
                    filters: Vec::new(),
                    earlier: None,
                },
                outcome: Box::new(page),
            })
        })
    }
}

impl Outcome for OverviewPage {
    fn json(&self) -> Result<String> {
        to_string(self).map_err(Error::internal)
    }

    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }
}
