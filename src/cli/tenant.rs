//! `callboard tenant create`, `callboard tenant set` and `callboard tenant list`

use clap::Subcommand;

use super::{load_tenant, no_tenant, print_line, say};
use crate::app::App;
use crate::auth::settings::Settings;
use crate::auth::tenant::{Change, DEFAULT_TIMEZONE, Tenant};
use crate::error::{Error, Result};
use crate::time::Zone;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a tenant.
    Create {
        /// Id, as used by tokens and commands.
        #[arg(long)]
        id: i64,
        /// Name in files and lists.
        #[arg(long)]
        name: String,
        /// Default time zone of its reports, an IANA name.
        #[arg(long, default_value_t = *DEFAULT_TIMEZONE)]
        timezone: Zone,
        /// Id of the tenant's reseller.
        #[arg(long)]
        reseller: Option<i64>,
    },
    /// Change a tenant's name, time zone or settings.
    #[command(after_help = settings_help())]
    Set {
        /// The tenant's id.
        #[arg(long)]
        id: i64,
        /// Keys to change, with their new values.
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = change)]
        changes: Vec<Change>,
    },
    /// List tenants by id, one JSON object per line.
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
            let made = load_tenant(app, "id", id).await?;
            let reseller =
                reseller.map_or_else(String::new, |reseller| format!(", reseller {reseller}"));
            say(format_args!(
                "created tenant {id} {:?}, time zone {}{reseller}",
                made.name, made.timezone
            ));
        }
        Command::Set { id, changes } => {
            Tenant::change(&app.db, id, &changes)
                .await
                .map_err(|error| no_tenant(error, "id", id))?;
            let keys: Vec<&str> = changes.iter().map(Change::key).collect();
            say(format_args!("changed tenant {id}: {}", keys.join(", ")));
        }
        Command::List => {
            let mut out = std::io::stdout().lock();
            for id in app.db.tenants().await? {
                match Tenant::describe(&mut app.db.read(id).await?).await {
                    Ok(listed) => print_line(&mut out, &listed),
                    Err(Error::NotFound) => {} // removed in the meantime
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
        |(name, default, about): &(&str, &str, &str)| format!("  {name} ({default}):{about}\n");
    let settings: String = Settings::ALL.iter().map(line).collect();
    format!(
        "Keys:\n  name\n  timezone\n{settings}\nRate limits apply to each token; all tokens of a tenant together have ten \
         times the limit.\n"
    )
}
