//! Requests for a page of a list: read once, equal if they ask for the same.

use chrono::{DateTime, Utc};

use super::condition::Conditions;
use super::filter::{Given, Surroundings, check_order, rarest};
use super::list::List;
use super::page::PageRequest;
use super::place::{self, Windows};
use super::position::Position;
use super::rows::{ListedAttempt, ListedCall, Row};
use super::single::Json;
use super::statement::{Order, Sight, count, rows};
use super::sums::Total;
use super::{attempts, common};
use crate::asked::{Answer, Answering, Asked};
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::{Error, Faults, Result};
use crate::files::Caption;
use crate::input::Query;
use crate::reports::report::{Context, Module};
use crate::rollups::Source;

/// A request for a page.
#[derive(PartialEq, Eq, Hash)]
pub struct Request {
    list: &'static List,
    place: place::Asked,
    filters: Vec<Given>,
    page: PageRequest<Position>,
    sight: Sight,
    names_phone: bool,
    /// Faults of the parameters that are known without the tenant.
    faults: Faults,
}

/// The calls of a list, for one tenant.
pub struct Selected {
    pub conditions: Conditions,
    /// The number of its calls, where sums tell it.
    total: Option<Total>,
    pub caption: Caption,
}

impl Request {
    /// Parses a request, once. Its faults are reported when it is answered, after a 404 of the path. `path_id`: the campaign
    /// in the path, if the list's place has one.
    pub fn read(list: &'static List, raw: &str, path_id: i64, sight: Sight) -> Self {
        let query = Query::parse(raw, list.parameters());
        Self::of_query(list, query, (path_id, Windows::OfReports), sight)
    }

    /// Like [`Request::read`], from parameters of which some are read already.
    pub fn of_query(
        list: &'static List,
        mut query: Query,
        (path_id, windows): (i64, Windows),
        sight: Sight,
    ) -> Self {
        let filters = list.filters().filter_map(|filter| filter.read(&mut query));
        let filters: Vec<Given> = filters.collect();
        let place = list.place.read(&mut query, path_id, windows);
        let page = PageRequest::read(&mut query);
        let names_phone = query.text(&common::PHONE).is_some();
        let mut faults = query.into_faults();
        for (least, most) in attempts::ORDERED {
            check_order(&filters, least, most, &mut faults);
        }
        Self {
            list,
            place,
            filters,
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

    pub fn list(&self) -> &'static List {
        self.list
    }

    /// The given filters, besides those of the place, for people.
    pub fn filters(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.filters.iter().map(Given::shown)
    }

    /// Checks it in the order of the contract. `NotFound`, `Invalid` or `Missing` accordingly.
    pub async fn select(&self, scope: &mut Scope, context: Context<'_>) -> Result<Selected> {
        let place = &self.place;
        let selected = place.select(scope, context, self.faults.clone()).await?;
        let around = Surroundings {
            window: selected.window,
            country_code: context.tenant.settings.country_code(),
            rarest: rarest(scope, &self.filters).await?,
        };
        let given = self.filters.iter();
        let mut conditions = selected.conditions;
        conditions.extend(given.clone().flat_map(|given| given.conditions(&around)));
        let mut filters = selected.shown;
        filters.extend(given.map(Given::shown));
        let total = selected
            .summed
            .and_then(|summed| Total::told(summed, &self.filters));
        Ok(Selected {
            conditions,
            total,
            caption: Caption {
                window: around.window.is_bounded().then_some(around.window),
                zone: around.window.zone,
                filters,
                earlier: None,
            },
        })
    }

    async fn page<R: Row>(&self, scope: &mut Scope, selected: &Selected) -> Result<String> {
        let (page, calls) = (&self.page, &selected.conditions);
        let told = selected.total.as_ref().filter(|_| page.is_counted);
        let mut total = match told {
            Some(told) => Some(told.read(scope).await?),
            None => None,
        };
        scope.plan_by_arguments().await?;
        if page.is_counted && total.is_none() {
            total = Some(count::<R>(scope, calls).await?);
        }
        let (after, one_more) = (page.after.as_ref(), page.limit + 1);
        let rows = rows::<R>(
            scope,
            calls,
            after,
            (Order::NewestFirst, one_more),
            self.sight,
        );
        let page = page.page(rows.await?, total, R::position);
        serde_json::to_string(&page).map_err(Error::internal)
    }

    async fn answer(&self, scope: &mut Scope, now: DateTime<Utc>) -> Result<Answer> {
        let tenant = Tenant::load(scope).await?;
        let context = Context {
            tenant: &tenant,
            now,
        };
        let selected = self.select(scope, context).await?;
        let json = match self.list.module() {
            Module::Autocall => self.page::<ListedAttempt>(scope, &selected).await?,
            Module::Telesales => self.page::<ListedCall>(scope, &selected).await?,
        };
        Ok(Answer {
            source: Source::Raw,
            caption: selected.caption,
            outcome: Box::new(Json(json)),
        })
    }
}

impl Asked for Request {
    fn name(&self) -> &'static str {
        self.list.about.name
    }

    fn size(&self) -> usize {
        let filters = self.filters.iter();
        let filters: usize = filters.map(|given| size_of::<Given>() + given.heap()).sum();
        let after = self.page.after.as_ref().map_or(0, |after| after.uuid.len());
        size_of::<Self>() + self.place.heap() + filters + after
    }

    fn ask<'a>(&'a self, scope: &'a mut Scope, now: DateTime<Utc>, _: Source) -> Answering<'a> {
        Box::pin(self.answer(scope, now))
    }
}
