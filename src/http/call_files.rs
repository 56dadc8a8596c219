//! Lists of calls as files. Each file is in the audit log before its first byte leaves.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;

use super::context::Client;
use super::extract::{Grant, Permitted, path_id};
use super::language::{self, Accepted};
use super::{caching, openapi, window};
use crate::app::App;
use crate::auth::Caller;
use crate::auth::audit::{self, Event, Target};
use crate::calls::{self, FileRequest, List, Place, Workshop, Written};
use crate::error::Result;
use crate::files;
use crate::input::Choice;

/// Adds the operation that returns a list as a file.
pub fn add<G: Grant>(
    mut router: OpenApiRouter<Arc<App>>,
    list: &'static List,
) -> OpenApiRouter<Arc<App>> {
    openapi::add_calls_file(router.get_openapi_mut(), list);
    let of_account = move |Permitted { caller, .. }: Permitted<G>,
                           State(app): State<Arc<App>>,
                           client: Client,
                           accepted: Accepted,
                           RawQuery(query): RawQuery| async move {
        file(&app, &caller, (client, accepted), list, query, 0).await
    };
    let of_campaign = move |Permitted { caller, .. }: Permitted<G>,
                            State(app): State<Arc<App>>,
                            client: Client,
                            accepted: Accepted,
                            path: Result<Path<String>, PathRejection>,
                            RawQuery(query): RawQuery| async move {
        let path_id = path_id(path)?;
        file(&app, &caller, (client, accepted), list, query, path_id).await
    };
    let route = match list.place {
        Place::Campaign => get(of_campaign),
        Place::Attempts | Place::SalesCalls => get(of_account),
    };
    let path = list.file_path();
    openapi::guard::<G>(router.route(&path, route), &path)
}

async fn file(
    app: &App,
    caller: &Caller,
    (Client(address), Accepted(accepted)): (Client, Accepted),
    list: &'static List,
    query: Option<String>,
    path_id: i64,
) -> Result<Response> {
    let request = FileRequest::read(list, &query.unwrap_or_default(), path_id);
    let (clock, temp_dir) = (app.clock, app.exports.store.temp_dir());
    let shop = Workshop {
        temp_dir,
        rows_a_sheet: app.exports.rows_a_sheet,
    };
    let now = clock.now();
    let read = |scope| request.write(accepted, scope, (now, now), shop, &calls::unwatched);
    // On the heap, because the future is large and would be moved with every request.
    let written = Box::pin(app.db.answer(caller.tenant.id, read)).await?;
    let actor = caller.actor(address, clock.now());
    let target = match list.place {
        Place::Campaign => Target {
            kind: "campaign",
            id: path_id,
            name: None,
        },
        Place::Attempts | Place::SalesCalls => Target {
            kind: list.file_name(),
            id: caller.tenant.id,
            name: None,
        },
    };
    let mut scope = app.db.write(caller.tenant.id).await?;
    let told = request.told(written.rows, &written.caption);
    audit::record_change(&mut scope, actor, Event::CallsDownloaded, target, told).await?;
    scope.commit().await?;
    download(list, request.format().name(), written)
}

fn download(list: &List, format: &str, written: Written) -> Result<Response> {
    let Written {
        file,
        caption,
        wording,
        ..
    } = written;
    let name = files::name::of_report(list.file_name(), &caption, format);
    let disposition = format!("attachment; filename=\"{name}\"");
    let file = ReaderStream::new(tokio::fs::File::from_std(file));
    let headers = [
        (CONTENT_TYPE, files::name::content_type(&name).to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    let mut response = (headers, Body::from_stream(file)).into_response();
    if let Some(at) = &caption.window {
        window::add(response.headers_mut(), window::value(at))?;
    }
    caching::private_no_cache(response.headers_mut());
    language::vary(response.headers_mut(), wording);
    Ok(response)
}
