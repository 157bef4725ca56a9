//! The company of a new record, which is made first where the tenant's policy says so.
//!
//! A CRM knows no key of ours for a company, and its search finds what was made some seconds later. So
//! whoever makes one claims its domain first, in the database: two new records of one company at a time,
//! a crash, or a lost answer never make it twice. Of a claim whose end nobody saw the company is looked for
//! again, when the search must know it; or, where the CRM makes one company only under an id of ours, it is
//! made again at once. What was made is known by its id for as long as the search may not find it; before others
//! come to it, it is looked at: a colleague may have merged it into another company, or removed it.

use super::employer::{Employers, Making, NewAccount, Sought};
use super::{Account, Crm, CrmError, New};
use crate::clock::Clock;
use crate::contact::Contact;
use crate::store::made_accounts::{self, MadeAccount};
use crate::store::policies::{self, Companies};
use crate::store::{Db, StoreError, TenantId, WriteId};

/// What is told where a company may be there unseen.
const HIDDEN: &str = "the CRM does not show the company that was made for its domain any more: it is with none; let \
                      the CRM's user see the company";

/// How a company that was made fares.
#[derive(Debug)]
pub(super) enum Standing {
    /// It is there; or this is what a colleague has merged it into, where the CRM tells.
    There(Account),
    /// It is not there any more.
    Gone,
    /// The CRM's user may not see it: what became of it nobody can tell.
    Hidden,
}

/// The company that a new record is to be with.
#[derive(Debug, Default)]
pub(super) struct Employer {
    /// `None`: as the CRM has it.
    pub(super) account: Option<Account>,
    /// Whether it was made for this record.
    pub(super) is_made: bool,
    /// Why it was not made, as a sentence.
    pub(super) told: Option<String>,
}

impl Employer {
    fn of(made: MadeAccount, write: &WriteId) -> Self {
        let is_made = made.write_id == write.as_str();
        let account = Some(Account { id: made.account_id, name: made.name });
        Self { account, is_made, told: None }
    }

    /// One that was made, as it is now, which may be the one that it has become.
    fn now(made: &MadeAccount, there: Account, write: &WriteId) -> Self {
        let is_made = made.write_id == write.as_str() && made.account_id == there.id;
        Self { account: Some(there), is_made, told: None }
    }
}

impl Crm {
    /// How a company with an id fares.
    async fn account_now(&self, id: &str) -> Result<Standing, CrmError> {
        let there = match self {
            Self::CardDav(_) => None,
            Self::HubSpot(hubspot) => hubspot.account_now(id).await?,
            Self::Pipedrive(pipedrive) => pipedrive.account_now(id).await?,
            Self::Salesforce(org) => org.account_now(id).await?,
            Self::Dynamics(dynamics) => return dynamics.account_now(id).await,
            Self::Tryton(tryton) => tryton.account_now(id).await?,
        };
        Ok(there.map_or(Standing::Gone, Standing::There))
    }
}

/// The company that a new record would be with; one that would be made first has no id.
pub(super) async fn would_be(
    db: &Db,
    tenant: &TenantId,
    crm: &Crm,
    contact: &Contact,
) -> Result<Option<Account>, CrmError> {
    match crm.account(contact).await? {
        Sought::One(account) => return Ok(Some(account)),
        Sought::Several => return Ok(None),
        Sought::None => {}
    }
    let wanted = wanted(db, tenant, crm, ("", contact)).await?;
    Ok(wanted.map(|wanted| Account { id: String::new(), name: wanted.name.to_owned() }))
}

/// The company of a contact, if the tenant's policy is to make it where there is none.
async fn wanted<'a>(
    db: &Db,
    tenant: &TenantId,
    crm: &Crm,
    (key, contact): (&'a str, &'a Contact),
) -> Result<Option<NewAccount<'a>>, CrmError> {
    let mut conn = db.read().await?;
    let policy = policies::get(&mut conn, tenant).await?.companies;
    if policy != Companies::Make || !crm.makes_accounts() {
        return Ok(None);
    }
    let employers = Employers::of(&mut conn, tenant).await?;
    Ok(NewAccount::of(key, contact, &employers))
}

