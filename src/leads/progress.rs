//! Parameters about how far leads have come: `created`, `stage`, `lost_after`, and when their calls count.
//!
//! Owns the stages and the conditions that each is.

use super::own::FINISHED;
use crate::calls::condition::{Argument, Conditions};
use crate::calls::{attempts, sales_calls};
use crate::closed::{AutocallLeadStage, AutocallStage, LeadStage, TelesalesStage};
use crate::input::{Kind, Parameter, Query, choice};
use crate::reports::report::Module;

choice! {
    /// Leads by the time of their creation.
    pub enum Created {
        All = "all",
        BeforeEnd = "before_end",
        InWindow = "in_window",
    }
}

choice! {
    /// The calls that count where a call is asked for.
    #[derive(Default)]
    pub enum CallsOf {
        #[default]
        Window = "in_window",
        AllTime = "ever",
    }
}

const CREATED: Parameter = Parameter::optional(
    "created",
    Kind::Choice(Created::NAMES),
    "Leads created at any time (default), before the window's end, or in the window.",
);
const CALLS: Parameter = Parameter::optional(
    "calls",
    Kind::Choice(CallsOf::NAMES),
    "The calls that filters on calls and stages are about: those of the window (default), or of all time, as analytics counts them.",
);
const AUTOCALL_STAGE: Parameter = Parameter::optional(
    "stage",
    Kind::Choice(AutocallLeadStage::VALUES),
    "Only leads of this stage of the funnel: the first is created=before_end, each other one a call in the window that meets its condition, where campaign_id without created is that of the call. BACKLOG, PROCESSING, RETRY and FINISHED are stages of analytics, over all attempts: all leads, those with one attempt, with two, and with that status.",
);
const TELESALES_STAGE: Parameter = Parameter::optional(
    "stage",
    Kind::Choice(TelesalesStage::VALUES),
    "Only leads of this stage of the funnel: the first is created=before_end, each other one a call in the window that meets its condition, where campaign_id without created is that of the call.",
);
const AUTOCALL_LOST: Parameter = Parameter::optional(
    "lost_after",
    Kind::Choice(but_last(AutocallStage::VALUES)),
    "Only leads in this stage of the funnel and not in the next; not the last stage.",
);
const TELESALES_LOST: Parameter = Parameter::optional(
    "lost_after",
    Kind::Choice(but_last(TelesalesStage::VALUES)),
    "Only leads in this stage of the funnel and not in the next; not the last stage.",
);

/// The stages that have a next one.
const fn but_last(stages: &'static [&'static str]) -> &'static [&'static str] {
    match stages.split_last() {
        Some((_, others)) => others,
        None => stages,
    }
}

/// A stage that leads are to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Place in the funnel.
    Funnel(usize),
    /// Place in the funnel of analytics.
    Analytics(usize),
}

/// Stages and calls that leads must have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    pub created: Option<Created>,
    pub calls: CallsOf,
    pub stage: Option<Stage>,
    /// Place in the funnel of the stage they have, and whose next they lack.
    pub lost_after: Option<usize>,
}

/// Parameters of a product.
pub fn parameters(module: Module) -> &'static [Parameter] {
    match module {
        Module::Autocall => &[CREATED, CALLS, AUTOCALL_STAGE, AUTOCALL_LOST],
        Module::Telesales => &[CREATED, CALLS, TELESALES_STAGE, TELESALES_LOST],
    }
}

/// Conditions of the stages of a funnel on calls, in their order; the first is a condition on leads.
pub fn stages(module: Module) -> &'static [&'static str] {
    match module {
        Module::Autocall => attempts::STAGES,
        Module::Telesales => sales_calls::STAGES,
    }
}

impl Asked {
    pub fn read(module: Module, query: &mut Query) -> Self {
        let (stage, lost, names) = match module {
            Module::Autocall => (&AUTOCALL_STAGE, &AUTOCALL_LOST, AutocallStage::VALUES),
            Module::Telesales => (&TELESALES_STAGE, &TELESALES_LOST, TelesalesStage::VALUES),
        };
        let place = |name, of: &[&str]| of.iter().position(|stage| *stage == name);
        let stage = query.listed(stage).and_then(|name| {
            let in_funnel = place(name, names).map(Stage::Funnel);
            in_funnel.or_else(|| place(name, LeadStage::VALUES).map(Stage::Analytics))
        });
        let lost_after = query.listed(lost).and_then(|name| place(name, names));
        Self {
            created: query.choice(&CREATED),
            calls: query.choice(&CALLS).unwrap_or_default(),
            stage,
            lost_after,
        }
    }

    /// Places of the stages of the funnel that leads must be in.
    pub fn in_stages(&self) -> impl Iterator<Item = usize> {
        let stage = match self.stage {
            Some(Stage::Funnel(place)) => Some(place),
            Some(Stage::Analytics(_)) | None => None,
        };
        stage.into_iter().chain(self.lost_after)
    }

    /// The leads by their creation: those of the first stage come before the window's end.
    pub fn created(&self) -> Created {
        let is_first = self.in_stages().any(|place| place == 0);
        let default = if is_first {
            Created::BeforeEnd
        } else {
            Created::All
        };
        self.created.unwrap_or(default)
    }

    /// Adds the condition of a stage of analytics.
    pub fn add_stage_of_analytics(&self, own: &mut Conditions) {
        match self.stage {
            Some(Stage::Analytics(1)) => own.add(ATTEMPTED, []),
            Some(Stage::Analytics(2)) => own.add(MIN_ATTEMPTS, [Argument::Integer(2)]),
            Some(Stage::Analytics(3)) => own.add(FINISHED, []),
            _ => {}
        }
    }

    /// The given parameters with their values, for printing.
    pub fn shown(&self, module: Module) -> Vec<(&'static str, String)> {
        use crate::input::Choice as _;
        let names = match module {
            Module::Autocall => AutocallStage::VALUES,
            Module::Telesales => TelesalesStage::VALUES,
        };
        let stage = self.stage.and_then(|stage| match stage {
            Stage::Funnel(place) => names.get(place),
            Stage::Analytics(place) => LeadStage::VALUES.get(place),
        });
        let lost_after = self.lost_after.and_then(|place| names.get(place));
        let told = [
            (CREATED.name, self.created.map(Created::name)),
            ("stage", stage.copied()),
            ("lost_after", lost_after.copied()),
        ];
        let told = told.into_iter();
        told.filter_map(|(name, value)| Some((name, value?.to_owned())))
            .collect()
    }
}

const ATTEMPTED: &str = include_str!("sql/attempted.sql");
const MIN_ATTEMPTS: &str = include_str!("sql/min_attempts.sql");

#[cfg(test)]
mod tests {
    use super::super::own::PROGRESSES;
    use super::*;

    #[test]
    fn stages_of_leads_are_those_of_both_funnels() {
        let both = [AutocallStage::VALUES, LeadStage::VALUES].concat();
        assert_eq!(AutocallLeadStage::VALUES, both);
        assert_eq!(stages(Module::Autocall).len(), AutocallStage::VALUES.len());
        assert_eq!(
            stages(Module::Telesales).len(),
            TelesalesStage::VALUES.len()
        );
        assert_eq!(PROGRESSES.len(), LeadStage::VALUES.len());
    }
}
