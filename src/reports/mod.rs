//! The reports, one line each.
//!
//! Owns the figures and their names. Must not know HTTP or files: routes, OpenAPI operations and exports are generated from
//! [`ALL`].
//!
//! # Adding a report
//!
//! 1. Write `<module>/<name>.raw.sql`, over the rows, and `<module>/<name>.sql`, over the roll-ups' readers
//!    (`{{rolled …}}`, `rollups/statement.rs`): `$1` the tenant, then what the subject binds; a comment on top says
//!    what the other arguments are. Sum integers, divide nothing. A counter that is not there yet is a line in
//!    `rollups/catalog`.
//! 2. Write `<module>/<name>.json`: a whole body, shown in the OpenAPI document and held against the schema.
//! 3. Write `<module>/<name>.rs`: the columns in a [`row!`](crate::table) with meaning, unit and formula as
//!    doc comments and a mark each ([`crate::figure`]), their Vietnamese words in `words/vi.json`, its options, and `impl Report`. Clear timestamps that follow the clock in `without_timestamps`.
//! 4. Two lines: `pub mod <name>;` in `<module>/mod.rs` and `Definition::of::<…>()` in [`ALL`], in the order
//!    of the contract.
//! 5. Implement it again in `tests/reference`, from the contract alone and ideally by another author.
//! 6. Run `cargo run -- openapi > openapi/openapi.json` and `script/test`. The tests over [`ALL`] cover the new report.

pub mod autocall;
pub mod compare;
mod definition;
pub mod report;
pub mod request;
mod series;
pub mod telesales;
pub mod together;
pub mod typical;
mod week;

pub use definition::Definition;

/// Every report, in the order of the contract.
pub static ALL: &[Definition] = &[
    Definition::of::<autocall::kpis::Kpis>(),
    Definition::of::<autocall::trend::Trend>(),
    Definition::of::<autocall::comparison::Comparison>(),
    Definition::of::<autocall::hangup::Hangup>(),
    Definition::of::<autocall::heatmap::Heatmap>(),
    Definition::of::<autocall::dtmf::Dtmf>(),
    Definition::of::<autocall::funnel::Funnel>(),
    Definition::of::<autocall::typical_day::TypicalDay>(),
    Definition::of::<telesales::dashboard::Dashboard>(),
    Definition::of::<telesales::agent_performance::AgentPerformance>(),
    Definition::of::<telesales::funnel::Funnel>(),
    Definition::of::<telesales::disposition_breakdown::DispositionBreakdown>(),
    Definition::of::<telesales::caller_id_health::CallerIdHealth>(),
    Definition::of::<telesales::hour_dow_heatmap::HourDowHeatmap>(),
    Definition::of::<telesales::lead_source_attribution::LeadSourceAttribution>(),
    Definition::of::<telesales::time_series::TimeSeries>(),
    Definition::of::<telesales::typical_day::TypicalDay>(),
    Definition::of::<telesales::abandon_rate::AbandonRate>(),
    Definition::of::<telesales::compliance::Compliance>(),
];
