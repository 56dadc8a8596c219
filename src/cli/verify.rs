//! `callboard verify`: holds the roll-ups against the raw rows.

use std::process::ExitCode;

use clap::Args;

use crate::app::App;
use crate::auth::Tenant;
use crate::error::Result;
use crate::reports::verify::{Comparison, Question, Questions};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this account.
    #[arg(long)]
    tenant: Option<i64>,
    /// Ask so many questions at random of each account.
    #[arg(long, value_name = "N", default_value_t = 200)]
    sample: usize,
    /// Ask for every report of every campaign as well.
    #[arg(long)]
    all: bool,
    /// The same number asks the same questions again.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Succeeds where every question has one answer.
pub async fn run(app: &App, arguments: &Arguments) -> Result<ExitCode> {
    let tenants = match arguments.tenant {
        Some(tenant) => vec![tenant],
        None => app.db.tenants().await?,
    };
    let mut differences = 0;
    for tenant in tenants {
        differences += verify(app, tenant, arguments).await?;
    }
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many answers differ.
async fn verify(app: &App, tenant: i64, arguments: &Arguments) -> Result<usize> {
    let (mut same, mut stale, mut different) = (0, 0, 0);
    let questions = questions(app, tenant, arguments).await?;
    let count = questions.len();
    for (number, question) in questions.into_iter().enumerate() {
        // A snapshot each: one over them all would hold up the vacuum for as long as this takes.
        let mut scope = app.db.read(tenant).await?;
        scope.take_your_time().await?;
        let account = Tenant::load(&mut scope).await?;
        match question.compare(&mut scope, &account).await? {
            Comparison::Same => same += 1,
            Comparison::Stale => stale += 1,
            Comparison::Different(two) => {
                different += 1;
                println!("{}\n  rolled {}\n  raw    {}", two.question, two.rolled, two.raw);
            }
        }
        if (number + 1) % 100 == 0 {
            eprintln!("account {tenant}: {} of {count}", number + 1);
        }
    }
    println!(
        "account {tenant}: {same} alike, {different} different, {stale} not compared, as they are being made anew"
    );
    Ok(different)
}

async fn questions(app: &App, tenant: i64, arguments: &Arguments) -> Result<Vec<Question>> {
    let mut scope = app.db.read(tenant).await?;
    Tenant::load(&mut scope).await?;
    let mut chance = Questions::load(&mut scope, arguments.seed, app.clock.now()).await?;
    let all = if arguments.all { chance.all() } else { Vec::new() };
    Ok(all.into_iter().chain((0..arguments.sample).filter_map(|_| chance.any())).collect())
}
