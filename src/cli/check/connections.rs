//! Every mailbox and technical user of every tenant, several at a time, and the operator's own account.

use super::finding::Finding;
use crate::app;
use crate::cli::open::Open;
use crate::followup::operator::Operator;
use crate::followup::smtp::Way;
use crate::followup::technical_user::check_saved;
use crate::source::imap;
use crate::source::oauth::Exchanges;
use crate::store::mailboxes::{self, Kind, Mailbox};
use crate::store::technical_users;
use crate::store::tenants::{self, Tenant};
use anyhow::{Context, Result, anyhow};
use futures::future::{BoxFuture, ready};
use futures::{FutureExt, StreamExt, stream};

/// How many connections are tried at the same time.
const AT_ONCE: usize = 8;

/// Tries them all; the findings are in the order of tenants and mailboxes.
pub(super) async fn look(open: &Open, findings: &mut Vec<Finding>) -> Result<()> {
    let connector = app::connector(&open.config)?;
    let (db, vault, clock) = (open.db.clone(), open.vault.clone(), open.clock.clone());
    let exchanges = Exchanges::new(db.clone(), vault.clone(), clock.clone());
    let keys = imap::Keys::new(db, vault, clock, &connector, exchanges.clone());
    let way = app::way(&open.config)?;
    let operator = app::operator(&open.config)?;
    let tenants = tenants::list_all(&mut *open.db.read().await?).await?;
    let mut tries: Vec<BoxFuture<'_, Finding>> = Vec::new();
    if let Some(operator) = &operator {
        tries.push(try_operator(operator).boxed());
    }
    for tenant in &tenants {
        let mut conn = open.db.read().await?;
        for mailbox in mailboxes::list(&mut conn, &tenant.id).await? {
            match mailbox.kind {
                Kind::Imap => {
                    tries.push(try_mailbox(&keys, &connector, tenant, mailbox).boxed());
                }
                Kind::Graph => tries.push(ready(look_at_graph(tenant, mailbox)).boxed()),
                Kind::File => {}
            }
        }
        if technical_users::get(&mut conn, &tenant.id).await?.is_some() {
            tries.push(try_technical_user(open, &way, tenant).boxed());
        }
    }
    let mut answers = stream::iter(tries).buffered(AT_ONCE);
    while let Some(finding) = answers.next().await {
        findings.push(finding);
    }
    drop(answers);
    exchanges.finish().await;
    if tenants.is_empty() {
        let what_next = "there is none yet; `undersigned admin create-tenant` makes one";
        findings.push(Finding::works("tenants", "", what_next));
    }
    Ok(())
}

async fn try_mailbox(
    keys: &imap::Keys,
    connector: &imap::Connector,
    tenant: &Tenant,
    mailbox: Mailbox,
) -> Finding {
    let subject = format!("{} of {}", mailbox.address, tenant.name);
    if mailbox.paused {
        return Finding::works("mailbox", &subject, "is paused, so it was not tried");
    }
    let checked = async {
        let settings = keys.settings(&mailbox).await?;
        anyhow::Ok(imap::check(connector, &settings).await?)
    };
    match checked.await {
        Ok(imap::Checked { messages, .. }) => {
            Finding::works("mailbox", &subject, &format!("can be read; {messages} messages"))
        }
        Err(error) => Finding::fails("mailbox", &subject, &error),
    }
}

/// As its worker has left it: a person's token can be exchanged by one process at a time.
fn look_at_graph(tenant: &Tenant, mailbox: Mailbox) -> Finding {
    let subject = format!("{} of {}", mailbox.address, tenant.name);
    if mailbox.state.is_ill() {
        return Finding::fails("mailbox", &subject, &anyhow!(mailbox.state_detail));
    }
    let told = format!("was {} when the daemon looked last", mailbox.state.as_str());
    Finding::works("mailbox", &subject, &told)
}

async fn try_operator(operator: &Operator) -> Finding {
    match operator.check().await {
        Ok(from) => Finding::works("notices", "", &format!("may be sent as {from}")),
        Err(error) => Finding::fails("notices", "", &error.into()),
    }
}

async fn try_technical_user(open: &Open, way: &Way, tenant: &Tenant) -> Finding {
    let checked = async {
        let user = technical_users::get(&mut *open.db.read().await?, &tenant.id).await?;
        let user = user.context("was removed meanwhile")?;
        check_saved(way, &open.db, &open.vault, &tenant.id, &user).await?;
        anyhow::Ok(user.from_address)
    };
    match checked.await {
        Ok(from) => Finding::works("technical user", &tenant.name, &format!("may send as {from}")),
        Err(error) => Finding::fails("technical user", &tenant.name, &error),
    }
}
