//! `callboard verify`: compares the roll-ups with the raw rows. Exits with 1 if they differ, with 2
//! if too many queries were skipped.

use std::process::ExitCode;

use clap::Args;

use super::{load_tenant, say};
use crate::app::App;
use crate::auth::Tenant;
use crate::error::Result;
use crate::rollups::Comparison;
use crate::verify::{Question, Questions};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this tenant.
    #[arg(long)]
    tenant: Option<i64>,
    /// Number of random queries per tenant.
    #[arg(long, value_name = "N", default_value_t = 200)]
    sample: usize,
    /// Also run every report of every campaign and every analytics query.
    #[arg(long)]
    all: bool,
    /// Seed of the random queries; the same seed repeats them.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Exit code if all compared answers match, but too few were compared.
const SKIPPED: u8 = 2;

/// Succeeds if all compared answers match and at most a tenth of each tenant's queries were
/// skipped.
pub async fn run(app: &App, arguments: &Arguments) -> Result<ExitCode> {
    let tenants = match arguments.tenant {
        Some(tenant) => {
            load_tenant(app, "tenant", tenant).await?;
            vec![tenant]
        }
        None => app.db.tenants().await?,
    };
    let (mut differences, mut skipped_too_many) = (0, false);
    for tenant in tenants {
        let tally = verify(app, tenant, arguments).await?;
        differences += tally.different;
        skipped_too_many |= tally.skipped_too_many();
    }
    Ok(match (differences, skipped_too_many) {
        (0, false) => ExitCode::SUCCESS,
        (0, true) => ExitCode::from(SKIPPED),
        _ => ExitCode::FAILURE,
    })
}

/// Number of queries of a tenant by result.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    same: usize,
    different: usize,
    /// Not compared, because their roll-ups are being rebuilt.
    skipped: usize,
}

impl Tally {
    fn skipped_too_many(self) -> bool {
        self.skipped * 10 > self.same + self.different + self.skipped
    }
}

async fn verify(app: &App, tenant: i64, arguments: &Arguments) -> Result<Tally> {
    let mut tally = Tally::default();
    let questions = questions(app, tenant, arguments).await?;
    let count = questions.len();
    for (number, question) in questions.into_iter().enumerate() {
        // One snapshot per query: a single long one would hold back vacuum.
        let mut scope = app.db.read(tenant).await?;
        scope.disable_statement_timeout().await?;
        match question.compare(&mut scope).await? {
            Comparison::Same => tally.same += 1,
            Comparison::Stale => tally.skipped += 1,
            Comparison::Different(two) => {
                tally.different += 1;
                say(format_args!(
                    "{}\n  rolled {}\n  raw    {}",
                    two.question, two.rolled, two.raw
                ));
            }
        }
        if (number + 1) % 100 == 0 {
            eprintln!("tenant {tenant}: {} of {count}", number + 1);
        }
    }
    let Tally {
        same,
        different,
        skipped,
    } = tally;
    let note = if tally.skipped_too_many() {
        " (too many skipped; run again later)"
    } else {
        ""
    };
    say(format_args!(
        "tenant {tenant}: {same} matched, {different} different, {skipped} skipped (roll-ups are being rebuilt){note}"
    ));
    Ok(tally)
}

async fn questions(app: &App, tenant: i64, arguments: &Arguments) -> Result<Vec<Question>> {
    let mut scope = app.db.read(tenant).await?;
    Tenant::load(&mut scope).await?;
    let mut questions = Questions::load(&mut scope, arguments.seed, app.clock.now()).await?;
    let mut chosen = Vec::new();
    if arguments.all {
        chosen.extend(questions.all()?);
    }
    for _ in 0..arguments.sample {
        chosen.extend(questions.any()?);
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_tenth_skipped_is_too_many() {
        for (same, different, skipped, is_much) in [
            (0, 0, 0, false),
            (9, 0, 1, false),
            (8, 0, 1, true),
            (0, 0, 1, true),
            (0, 9, 1, false),
            (180, 0, 20, false),
        ] {
            let tally = Tally {
                same,
                different,
                skipped,
            };
            assert_eq!(tally.skipped_too_many(), is_much, "{tally:?}");
        }
    }
}
