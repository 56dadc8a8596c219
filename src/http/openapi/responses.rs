//! Responses that many operations share: failures and headers.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, ContentBuilder, Ref};

use crate::http::{error, window};

/// Failures of every report, besides those of every operation with a token.
pub fn failures(responses: ResponsesBuilder) -> ResponsesBuilder {
    let failures = [
        ("404", "Not found in this account."),
        ("422", "Invalid parameters, all of them listed."),
        ("504", "It took too long."),
    ];
    failures
        .into_iter()
        .fold(responses, |responses, (status, description)| {
            let response = ResponseBuilder::new().description(description);
            responses.response(status, response.content("application/json", failed(status)))
        })
}

/// An error body of that status.
pub fn failed(status: &str) -> Content {
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Error")))
        .example(failure(status))
        .build()
}

/// The error body of that status; for a 422, with a range that is too long.
pub fn failure(status: &str) -> Option<serde_json::Value> {
    let message = error::message(status.parse().ok()?);
    Some(match status {
        "422" => serde_json::json!({"message": message,
            "errors": {"date_to": ["The date_from..date_to range may not exceed 90 days."]}}),
        _ => serde_json::json!({"message": message}),
    })
}

pub fn header(of: Type, about: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(of)))
        .description(Some(about))
        .build()
}

/// Adds the header that tells an answer's window.
pub fn windowed(response: ResponseBuilder) -> ResponseBuilder {
    response.header("Callboard-Window", header(Type::String, window::ABOUT))
}

/// The `Age` header of a response.
pub fn age() -> Header {
    header(
        Type::Integer,
        "Age of the response in whole seconds, at most 5; absent if it was read for this request.",
    )
}
