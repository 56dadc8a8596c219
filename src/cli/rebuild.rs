//! `callboard rebuild`: rebuilds roll-ups from the raw rows, while both are in use.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{load_tenant, say};
use crate::app::App;
use crate::error::Result;
use crate::rollups::Module;
use crate::rollups::compact::{self, Done};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The tenant's id.
    #[arg(long)]
    tenant: i64,
    /// Only roll-ups of this module.
    #[arg(long)]
    module: Option<ModuleName>,
    /// Only roll-ups of this campaign of the module.
    #[arg(long, requires = "module")]
    campaign: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModuleName {
    Autocall,
    Telesales,
}

pub async fn run(app: &App, arguments: &Arguments) -> Result<()> {
    load_tenant(app, "tenant", arguments.tenant).await?;
    let is_selected = |module: &Module| match arguments.module {
        None => true,
        Some(ModuleName::Autocall) => *module == Module::Autocall,
        Some(ModuleName::Telesales) => *module == Module::Telesales,
    };
    for module in Module::ALL.into_iter().filter(is_selected) {
        let mark =
            compact::mark_stale(&app.db, arguments.tenant, module, arguments.campaign).await?;
        // A running server may rebuild them first; this waits for it.
        let mut said = None;
        while compact::still_stale(&app.db, arguments.tenant, mark).await? {
            let done = compact::turn(&app.db, arguments.tenant, module, compact::SLICE).await?;
            let progress = compact::progress(&app.db, arguments.tenant, module).await?;
            if let Some(progress) = progress.filter(|it| said.as_ref() != Some(it)) {
                say(format_args!("{}: {progress}", module.name()));
                said = Some(progress);
            }
            if done != Done::Building {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        say(format_args!("{}: rebuilt", module.name()));
    }
    Ok(())
}
