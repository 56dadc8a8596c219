//! `callboard rebuild`: makes roll-ups anew from the raw rows, while they are written and read.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{account, say};
use crate::app::App;
use crate::error::Result;
use crate::rollups::{Module, compact};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The account.
    #[arg(long)]
    tenant: i64,
    /// Only those of one module.
    #[arg(long)]
    module: Option<Name>,
    /// Only those of one campaign of that module.
    #[arg(long, requires = "module")]
    campaign: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Autocall,
    Telesales,
}

pub async fn run(app: &App, arguments: &Arguments) -> Result<()> {
    account(app, "tenant", arguments.tenant).await?;
    let asked = |module: &Module| match arguments.module {
        None => true,
        Some(Name::Autocall) => *module == Module::Autocall,
        Some(Name::Telesales) => *module == Module::Telesales,
    };
    for module in Module::ALL.into_iter().filter(asked) {
        let note = compact::distrust(&app.db, arguments.tenant, module, arguments.campaign).await?;
        // A server may be quicker, and its work is waited for.
        while compact::holds(&app.db, arguments.tenant, note).await? {
            compact::compact_module(&app.db, arguments.tenant, module).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        say(format_args!("{}: made anew", module.name()));
    }
    Ok(())
}
