//! `callboard verify`: compares the roll-ups with the raw rows. Exit code 1 where they differ, 2 where much was skipped.

use std::process::ExitCode;

use clap::Args;

use super::{account, say};
use crate::app::App;
use crate::auth::Tenant;
use crate::error::Result;
use crate::rollups::Comparison;
use crate::verify::{Question, Questions};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this account.
    #[arg(long)]
    tenant: Option<i64>,
    /// Ask so many questions at random of each account.
    #[arg(long, value_name = "N", default_value_t = 200)]
    sample: usize,
    /// Ask for every report of every campaign, and every question of analytics, as well.
    #[arg(long)]
    all: bool,
    /// The same number asks the same questions again.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Exit code where no two answers differ, but too few were compared to say much.
const SKIPPED: u8 = 2;

/// Succeeds where every question has one answer, and at most a tenth of an account's questions were skipped.
pub async fn run(app: &App, arguments: &Arguments) -> Result<ExitCode> {
    let tenants = match arguments.tenant {
        Some(tenant) => {
            account(app, "tenant", tenant).await?;
            vec![tenant]
        }
        None => app.db.tenants().await?,
    };
    let (mut differences, mut is_thin) = (0, false);
    for tenant in tenants {
        let tally = verify(app, tenant, arguments).await?;
        differences += tally.different;
        is_thin |= tally.skipped_much();
    }
    Ok(match (differences, is_thin) {
        (0, false) => ExitCode::SUCCESS,
        (0, true) => ExitCode::from(SKIPPED),
        _ => ExitCode::FAILURE,
    })
}

/// Questions of an account, by what came of them.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    same: usize,
    different: usize,
    /// Not compared, because roll-ups that answer them are being rebuilt.
    skipped: usize,
}

impl Tally {
    fn skipped_much(self) -> bool {
        self.skipped * 10 > self.same + self.different + self.skipped
    }
}

async fn verify(app: &App, tenant: i64, arguments: &Arguments) -> Result<Tally> {
    let mut tally = Tally::default();
    let questions = questions(app, tenant, arguments).await?;
    let count = questions.len();
    for (number, question) in questions.into_iter().enumerate() {
        // A snapshot each: one over them all would hold up the vacuum for as long as this takes.
        let mut scope = app.db.read(tenant).await?;
        scope.take_your_time().await?;
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
            eprintln!("account {tenant}: {} of {count}", number + 1);
        }
    }
    let Tally {
        same,
        different,
        skipped,
    } = tally;
    let much = if tally.skipped_much() {
        " (too many to vouch for the rest: try again later)"
    } else {
        ""
    };
    say(format_args!(
        "account {tenant}: {same} alike, {different} different, {skipped} skipped while roll-ups are rebuilt{much}"
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
    fn more_than_a_tenth_is_much() {
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
            assert_eq!(tally.skipped_much(), is_much, "{tally:?}");
        }
    }
}
