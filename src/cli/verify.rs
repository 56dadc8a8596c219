//! `callboard verify`: holds the roll-ups against the raw rows.

use std::process::ExitCode;

use clap::Args;

use crate::app::App;
use crate::auth::Tenant;
use crate::db::Scope;
use crate::error::Result;
use crate::rollups::Comparison;
use crate::{analytics, reports};

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
        match question.compare(&mut scope).await? {
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

/// Whatever is answered from roll-ups.
enum Question {
    Report(reports::verify::Question),
    Analytics(analytics::verify::Question),
}

impl Question {
    async fn compare(self, scope: &mut Scope) -> Result<Comparison> {
        match self {
            Self::Report(question) => {
                let account = Tenant::load(scope).await?;
                question.compare(scope, &account).await
            }
            Self::Analytics(question) => question.compare(scope).await,
        }
    }
}

async fn questions(app: &App, tenant: i64, arguments: &Arguments) -> Result<Vec<Question>> {
    let mut scope = app.db.read(tenant).await?;
    Tenant::load(&mut scope).await?;
    let (seed, now) = (arguments.seed, app.clock.now());
    let mut reports = reports::verify::Questions::load(&mut scope, seed, now).await?;
    let mut analytics = analytics::verify::Questions::load(&mut scope, seed, now).await?;
    let mut questions = Vec::new();
    if arguments.all {
        questions.extend(reports.all().into_iter().map(Question::Report));
        questions.extend(analytics.all().into_iter().map(Question::Analytics));
    }
    for number in 0..arguments.sample {
        // Of five, one is of analytics.
        let question = match number % 5 {
            4 => analytics.any().map(Question::Analytics),
            _ => reports.any().map(Question::Report),
        };
        questions.extend(question);
    }
    Ok(questions)
}
