//! Which mailbox is meant: that which is connected already gets a new consent or way in, and no second one is made
//! beside it.

use crate::contact::EmailAddress;
use crate::store::TenantId;
use crate::store::mailboxes::{self, Kind};
use crate::web::State;
use crate::web::problem::Problem;

/// The folder to read, where nobody names one: what is watched of the one mailbox of that kind and address, or the
/// inbox if there is none, or several.
pub(in crate::web) async fn folder_meant(
    state: &State,
    tenant: &TenantId,
    (kind, address): (Kind, &EmailAddress),
    named: Option<String>,
) -> Result<String, Problem> {
    if let Some(named) = named {
        return Ok(named);
    }
    let all = mailboxes::list(&mut *state.db.read().await?, tenant).await?;
    let is_meant = |it: &mailboxes::Mailbox| {
        it.kind == kind && it.address.eq_ignore_ascii_case(address.as_str())
    };
    let mut there = all.into_iter().filter(is_meant);
    Ok(match (there.next(), there.next(), kind) {
        (Some(one), None, _) => one.folder,
        (_, _, Kind::Graph) => "inbox".to_owned(),
        _ => "INBOX".to_owned(),
    })
}
