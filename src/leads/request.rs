//! Requests for a page of leads: read once, equal if they ask for the same.

use chrono::{DateTime, Utc};

use super::list::List;
use super::own;
use super::rows::{Position, Row, TelesalesLead};
use super::select::{Leads, Wanted, calls_in};
use super::{place, progress};
use crate::asked::{Answer, Answering, Asked};
use crate::auth::Tenant;
use crate::calls::filter::{Given, Surroundings, check_order, rarest};
use crate::calls::page::PageRequest;
use crate::calls::single::Json;
use crate::calls::{Sight, attempts};
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::Caption;
use crate::input::Query;
use crate::reports::report::{Context, Module};
use crate::resources::leads::AutocallLead;
use crate::rollups::Source;

/// A request for a page.
#[derive(PartialEq, Eq, Hash)]
pub struct Request {
    list: &'static List,
    place: place::Asked,
    progress: progress::Asked,
    own: Vec<Given>,
    of_calls: Vec<Given>,
    page: PageRequest<Position>,
    sight: Sight,
    names_phone: bool,
    /// Faults of the parameters that are known without the tenant.
    faults: Faults,
}

impl Request {
    /// Parses a request, once. Its faults are reported when it is answered.
    pub fn read(list: &'static List, raw: &str, sight: Sight) -> Self {
        let mut query = Query::parse(raw, list.parameters());
        let own = list.own().iter().copied();
        let own = own.filter_map(|filter| filter.read(&mut query)).collect();
        let of_calls = list.of_calls();
        let of_calls: Vec<Given> = of_calls
            .filter_map(|filter| filter.read(&mut query))
            .collect();
        let place = place::Asked::read(list.module, &mut query);
        let progress = progress::Asked::read(list.module, &mut query);
        let page = PageRequest::read(&mut query);
        let names_phone = query.text(&own::PHONE).is_some();
        let mut faults = query.into_faults();
        for (least, most) in attempts::ORDERED {
            check_order(&of_calls, least, most, &mut faults);
        }
        Self {
            list,
            place,
            progress,
            own,
            of_calls,
            page,
            sight,
            names_phone,
            faults,
        }
    }

    /// True if it names a phone, which only those may do who may read phones.
    pub fn names_phone(&self) -> bool {
        self.names_phone
    }

    /// Checks it in the order of the contract. `Invalid` or `Missing` accordingly.
    async fn select(&self, scope: &mut Scope, context: Context<'_>) -> Result<(Leads, Caption)> {
        let module = self.list.module;
        let place = self.place.select(scope, context, self.faults.clone());
        let place = place.await?;
        let around = Surroundings {
            window: calls_in(&place, self.progress.calls),
            country_code: context.tenant.settings.country_code(),
            rarest: rarest(scope, &self.own).await?,
        };
        let conditions = |given: &[Given]| {
            let given = given.iter();
            given.flat_map(|given| given.conditions(&around)).collect()
        };
        let wanted = Wanted {
            module,
            progress: &self.progress,
            own: conditions(&self.own),
            of_calls: conditions(&self.of_calls),
        };
        let leads = Leads::new(&place, &around.window, wanted);
        let mut filters = place.shown;
        filters.extend(self.progress.shown(module));
        filters.extend(self.own.iter().chain(&self.of_calls).map(Given::shown));
        let caption = Caption {
            window: place.window.is_bounded().then_some(place.window),
            zone: place.window.zone,
            filters,
            earlier: None,
        };
        Ok((leads, caption))
    }

    async fn page<R: Row>(&self, scope: &mut Scope, leads: &Leads) -> Result<String> {
        let page = &self.page;
        let total = if page.is_counted {
            Some(leads.count::<R>(scope).await?)
        } else {
            None
        };
        let rows = leads.rows::<R>(scope, page.after.as_ref(), page.limit + 1, self.sight);
        let page = page.page(rows.await?, total, |row| Position(row.id()));
        serde_json::to_string(&page).map_err(Error::internal)
    }

    async fn answer(&self, scope: &mut Scope, now: DateTime<Utc>) -> Result<Answer> {
        let tenant = Tenant::load(scope).await?;
        let context = Context {
            tenant: &tenant,
            now,
        };
        let (leads, caption) = self.select(scope, context).await?;
        scope.plan_by_arguments().await?;
        let json = match self.list.module {
            Module::Autocall => self.page::<AutocallLead>(scope, &leads).await?,
            Module::Telesales => self.page::<TelesalesLead>(scope, &leads).await?,
        };
        Ok(Answer {
            source: Source::Raw,
            caption,
            outcome: Box::new(Json(json)),
        })
    }
}

impl Asked for Request {
    fn name(&self) -> &'static str {
        self.list.about.name
    }

    fn size(&self) -> usize {
        let filters = self.own.iter().chain(&self.of_calls);
        let filters: usize = filters.map(|given| size_of::<Given>() + given.heap()).sum();
        size_of::<Self>() + self.place.heap() + filters
    }

    fn ask<'a>(&'a self, scope: &'a mut Scope, now: DateTime<Utc>, _: Source) -> Answering<'a> {
        Box::pin(self.answer(scope, now))
    }
}
