//! What the application user may do: the privileges that its roles have.

use super::world::{APP_USER, World};
use super::{Asked, Refusal, bad, refusal};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

const VERBS: [&str; 8] =
    ["Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share"];
const TABLES: [&str; 3] = ["Contact", "Account", "User"];

/// `RetrieveUserPrivilegeByPrivilegeName`, which is bound to a user.
pub(super) fn held(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    let function = format!(
        "systemusers({APP_USER})/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName"
    );
    let parameter = asked.path.strip_prefix(&function);
    let name = parameter.and_then(|it| it.strip_prefix("(PrivilegeName='")?.strip_suffix("')"));
    let Some(name) = name.filter(|_| asked.query.is_empty()) else {
        return Err(refusal(StatusCode::NOT_FOUND, "0x80060888", "Resource not found"));
    };
    let is_of = |table: &str| {
        let verb = name.strip_prefix("prv").and_then(|it| it.strip_suffix(table));
        verb.is_some_and(|verb| VERBS.contains(&verb))
    };
    if !TABLES.into_iter().any(is_of) {
        return Err(bad("there is no such privilege"));
    }
    let (depth, id) = ("Global", "c2cbe3db-62c8-4661-9ac5-7691c83242f5");
    let held = json!({
        "Depth": depth, "PrivilegeId": id, "BusinessUnitId": APP_USER, "PrivilegeName": name,
    });
    let all = if world.lacks == Some(name) { json!([]) } else { json!([held]) };
    Ok(Json(json!({"RolePrivileges": all})).into_response())
}
