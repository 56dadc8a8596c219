//! Tries of a mail: one run at a time, to those recipients that still wait.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::TryStreamExt;
use lettre::Address;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::content::{Content, moment};
use super::page::{self, Enclosed};
use super::rows::{self, Parcel, Tried};
use crate::app::App;
use crate::auth::Tenant;
use crate::db::Lane;
use crate::error::{Error, Result};
use crate::exports::link::Links;
use crate::files::name::content_type;
use crate::mail::letter::{File, Letter};
use crate::mail::settings::Settings;
use crate::mail::smtp;
use crate::schedules::runs::{self, Job, Queue, TRIES};
use crate::time::Zone;

/// Maximum size of an attached file, bytes; a larger one is linked.
const MAX_ATTACHED: i64 = 10_000_000;

/// The end of a try in which no server was asked, with a reason for the client.
enum Missed {
    /// Another try may succeed.
    Later(String),
    /// None will.
    Never(String),
}

/// Tries the mail of one run of a tenant. False if none is due. A stop gives the run back, unless the server may have its
/// message already.
pub async fn turn(app: &App, tenant: i64, stop: &CancellationToken) -> Result<bool> {
    let lease = app.schedules.pace.lease;
    let queue = Queue::Mailing;
    let Some(job) = runs::claim(&app.db, tenant, queue, lease, app.clock.now()).await? else {
        return Ok(false);
    };
    let parcel = match rows::find(&app.db, &job).await {
        // Deleted meanwhile, and its runs with it.
        Err(Error::NotFound) => return Ok(true),
        found => found?,
    };
    let Ok(mut content) = parcel.content() else {
        let error = Some("Another version of the server made this mail.".to_owned());
        let tried = Tried {
            content: None,
            accepted: Vec::new(),
            is_over: true,
            error,
        };
        rows::note(&app.db, &job, &parcel, tried, app.clock.now()).await?;
        return Ok(true);
    };
    let is_handed_over = AtomicBool::new(false);
    let tried = {
        let attempt = attempt(app, &job, &parcel, &mut content, &is_handed_over);
        let mut attempt = std::pin::pin!(timeout(lease, attempt));
        let tried = tokio::select! {
            tried = &mut attempt => Some(tried),
            () = stop.cancelled() => None,
        };
        match tried {
            Some(tried) => tried,
            None if !is_handed_over.load(Ordering::Relaxed) => {
                runs::release(&app.db, &job).await?;
                return Ok(false);
            }
            None => attempt.await,
        }
    };
    let late = || Err(Missed::Later("The mail server took too long.".into()));
    let (accepted, is_hopeless) = match tried.unwrap_or_else(|_| late()) {
        Ok(accepted) => (accepted, false),
        Err(Missed::Later(reason)) => {
            content.to.miss(&reason);
            (Vec::new(), false)
        }
        Err(Missed::Never(reason)) => {
            content.to.miss(&reason);
            (Vec::new(), true)
        }
    };
    let error = content.to.told();
    tracing::info!(
        tenant,
        run = job.id,
        tries = job.tries,
        accepted = accepted.len(),
        error,
        "mail tried"
    );
    let tried = Tried {
        accepted,
        is_over: is_hopeless || !content.to.has_pending(),
        error,
        content: Some(&content),
    };
    if !rows::note(&app.db, &job, &parcel, tried, app.clock.now()).await? {
        tracing::warn!(tenant, run = job.id, "the claim of a mail is lost");
    }
    Ok(true)
}

/// One try. Returns the addresses that accepted.
async fn attempt(
    app: &App,
    job: &Job,
    parcel: &Parcel,
    content: &mut Content,
    is_handed_over: &AtomicBool,
) -> Result<Vec<String>, Missed> {
    if job.tries > TRIES {
        let reason = format!("Given up after {TRIES} tries: each time the server stopped.");
        return Err(Missed::Never(reason));
    }
    let Some(mail) = &app.schedules.mail else {
        let reason =
            "This server sends no mail: CALLBOARD_SMTP_URL and CALLBOARD_MAIL_FROM are not set.";
        return Err(Missed::Later(reason.into()));
    };
    let internal = |error: Error| {
        tracing::warn!(tenant = job.tenant, run = job.id, %error, "mail could not be made");
        Missed::Later("The mail could not be made.".into())
    };
    let tenant = tenant(app, job).await.map_err(internal)?;
    let settings = &tenant.settings;
    content.to.keep(
        |address| settings.allows_mail_to(address),
        "Its domain is not among the mail_domains of the account.",
    );
    let to = content.to.pending();
    if to.is_empty() {
        return Ok(Vec::new());
    }
    let file = match file(app, parcel).await {
        Err(Error::NotFound) => return Err(Missed::Never("The file is deleted.".into())),
        file => file.map_err(internal)?,
    };
    let enclosed = enclosed(app, job, parcel, file.is_some(), tenant.timezone);
    let letter = letter(mail, job, content, &enclosed, file);
    let message = spawn_blocking(|| letter.formatted()).await;
    let message = message
        .unwrap_or_else(|panic| Err(Error::internal(panic)))
        .map_err(internal)?;
    let verdicts = smtp::send(mail, &to, &message, is_handed_over).await;
    verdicts
        .map(|verdicts| content.to.note(verdicts))
        .map_err(Missed::Later)
}

async fn tenant(app: &App, job: &Job) -> Result<Tenant> {
    let mut scope = app.db.lane(Lane::Queue).read(job.tenant).await?;
    Tenant::load(&mut scope).await
}

/// The file, if it is to be attached.
async fn file(app: &App, parcel: &Parcel) -> Result<Option<Vec<u8>>> {
    let store = &app.exports.store;
    let size = u64::try_from(parcel.bytes).unwrap_or_default();
    if parcel.bytes > MAX_ATTACHED {
        store.look(&parcel.file_key).await?;
        return Ok(None);
    }
    let pieces = store.read(&parcel.file_key, 0..size).await?;
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = pieces.try_next().await? {
        content.extend_from_slice(&piece);
    }
    Ok(Some(content))
}

fn enclosed(app: &App, job: &Job, parcel: &Parcel, is_attached: bool, zone: Zone) -> Enclosed {
    let name = parcel.file_name.clone();
    if is_attached {
        return Enclosed::Attached(name);
    }
    let link = Links::of(app).link(&job.id, &name, parcel.expires_at);
    let until = format!("{} ({zone})", moment(parcel.expires_at, zone));
    Enclosed::Linked(name, link, until)
}

fn letter(
    mail: &Settings,
    job: &Job,
    content: &Content,
    enclosed: &Enclosed,
    file: Option<Vec<u8>>,
) -> Letter {
    let (Enclosed::Attached(name) | Enclosed::Linked(name, ..)) = enclosed;
    let to: Vec<Address> = content.to.all();
    Letter {
        id: job.id.clone(),
        from: mail.from.clone(),
        to,
        subject: content.subject(),
        at: content.made_at,
        text: page::text(content, enclosed),
        html: page::html(content, enclosed),
        file: file.map(|content| File {
            content_type: content_type(name),
            name: name.clone(),
            content,
        }),
    }
}
