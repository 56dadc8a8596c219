//! An account's routing: rules that tell where a call belongs (contract, section 10).
//!
//! The first rule whose tests all hold decides. Without any, outbound calls go to the campaign, lead and agent that variables
//! of their record name. Must not know how calls are stored; names become ids later.

mod request;
mod rules;
mod stored;

pub use request::{RoutingBody, read};
pub use rules::{Agent, Destination, Ignored, Place, Routing};
pub use stored::{of_account, put};
