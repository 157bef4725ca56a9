//! What the application user may write, as the environment knows it: nothing is written to find that out.

use super::answer::lacking;
use super::request::Api;
use crate::crm::CrmError;
use serde::Deserialize;
use serde_json::Value;

/// The privileges by which contacts are made, changed, taken back, and put at their company.
const NEEDED: [&str; 5] = [
    "prvCreateContact",
    "prvWriteContact",
    "prvDeleteContact",
    "prvAppendContact",
    "prvAppendToAccount",
];

/// How a user holds a privilege: once for each role.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Held {
    role_privileges: Vec<Value>,
}

/// Whether a user has what is needed to write, by its own roles and by those of its teams
/// (<https://learn.microsoft.com/power-apps/developer/data-platform/security-access-coding#check-a-users-security-privileges>).
/// What the environment does not tell is found out by the first write.
pub(super) async fn check(api: &Api, user: &str) -> Result<(), CrmError> {
    let mut lacks = Vec::new();
    for privilege in NEEDED {
        let function = "Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName";
        let path = format!("systemusers({user})/{function}(PrivilegeName='{privilege}')");
        let held: Option<Option<Held>> = CrmError::if_told(api.get(&path, &[]).await)?;
        if held.flatten().is_some_and(|held| held.role_privileges.is_empty()) {
            lacks.push(privilege);
        }
    }
    if lacks.is_empty() { Ok(()) } else { Err(lacking(&lacks.join("`, `"))) }
}
