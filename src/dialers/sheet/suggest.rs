//! A mapping for a sheet, suggested by the names of its columns in English and Vietnamese, and by what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::mapping::{IGNORE, Mapping, NAMED, PHONE, Source, fields, key, named};
use super::rows::Column;
use super::values::closed;
use crate::ingest::field::Type;
use crate::ingest::kind::Kind;

/// Spellings that are known.
#[derive(Deserialize)]
struct Names {
    fields: BTreeMap<String, Vec<String>>,
    /// Columns of a time that belongs to a date.
    times: Vec<String>,
    /// By our value.
    values: BTreeMap<String, Vec<String>>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let names: Names = serde_json::from_str(include_str!("names.json")).expect("valid names");
    let keys = |of: BTreeMap<String, Vec<String>>| {
        let of = of.into_iter();
        of.map(|(name, all)| (name, all.iter().map(|spelling| key(spelling)).collect()))
            .collect()
    };
    Names {
        fields: keys(names.fields),
        times: names.times.iter().map(|spelling| key(spelling)).collect(),
        values: keys(names.values),
    }
});

/// Shortest spelling that is looked for inside longer names.
const MIN_PART: usize = 5;

/// The number of names that are known for a kind.
pub fn known(kind: &'static Kind, names: &[String]) -> usize {
    let keys: BTreeSet<String> = names.iter().map(|name| key(name)).collect();
    let is_known = |field: &&str| {
        let spellings = NAMES.fields.get(*field).into_iter().flatten();
        keys.contains(&key(field)) || spellings.into_iter().any(|name| keys.contains(name))
    };
    fields(kind).filter(is_known).count()
}

/// The mapping in use, and what else the columns are likely to be.
pub fn suggest(kind: &'static Kind, columns: &[Column], given: Option<&Mapping>) -> Mapping {
    let mut mapping = given.cloned().unwrap_or_else(|| Mapping::new(kind));
    let mut search = Search {
        columns,
        keys: columns.iter().map(|column| key(&column.name)).collect(),
        used: BTreeSet::new(),
    };
    let named = mapping.columns.values().flat_map(Source::columns);
    for name in named {
        search
            .used
            .extend(search.place(|_, found| *found == key(name)));
    }
    search.by_field_names(kind, &mut mapping);
    search.by_spellings(kind, &mut mapping, |spelling, found| spelling == found);
    search.by_content(kind, &mut mapping);
    search.by_spellings(kind, &mut mapping, |spelling, found| {
        spelling.len() >= MIN_PART && format!(" {found} ").contains(&format!(" {spelling} "))
    });
    search.join_times(&mut mapping);
    for field in kind.fields {
        if let Type::Enum(values) = field.kind {
            search.values(field.name, values, &mut mapping);
        }
    }
    mapping
}

struct Search<'a> {
    columns: &'a [Column],
    keys: Vec<String>,
    used: BTreeSet<usize>,
}