/// The company of a domain that we have made so lately that the CRM's search may not know it.
async fn made_lately(
    db: &Db,
    clock: &Clock,
    tenant: &TenantId,
    domain: &str,
) -> Result<Option<MadeAccount>, StoreError> {
    made_accounts::get(&mut *db.read().await?, tenant, domain, clock.now()).await
}

/// The company that a write's new record is to be with; it is made if there is none.
pub(super) async fn employer(
    db: &Db,
    clock: &Clock,
    tenant: &TenantId,
    crm: &Crm,
    (write, new): (&WriteId, &New<'_>),
) -> Result<Employer, CrmError> {
    let Some(wanted) = wanted(db, tenant, crm, (new.key, new.contact)).await? else {
        return Ok(Employer::default());
    };
    if let Some(made) = made_lately(db, clock, tenant, &wanted.domain).await? {
        match crm.account_now(&made.account_id).await? {
            Standing::There(there) => return Ok(Employer::now(&made, there, write)),
            Standing::Hidden => {
                return Ok(Employer { told: Some(HIDDEN.to_owned()), ..Employer::default() });
            }
            Standing::Gone => {}
        }
        // A colleague has removed it: it is looked for, and made, as if it had never been.
        let mut tx = db.begin_write().await?;
        made_accounts::forget(&mut tx, tenant, &wanted.domain, &made.account_id).await?;
        tx.commit().await.map_err(StoreError::from)?;
    }
    let claimed_by = {
        let mut conn = db.read().await?;
        made_accounts::claimed_by(&mut conn, tenant, &wanted.domain, clock.now()).await?
    };
    if claimed_by.as_ref().is_some_and(|other| other.as_str() != write.as_str()) {
        return Err(CrmError::Claimed);
    }
    // After a try of ours whose end nobody saw the same company is made again.
    let again = claimed_by.is_some() && crm.makes_accounts_once().await?;
    if !again {
        match crm.account(new.contact).await? {
            Sought::One(account) => {
                return Ok(Employer { account: Some(account), ..Employer::default() });
            }
            // Another one beside them would be no help: the CRM says so where the record is made.
            Sought::Several => return Ok(Employer::default()),
            Sought::None => {}
        }
        // Whoever is there already stays at the company that they have.
        if crm.is_there(new).await? {
            return Ok(Employer::default());
        }
    }
    let claim = (write, again);
    let mut tx = db.begin_write().await?;
    let is_ours = made_accounts::claim(&mut tx, tenant, &wanted.domain, claim, clock.now()).await?;
    tx.commit().await.map_err(StoreError::from)?;
    if !is_ours {
        let theirs = made_lately(db, clock, tenant, &wanted.domain).await?;
        return theirs.map(|made| Employer::of(made, write)).ok_or(CrmError::Claimed);
    }
    let answered = crm.make_account(&wanted).await?;
    let mut tx = db.begin_write().await?;
    let employer = match answered {
        Making::Made(account) => {
            let (write_id, account_id) = (write.to_string(), account.id);
            let made = MadeAccount { write_id, account_id, name: account.name };
            made_accounts::note(&mut tx, tenant, &wanted.domain, &made).await?;
            Employer::of(made, write)
        }
        Making::There(account) => {
            made_accounts::release(&mut tx, tenant, &wanted.domain, write).await?;
            Employer { account: Some(account), ..Employer::default() }
        }
        Making::Refused(why) => {
            made_accounts::release(&mut tx, tenant, &wanted.domain, write).await?;
            let told = Some(format!("the company was not made: {why}"));
            Employer { told, ..Employer::default() }
        }
    };
    tx.commit().await.map_err(StoreError::from)?;
    Ok(employer)
}
