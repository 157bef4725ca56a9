//! Saves a mailbox at Microsoft 365.

use crate::clock::Millis;
use crate::contact::EmailAddress;
use crate::matching::fold::is_free_mail;
use crate::store::graph::{self, Access};
use crate::store::mailboxes::{self, Kind, NewMailbox};
use crate::store::{Conn, ListId, MailboxId, Security, StoreError, TenantId, exclusions};
use crate::vault::Vault;
use secrecy::SecretString;

/// Folders with well-known names that no mail comes to
/// (<https://learn.microsoft.com/en-us/graph/api/resources/mailfolder>).
pub(super) const NOT_INCOMING: [&str; 6] =
    ["drafts", "sentitems", "junkemail", "deleteditems", "outbox", "recoverableitemsdeletions"];

/// How long a consent lasts that is not used, in seconds
/// (<https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens#token-lifetime>).
pub(super) const CONSENT_LIFE: i64 = 90 * 86_400;

/// Why a mailbox cannot be named so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The address holds what Graph cannot be asked with.
    #[error("address is no address of a mailbox at Microsoft 365")]
    Address,
    /// The folder is none of those that are read.
    #[error(
        "folder must be inbox, archive, or the id of another folder of incoming mail; sent, draft, \
         junk and deleted mail is not read"
    )]
    Folder,
}

/// Checks that Graph can be asked for a mailbox and a folder.
pub fn check_names(address: &EmailAddress, folder: &str) -> Result<(), BadName> {
    if !is_name(address.as_str()) {
        return Err(BadName::Address);
    }
    let lower = folder.to_ascii_lowercase();
    if !super::answer::is_id(folder) || NOT_INCOMING.contains(&lower.as_str()) {
        return Err(BadName::Folder);
    }
    Ok(())
}

/// Whether a text can stand in a request as the name of a user.
pub(super) fn is_name(text: &str) -> bool {
    let stands = |c: char| c.is_ascii_alphanumeric() || "@.-_+'~!".contains(c);
    !text.is_empty() && text.chars().all(stands)
}

/// Whether a text can be the id of a group.
pub fn is_group(text: &str) -> bool {
    text.len() <= 64
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A mailbox to be saved.
#[derive(Debug)]
pub struct New {
    /// Whose it is.
    pub tenant: TenantId,
    /// The contact list its suggestions land in.
    pub list: ListId,
    /// The address people write to.
    pub address: EmailAddress,
    /// The name Graph knows it by: that which its person signs in with, as a rule the address.
    pub username: String,
    /// The folder to read.
    pub folder: String,
    /// How many days back to read at first.
    pub backfill_days: u32,
    /// In whose name it is read.
    pub access: Access,
    /// The refresh token of whoever consented; empty for an app.
    pub refresh_token: SecretString,
}

/// Saves a mailbox; one that is there gets the new consent and goes on where it was. Its domain
/// becomes one of the tenant's own, unless anybody can have an address there.
pub async fn save(
    conn: &mut Conn,
    vault: &Vault,
    new: New,
    now: Millis,
) -> Result<MailboxId, StoreError> {
    let address = new.address.to_string();
    let there = mailboxes::list(conn, &new.tenant).await?.into_iter().find(|mailbox| {
        mailbox.kind == Kind::Graph && mailbox.address == address && mailbox.folder == new.folder
    });
    let (tenant, folder) = (new.tenant.clone(), new.folder.clone());
    let from = now.plus_secs(-i64::from(new.backfill_days) * 86_400);
    let id = if let Some(mailbox) = there {
        mailboxes::set_password(conn, vault, &mailbox, &new.refresh_token, now).await?;
        // A person's consent goes by the account, whatever it is called.
        if new.access == Access::Application && mailbox.username != new.username {
            mailboxes::set_username(conn, &tenant, &mailbox.id, &new.username, now).await?;
        }
        mailbox.id
    } else {
        let mailbox = NewMailbox {
            tenant: new.tenant,
            list: new.list,
            kind: Kind::Graph,
            username: new.username,
            address,
            host: String::new(),
            port: 0,
            security: Security::Tls,
            password: new.refresh_token,
            folder: new.folder,
            backfill_days: new.backfill_days,
        };
        mailboxes::create(conn, vault, &mailbox, now).await?
    };
    let consent_ends_at = match new.access {
        Access::Application => None,
        Access::Delegated => Some(now.plus_secs(CONSENT_LIFE)),
    };
    graph::create(conn, &tenant, &id, new.access, consent_ends_at).await?;
    graph::add_folder(conn, &tenant, &id, &folder, from).await?;
    let domain = new.address.registrable_domain();
    if !is_free_mail(&domain) {
        exclusions::add_own_domain(conn, &tenant, &domain, now).await?;
    }
    Ok(id)
}
