//! `callboard tenant create`, `callboard tenant set` and `callboard tenant list`

use clap::Subcommand;

use super::{account, no_account, print_line, say};
use crate::app::App;
use crate::auth::settings::Settings;
use crate::auth::tenant::{Change, DEFAULT_TIMEZONE, Tenant};
use crate::error::{Error, Result};
use crate::time::Zone;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account.
    Create {
        /// Its id, by which tokens and commands name it.
        #[arg(long)]
        id: i64,
        /// What it is called in files and lists.
        #[arg(long)]
        name: String,
        /// IANA zone in which the account reads its reports.
        #[arg(long, default_value_t = *DEFAULT_TIMEZONE)]
        timezone: Zone,
        /// The account that resells to this one.
        #[arg(long)]
        reseller: Option<i64>,
    },
    /// Change an account: its name, its timezone or a setting.
    #[command(after_help = settings_help())]
    Set {
        /// The account.
        #[arg(long)]
        id: i64,
        /// What to change, and to what.
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = change)]
        changes: Vec<Change>,
    },
    /// List accounts by id, a JSON object a line.
    List,
}

pub async fn run(app: &App, command: Command) -> Result<()> {
    match command {
        Command::Create {
            id,
            name,
            timezone,
            reseller,
        } => {
            Tenant::create(&app.db, id, &name, timezone, reseller).await?;
            let made = account(app, "id", id).await?;
            let reseller =
                reseller.map_or_else(String::new, |reseller| format!(", reseller {reseller}"));
            say(format_args!(
                "created account {id} {:?}, time zone {}{reseller}",
                made.name, made.timezone
            ));
        }
        Command::Set { id, changes } => {
            Tenant::change(&app.db, id, &changes)
                .await
                .map_err(|error| no_account(error, "id", id))?;
            let keys: Vec<&str> = changes.iter().map(Change::key).collect();
            say(format_args!("changed account {id}: {}", keys.join(", ")));
        }
        Command::List => {
            let mut out = std::io::stdout().lock();
            for id in app.db.tenants().await? {
                match Tenant::describe(&mut app.db.read(id).await?).await {
                    Ok(listed) => print_line(&mut out, &listed),
                    Err(Error::NotFound) => {} // removed meanwhile
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(())
}

fn change(text: &str) -> Result<Change, String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Change::parse(key, value)
}

fn settings_help() -> String {
    let line =
        |(name, default, about): &(&str, i64, &str)| format!("  {name} ({default}):{about}\n");
    let settings: String = Settings::ALL.iter().map(line).collect();
    format!(
        "Keys:\n  name\n  timezone\n{settings}\nA rate limit is one token's; all tokens of an account together have ten \
         times as much.\n"
    )
}
