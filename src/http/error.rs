//! Error responses: the only place that maps errors to statuses and messages (contract, section 1). Causes go to the log,
//! in `middleware` and only there.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{Error, Faults};

/// Accepted media types of a POST, sent with a 415 (Linked Data Platform 1.0, section 7.1).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// The body of every error response.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Error)]
pub struct Body {
    /// The fixed message of the status; for a 409, the violated rule.
    message: String,
    /// Faults by field: with a 422, with a 409 that fields are the cause of, with a 400 whose body could be parsed, and with a 404 for values that were not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>, nullable = false)]
    errors: Option<Faults>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, cause) = match &self {
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
            Self::Malformed(_) | Self::Misshapen(_) => (StatusCode::BAD_REQUEST, None),
            Self::Unauthenticated | Self::BadCredentials => (StatusCode::UNAUTHORIZED, None),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, None),
            Self::Forbidden | Self::LacksPermission(_) => (StatusCode::FORBIDDEN, None),
            Self::NotFound | Self::Missing(_) => (StatusCode::NOT_FOUND, None),
            Self::Conflict(..) => (StatusCode::CONFLICT, None),
            Self::Expired => (StatusCode::GONE, None),
            Self::BodyTimedOut => (StatusCode::REQUEST_TIMEOUT, None),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
            Self::UnsupportedMedia { .. } | Self::UnsupportedEncoding { .. } => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, None)
            }
            Self::Unavailable(cause) | Self::GaveWay(cause) => {
                (StatusCode::SERVICE_UNAVAILABLE, Some(cause.clone()))
            }
            Self::NoRoom(cause) => (StatusCode::INSUFFICIENT_STORAGE, Some(cause.clone())),
            Self::TimedOut => (StatusCode::GATEWAY_TIMEOUT, None),
            Self::Internal(cause) | Self::Setup(cause) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Some(cause.clone()))
            }
        };
        let mut response = match self {
            Self::Invalid(faults) | Self::Misshapen(faults) | Self::Missing(faults) => {
                respond(status, message(status).into(), Some(faults))
            }
            Self::Conflict(rule, faults) => {
                respond(status, rule, (!faults.is_empty()).then_some(faults))
            }
            Self::BadCredentials => respond(status, "Invalid username or password.".into(), None),
            Self::TooManyRequests { retry_after } => {
                let message = format!("Too many requests. Retry after {retry_after} seconds.");
                let mut response = respond(status, message, None);
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
                response
            }
            Self::LacksPermission(required) => {
                let challenge = format!(
                    "Bearer error=\"insufficient_scope\", scope=\"{}\"",
                    required.join(" ")
                );
                let mut response = respond(status, message(status).into(), None);
                // Names of permissions are ASCII.
                if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
            Self::UnsupportedMedia { accepted } => {
                let mut response = respond(status, message(status).into(), None);
                response
                    .headers_mut()
                    .insert(ACCEPT_POST, HeaderValue::from_static(accepted));
                response
            }
            Self::UnsupportedEncoding { accepted } => {
                let mut response = respond(status, message(status).into(), None);
                response
                    .headers_mut()
                    .insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
                response
            }
            _ => respond(status, message(status).into(), None),
        };
        // For the log only.
        if let Some(cause) = cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

/// Replaces the body of the framework's error responses by ours. Other responses pass unchanged.
pub fn as_json(response: Response) -> Response {
    let status = response.status();
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json");
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let mut ours = respond(status, message(status).into(), None);
    for name in [header::ALLOW, header::CONTENT_RANGE] {
        if let Some(value) = response.headers().get(&name) {
            ours.headers_mut().insert(name, value.clone());
        }
    }
    ours
}

/// `Retry-After` of a 503, in seconds.
const ROOM_AFTER: u64 = 1;

fn respond(status: StatusCode, message: String, errors: Option<Faults>) -> Response {
    let mut response = (status, Json(Body { message, errors })).into_response();
    match status {
        StatusCode::UNAUTHORIZED => {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(ROOM_AFTER));
        }
        _ => {}
    }
    response
}

/// The fixed message of a status.
pub fn message(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "Malformed request body",
        StatusCode::UNAUTHORIZED => "Unauthenticated.",
        StatusCode::FORBIDDEN => "This action is unauthorized.",
        StatusCode::NOT_FOUND => "Resource not found",
        StatusCode::METHOD_NOT_ALLOWED => "Method not allowed",
        StatusCode::GONE => "This link has expired.",
        StatusCode::PAYLOAD_TOO_LARGE => "Payload too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "Unsupported media type",
        StatusCode::UNPROCESSABLE_ENTITY => "The given data was invalid.",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests. Retry after 1 seconds.",
        StatusCode::SERVICE_UNAVAILABLE => "Service unavailable",
        StatusCode::GATEWAY_TIMEOUT => "Timed out",
        StatusCode::INSUFFICIENT_STORAGE => "Out of storage",
        status if status.is_client_error() => status.canonical_reason().unwrap_or("Bad request"),
        _ => "Server error",
    }
}
