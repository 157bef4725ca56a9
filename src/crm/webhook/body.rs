//! What an event says, in the words of the API.

use crate::clock::Millis;
use crate::store::suggestions::State;
use crate::store::webhooks::Event;
use crate::store::{
    Conn, RecordId, StoreError, TenantId, contacts, crm_connections, graph, kept_apart, mailboxes,
    suggestions,
};
use crate::suggestion::export::{uid_card, uid_card_of};
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
                    "retry_at": mailbox.retry_at.filter(|_| is_so_still).map(Millis::to_rfc3339),
                    "message_at": mailbox.message_at.map(Millis::to_rfc3339),
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
                    "read_at": crm.read_at.map(Millis::to_rfc3339),
                })
            }))
        }
        Event::GraphGroupStateChanged { group, state, at } => {
            let group = graph::group(conn, tenant, group).await?;
            Ok(group.map(|group| {
                let is_so_still = group.state() == *state;
                json!({
                    "id": group.id.as_str(),
                    "group": group.group,
                    "list": group.list.as_str(),
                    "state": state.as_str(),
                    "state_since": at.to_rfc3339(),
                    "detail": if is_so_still { group.detail.as_str() } else { "" },
                    "looked_at": group.looked_at.map(Millis::to_rfc3339),
                })
            }))
        }
        Event::ContactAccepted { contact, suggestion, .. } => {
            let Some(contact) = contacts::get(conn, tenant, contact).await? else {
                return Ok(None);
            };
            let decided = suggestions::get(conn, tenant, suggestion).await?;
            let Some(decided) = decided.filter(|it| it.state == State::Accepted) else {
                return Ok(None);
            };
            // What is known is of the contact only if it came from that record.
            let record = contact.record.as_ref().map(RecordId::as_str);
            let known = decided.known.filter(|_| decided.known_id.as_deref() == record);
            let before = decided.before_accept.or(known);
            let is_apart = kept_apart::is_by(conn, tenant, &contact.id, suggestion).await?;
            let kind = if is_apart { suggestions::Kind::New } else { decided.kind };
            Ok(Some(json!({
                "id": contact.id.as_str(),
                "list": contact.list.as_str(),
                "suggestion": suggestion.as_str(),
                "kind": kind.as_str(),
                "card": uid_card(&contact),
                "before": before.map(|before| uid_card_of(&contact.id, &before)),
            })))
        }
        Event::ContactUndone { contact: id, suggestion, .. } => {
            let contact = contacts::get(conn, tenant, id).await?;
            let open = suggestions::get(conn, tenant, suggestion).await?;
            // Accepted once more, that is told.
            let Some(open) = open.filter(|it| it.state != State::Accepted) else {
                return Ok(None);
            };
            Ok(Some(json!({
                "id": id.as_str(),
                "list": open.list.as_str(),
                "suggestion": suggestion.as_str(),
                "kind": open.kind.as_str(),
                "card": contact.as_ref().map(uid_card),
            })))
        }
        Event::ContactRemoved { contact, list, .. } => {
            Ok(Some(json!({"id": contact.as_str(), "list": list.as_str()})))
        }
    }
}
