//! Entries of the catalogue.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::object::Found;
use crate::figure::{Kind, Mark, Measure, Member, SHORT_CALL_SEC, WITHOUT};
use crate::words::{Language, vietnamese};

/// A measure.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Metric)]
pub struct Entry {
    /// Product, report and names, joined by dots; a key of a map is `*`.
    #[schema(example = "telesales.dashboard.answer_rate_pct")]
    pub id: String,
    /// Route of its report, or `/analytics#` with its query_type.
    #[schema(example = "/api/telesales/reports/dashboard")]
    pub report: String,
    /// Place under `data`: a JSON Pointer, `*` for any index or key. Absent if no answer shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/answer_rate_pct")]
    pub at: Option<String>,
    /// count, sum, average, ratio, or headroom: what may still happen before a limit is passed.
    #[schema(example = "ratio")]
    pub kind: &'static str,
    /// Things that a count counts: calls, leads or agents. Absent for all other kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "calls")]
    pub counts: Option<&'static str>,
    /// A few words.
    pub label: Text,
    /// Meaning and formula.
    pub description: Text,
    /// count, percent or seconds.
    #[schema(example = "percent")]
    pub unit: &'static str,
    /// integer, one_decimal, two_decimals; largest_remainder for shares that add up to exactly 100.00.
    #[schema(example = "two_decimals")]
    pub rounding: &'static str,
    /// Id of what is divided; null if it is no quotient.
    #[schema(example = "telesales.dashboard.total_answers")]
    pub numerator: Option<String>,
    /// Id of what it is divided by.
    #[schema(example = "telesales.dashboard.total_dials")]
    pub denominator: Option<String>,
    /// Good change: up, down or neutral.
    #[schema(example = "up")]
    pub polarity: &'static str,
    /// The list that opens the number; null if there is none. A ratio or average opens that of its denominator.
    pub calls: Option<Calls>,
}

/// A text by language; with `lang` in that one only.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = MetricText)]
pub struct Text {
    /// In English.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Answer rate, %")]
    pub en: Option<String>,
    /// In Vietnamese.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Tỷ lệ nghe máy, %")]
    pub vi: Option<String>,
}

/// How to open a number: the parameters of the report's own request with `set` over them, sent to `list`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = MetricCalls)]
pub struct Calls {
    /// Route of the list. A name in braces is that member of the object where the number stands, else of the nearest object
    /// around it, else that parameter of the request.
    #[schema(example = "/api/telesales/calls")]
    pub list: &'static str,
    /// Parameters. null takes one away; a value that is one name in braces is looked up like one of the route, `{*}` is the
    /// name of the member itself.
    #[schema(value_type = std::collections::HashMap<String, Option<String>>, example = json!({"agent_ids": "{agent_id}", "conversion": "true"}))]
    pub set: BTreeMap<&'static str, Option<String>>,
}

impl Text {
    /// A text from an object by language, in one language if one is given.
    pub(super) fn read(texts: &Value, language: Option<Language>) -> Self {
        let text = |of: Language| {
            let text = texts[of.name()].as_str().map(str::to_owned);
            text.filter(|_| language.is_none_or(|only| only == of))
        };
        Self {
            en: text(Language::English),
            vi: text(Language::Vietnamese),
        }
    }
}

impl Entry {
    pub(super) fn new(found: &Found, measure: &Measure) -> Self {
        let (id, frame) = (found.id(), &found.frame);
        let words = vietnamese(&id);
        let part = |name: &str| frame.id_of(name);
        let opened = match (measure.set, measure.parts) {
            (Some(set), _) => Some((frame.as_ref(), measure.kind, set)),
            (None, Some((_, denominator))) => frame
                .find(denominator)
                .and_then(|(frame, of)| Some((frame, of.kind, of.set?))),
            (None, None) => None,
        };
        let calls = opened.and_then(|(frame, kind, set)| {
            Some(Calls {
                list: frame.origin.list(kind),
                set: frame
                    .set(set)?
                    .into_iter()
                    .map(|(name, value)| (name, (value != WITHOUT).then_some(value)))
                    .collect(),
            })
        });
        Self {
            report: frame.origin.report.clone(),
            at: found.at(),
            kind: measure.kind.name(),
            counts: counts(measure),
            label: Text {
                en: Some(found.member.title.to_owned()),
                vi: words.map(|words| words.label.clone()),
            },
            description: Text {
                en: Some(found.about.clone()),
                vi: words.map(|words| words.description.clone()),
            },
            unit: measure.kind.unit(),
            rounding: rounding(measure, &found.member),
            numerator: measure.parts.and_then(|(numerator, _)| part(numerator)),
            denominator: measure.parts.and_then(|(_, denominator)| part(denominator)),
            polarity: measure.polarity.name(),
            calls,
            id,
        }
    }

    /// The entry for an account whose answers are short below `short_call_sec`, in one language if one is given.
    pub fn shown(&self, short_call_sec: &str, language: Option<Language>) -> Self {
        let mut shown = self.clone();
        let values = shown.calls.iter_mut().flat_map(|it| it.set.values_mut());
        for value in values.flatten() {
            if value == SHORT_CALL_SEC {
                short_call_sec.clone_into(value);
            }
        }
        for text in [&mut shown.label, &mut shown.description] {
            match language {
                Some(Language::English) => text.vi = None,
                Some(Language::Vietnamese) => text.en = None,
                None => {}
            }
        }
        shown
    }
}

/// The mark of a member in the OpenAPI document. `None` if it has members of its own.
pub(super) fn mark(member: &Member) -> Option<Value> {
    match &member.mark {
        Mark::Key(_) => Some(json!({"is": "key"})),
        Mark::Setting => Some(json!({"is": "setting"})),
        Mark::Measure(measure) => {
            let mut mark =
                json!({"is": "measure", "kind": measure.kind.name(), "unit": measure.kind.unit()});
            mark["rounding"] = rounding(measure, member).into();
            mark["polarity"] = measure.polarity.name().into();
            if let Some(counts) = counts(measure) {
                mark["counts"] = counts.into();
            }
            Some(mark)
        }
        Mark::Within(_) => None,
    }
}

const fn counts(measure: &Measure) -> Option<&'static str> {
    match measure.kind {
        Kind::Count(counted) => Some(counted.name()),
        _ => None,
    }
}

const fn rounding(measure: &Measure, member: &Member) -> &'static str {
    match member.decimals {
        _ if measure.is_share => "largest_remainder",
        0 => "integer",
        1 => "one_decimal",
        _ => "two_decimals",
    }
}
