//! How old what signatures say is.

use super::{Dates, Suggestion};
use crate::store::{Statement, to_json};

/// Moves the dates of a suggestion on, unless another message has moved them meanwhile.
pub fn redating(suggestion: &Suggestion, dates: &Dates) -> Statement {
    Statement::new(
        "UPDATE suggestions SET dates = $3 WHERE tenant_id = $1 AND id = $2 AND dates = $4",
    )
    .text(suggestion.tenant.as_str())
    .text(suggestion.id.as_str())
    .text(to_json(dates))
    .text(to_json(&suggestion.dates))
}
