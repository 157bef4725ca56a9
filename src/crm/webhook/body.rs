//! What an event says, in the words of the API.

use crate::store::webhooks::Event;
use crate::store::{Conn, StoreError, TenantId, contacts, crm_connections, mailboxes};
use crate::suggestion::export::uid_card;
use serde_json::{Value, json};

/// The values of an event as they are now; none if it is not true any more.
pub(super) async fn data(
    conn: &mut Conn,
    tenant: &TenantId,
    event: &Event,
) -> Result<Option<Value>, StoreError> {
    match event {
        Event::MailboxStateChanged { mailbox, state, at } => {
            let mailbox = mailboxes::get(conn, tenant, mailbox).await?;
            Ok(mailbox.map(|mailbox| {
                let is_so_still = mailbox.state == *state;
                json!({
                    "id": mailbox.id.as_str(),
                    "kind": mailbox.kind.as_str(),
                    "address": mailbox.address,
                    "state": state.as_str(),
                    "state_detail": if is_so_still { mailbox.state_detail.as_str() } else { "" },
                    "state_since": at.to_rfc3339(),
                })
            }))
        }
        Event::CrmStateChanged { kind, state, at } => {
            let crm = crm_connections::get(conn, tenant).await?.filter(|crm| crm.kind == *kind);
            Ok(crm.map(|crm| {
                let is_so_still = crm.state == *state;
                json!({
                    "kind": kind.as_str(),
                    "url": crm.url,
                    "state": state.as_str(),
                    "state_detail": if is_so_still { crm.state_detail.as_str() } else { "" },
                    "state_since": at.to_rfc3339(),
                })
            }))
        }
        Event::ContactAccepted { contact, suggestion, .. } => {
            let contact = contacts::get(conn, tenant, contact).await?;
            Ok(contact.map(|contact| {
                json!({
                    "id": contact.id.as_str(),
                    "list": contact.list.as_str(),
                    "suggestion": suggestion.as_str(),
                    "card": uid_card(&contact),
                })
            }))
        }
    }
}
