//! `admin set-new-people`: what accepting makes of new people in the CRM.

use crate::cli::open::Open;
use crate::cli::output;
use crate::store::audit::{self, Actor};
use crate::store::crm_connections::{self, Kind, NewPeople};
use anyhow::{Context, Result, ensure};

/// Sets what accepting makes of new people in a CRM that has leads (Salesforce).
///
/// Who is there already is updated as what they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin set-new-people --tenant 'Your Company' lead
  undersigned admin set-new-people --tenant 'Your Company' contact")]
pub(in crate::cli) struct SetNewPeople {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// What they are made as (`contact` or `lead`).
    #[arg(value_name = "KIND")]
    new_people: String,
}

impl SetNewPeople {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let new_people =
            NewPeople::parse(&self.new_people).context("KIND is `contact` or `lead`")?;
        let tenant = open.tenant(&self.tenant).await?;
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let crm = crm_connections::get(&mut tx, &tenant.id).await?;
        let crm = crm.context("no CRM is connected")?;
        ensure!(
            new_people == NewPeople::Contact || crm.kind == Kind::Salesforce,
            "{} has no leads here: only Salesforce has",
            crm.kind.title()
        );
        crm_connections::set_new_people(&mut tx, &tenant.id, new_people).await?;
        let (actor, subject) = (Actor::CommandLine, tenant.id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "crm.new-people", subject, now).await?;
        tx.commit().await.context("the setting was not saved")?;
        let made = new_people.as_str();
        Ok(output::line(&format!("{}: new people are made as {made}s.", tenant.name))?)
    }
}
