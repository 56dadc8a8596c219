//! The meaning of an overview's figures, for the catalogue: how each is made, and the list that opens it.
//!
//! Counts of today are those of the window that the answer tells (`Callboard-Window`), by which their lists are asked. Counts of
//! other stretches of time have no list.

use utoipa::ToSchema;

use super::row::{OverviewRow, Pace};
use crate::figure::{
    Beside, Counted, Form, KEY, Kind, Mark, Member, SETTING, Within, calls, key, leads, plain,
    ratio,
};
use crate::reports::telesales::{ANSWERS, DIALS};
use crate::rollups::Module;

/// The members of a row of a product's overview.
pub const fn meaning(module: Module) -> Within {
    let (members, besides): (&[Member], &[Beside]) = match module {
        Module::Autocall => (AUTOCALL, BESIDES),
        Module::Telesales => (TELESALES, BESIDES),
    };
    Within {
        schema: <OverviewRow as ToSchema>::name,
        form: Form::List,
        members,
        besides,
        has_lists: true,
    }
}

const fn member(name: &'static str, title: &'static str, mark: Mark, decimals: u32) -> Member {
    Member {
        name,
        title,
        mark,
        decimals,
    }
}

/// A count of calls that no list selects.
const UNLISTED: Mark = plain(Kind::Count(Counted::Calls));

const AUTOCALL: &[Member] = &members(
    key("campaign_ids"),
    calls(&[]),
    calls(&[("result", "answered")]),
    leads(&[("campaign_id", "{id}"), ("created", "all")]),
    leads(&[
        ("campaign_id", "{id}"),
        ("created", "all"),
        ("status", "pending,in_progress,retry"),
    ]),
);

const TELESALES: &[Member] = &members(
    key("campaign_id"),
    calls(&[("result", DIALS)]),
    calls(&[("result", ANSWERS)]),
    leads(&[("created", "all")]),
    plain(Kind::Count(Counted::Leads)),
);

/// `id`: the parameter of lists that selects by the campaign.
const fn members(
    id: Mark,
    dials: Mark,
    answers: Mark,
    leads_total: Mark,
    leads_left: Mark,
) -> [Member; 13] {
    [
        member("id", "Campaign", id, 0),
        member("name", "Name", KEY, 0),
        member("status", "Status", SETTING, 0),
        member("dials_today", "Dials today", dials, 0),
        member("answers_today", "Answers today", answers.up(), 0),
        member(
            "answer_rate_pct",
            "Answer rate, %",
            ratio("answers_today", "dials_today").up(),
            2,
        ),
        member(
            "answer_rate_before_pct",
            "Answer rate a week before, %",
            ratio("answers_before", "dials_before").up(),
            2,
        ),
        member("last_call_at", "Last call", SETTING, 0),
        member("in_progress", "In progress", UNLISTED, 0),
        member("leads_total", "Leads", leads_total, 0),
        member("leads_left", "Leads left", leads_left, 0),
        member("pace", "", Mark::Within(PACE), 0),
        member("warnings", "", SETTING, 0),
    ]
}

const BESIDES: &[Beside] = &[
    Beside {
        about: "Dials of this weekday a week before, until the minute that it is now.",
        member: member("dials_before", "Dials a week before", UNLISTED, 0),
    },
    Beside {
        about: "Answered ones among them.",
        member: member("answers_before", "Answers a week before", UNLISTED, 0),
    },
];

const PACE: Within = Within {
    schema: <Pace as ToSchema>::name,
    form: Form::One,
    members: &[
        member(
            "leads_finished_per_day",
            "Leads done with a day",
            SETTING,
            1,
        ),
        member("basis_days", "Days of the pace", SETTING, 0),
        member("days_left", "Days left", SETTING, 1),
        member("ends_on", "Ends on", SETTING, 0),
    ],
    besides: &[],
    has_lists: true,
};
