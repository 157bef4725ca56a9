//! Where messages of files belong: a list, and a mailbox of kind `file` that stands for them.

use crate::cli::open::Open;
use crate::store::audit::{self, Actor};
use crate::store::mailboxes::{self, Kind, NewMailbox};
use crate::store::{ListId, MailboxId, Security, TenantId, lists};
use anyhow::Result;

/// The list of this name and its mailbox; makes what is not there.
pub(in crate::cli) async fn find_or_make(
    open: &Open,
    tenant: &TenantId,
    name: &str,
) -> Result<(ListId, MailboxId)> {
    let (now, actor) = (open.clock.now(), Actor::CommandLine);
    let mut tx = open.db.begin_write().await?;
    let list = if let Some(list) = lists::by_name(&mut tx, tenant, name).await? {
        list.id
    } else {
        let list = lists::create(&mut tx, tenant, name, now).await?.id;
        audit::record(&mut tx, tenant, &actor, "list.create", list.as_str(), now).await?;
        list
    };
    let mut known = mailboxes::list(&mut tx, tenant).await?.into_iter();
    let mailbox = if let Some(mailbox) = known.find(|it| it.kind == Kind::File && it.list == list) {
        mailbox.id
    } else {
        let new = of_files(tenant.clone(), list.clone());
        let mailbox = mailboxes::create(&mut tx, &open.vault, &new, now).await?;
        audit::record(&mut tx, tenant, &actor, "mailbox.create", mailbox.as_str(), now).await?;
        mailbox
    };
    tx.commit().await?;
    Ok((list, mailbox))
}

/// One mailbox a list: its folder is the list's id, which no other has.
fn of_files(tenant: TenantId, list: ListId) -> NewMailbox {
    NewMailbox {
        tenant,
        kind: Kind::File,
        address: "files".to_owned(),
        host: String::new(),
        port: 0,
        security: Security::Tls,
        username: String::new(),
        password: String::new().into(),
        folder: list.to_string(),
        list,
        backfill_days: 0,
    }
}
