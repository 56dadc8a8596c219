//! Responses that many operations share: failures and headers.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, ContentBuilder, Ref};

use crate::http::error;

/// The ways every report can fail, beside those of every operation that wants a token.
pub fn failures(responses: ResponsesBuilder) -> ResponsesBuilder {
    let failures = [
        ("404", "The account has no such thing."),
        (
            "422",
            "Parameters that cannot be worked with, every one listed.",
        ),
        ("504", "It took too long."),
    ];
    failures
        .into_iter()
        .fold(responses, |responses, (status, description)| {
            let response = ResponseBuilder::new().description(description);
            responses.response(status, response.content("application/json", failed(status)))
        })
}

/// A body of that status.
pub fn failed(status: &str) -> Content {
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Error")))
        .example(failure(status))
        .build()
}

/// The body of that status; of a 422, the one that document 002 shows.
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

/// The header `Age` of an answer.
pub fn age() -> Header {
    header(
        Type::Integer,
        "How old the answer is, in whole seconds, 5 at most; absent where it was read for this request.",
    )
}