impl Search<'_> {
    /// The first column that is not used and fits.
    fn place(&self, fits: impl Fn(&Column, &String) -> bool) -> Option<usize> {
        let all = self.columns.iter().zip(&self.keys).enumerate();
        let mut free =
            all.filter(|(at, (column, _))| !self.used.contains(at) && !column.name.is_empty());
        free.find(|(_, (column, key))| fits(column, key))
            .map(|(at, _)| at)
    }

    fn take(&mut self, field: &str, at: usize, mapping: &mut Mapping) {
        self.used.insert(at);
        let source = Source::Column(self.columns[at].name.clone());
        mapping.columns.insert(field.to_owned(), source);
    }

    fn by_field_names(&mut self, kind: &'static Kind, mapping: &mut Mapping) {
        let names = self.columns.iter().map(|column| column.name.as_str());
        for (field, name) in named(kind, names) {
            let is_free = !mapping.columns.contains_key(field);
            if let Some(at) = self
                .place(|column, _| column.name == name)
                .filter(|_| is_free)
            {
                self.take(field, at, mapping);
            }
        }
    }

    fn by_spellings(
        &mut self,
        kind: &'static Kind,
        mapping: &mut Mapping,
        is_same: impl Fn(&str, &str) -> bool,
    ) {
        let all: Vec<&str> = fields(kind).filter(|field| *field != IGNORE).collect();
        let is_mapped = |mapping: &Mapping, field: &str| {
            let instead = NAMED
                .iter()
                .find(|(id, name)| *id == field && all.contains(name));
            let or_id = NAMED.iter().find(|(_, name)| *name == field);
            mapping.columns.contains_key(field)
                || instead.is_some()
                || or_id.is_some_and(|(id, _)| mapping.columns.contains_key(*id))
        };
        for field in &all {
            if is_mapped(mapping, field) {
                continue;
            }
            let spellings = NAMES.fields.get(*field).into_iter().flatten();
            let mut places =
                spellings.filter_map(|spelling| self.place(|_, found| is_same(spelling, found)));
            if let Some(at) = places.next() {
                self.take(field, at, mapping);
            }
        }
    }

    /// A column of instants, one of phones, and one of results, where no name told them.
    fn by_content(&mut self, kind: &'static Kind, mapping: &mut Mapping) {
        let most = |part: u64, column: &Column| column.filled > 0 && part * 10 >= column.filled * 9;
        let is_missing = |mapping: &Mapping, field: &str| {
            fields(kind).any(|name| name == field) && !mapping.columns.contains_key(field)
        };
        if is_missing(mapping, "started_at") {
            let with_time = self.place(|column, _| most(column.dates.times, column));
            let at = with_time.or_else(|| self.place(|column, _| most(column.dates.dates, column)));
            at.into_iter()
                .for_each(|at| self.take("started_at", at, mapping));
        }
        if is_missing(mapping, PHONE) && !mapping.columns.contains_key("lead_id") {
            let at = self.place(|column, _| most(column.phones, column));
            at.into_iter().for_each(|at| self.take(PHONE, at, mapping));
        }
        if is_missing(mapping, "result") && kind.finished_by.is_some() {
            let told = |column: &Column| {
                let known = column.values.keys().filter(|value| ours(value).is_some());
                known.count() * 2 > column.values.len()
            };
            let at = self.place(|column, _| told(column));
            at.into_iter()
                .for_each(|at| self.take("result", at, mapping));
        }
    }

    /// A time of day in a column of its own belongs to the date.
    fn join_times(&mut self, mapping: &mut Mapping) {
        let Some(Source::Column(date)) = mapping.columns.get("started_at") else {
            return;
        };
        let date = date.clone();
        let is_date = |column: &Column| column.name == date && column.dates.times == 0;
        if !self.columns.iter().any(is_date) {
            return;
        }
        if let Some(at) = self.place(|_, found| NAMES.times.contains(found)) {
            self.used.insert(at);
            let joined = vec![date, self.columns[at].name.clone()];
            mapping
                .columns
                .insert("started_at".into(), Source::Columns(joined));
        }
    }

    /// The meaning of the values of a field with a closed set.
    fn values(&self, field: &str, set: &'static [&'static str], mapping: &mut Mapping) {
        let Some(Source::Column(name)) = mapping.columns.get(field) else {
            return;
        };
        let Some(column) = self.columns.iter().find(|column| column.name == *name) else {
            return;
        };
        let known = mapping.values.entry(field.to_owned()).or_default();
        for value in column.values.keys() {
            let is_told = known
                .keys()
                .any(|told| told.to_lowercase() == value.to_lowercase());
            let ours = ours(value).filter(|ours| set.contains(ours));
            if let (false, None, Some(ours)) = (is_told, closed(value, set), ours) {
                known.insert(value.clone(), ours.into());
            }
        }
        if known.is_empty() {
            mapping.values.remove(field);
        }
    }
}

/// Our word for a result.
fn ours(value: &str) -> Option<&'static str> {
    let value = key(value);
    let found = NAMES
        .values
        .iter()
        .find(|(_, theirs)| theirs.contains(&value));
    found.map(|(ours, _)| ours.as_str())
}
