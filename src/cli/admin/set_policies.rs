//! `admin set-policies`: what is accepted without a rep, who may accept, and who owns what that makes.

use crate::cli::open::Open;
use crate::cli::output;
use crate::store::audit::{self, Actor};
use crate::store::policies::{self, Companies, FillBlanks, NewOwner, WhoMayAccept};
use anyhow::{Context, Result};

/// Sets what is accepted without a rep, who may accept, and who owns what that makes in the CRM.
///
/// What is not given stays. It holds for mail that comes and decisions that are made from now on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin set-policies --tenant 'Your Company' --fill-blanks 0.95
  undersigned admin set-policies --tenant 'Your Company' --fill-blanks off --who-may-accept admins
  undersigned admin set-policies --tenant 'Your Company' --owner rep")]
pub(in crate::cli) struct SetPolicies {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// Least confidence of values that fill what an exactly matched record leaves blank, or `off`.
    #[arg(long, value_name = "0.5..1|off", value_parser = fill_blanks)]
    fill_blanks: Option<FillBlanks>,

    /// Whether every rep may accept suggestions, or admins only.
    #[arg(long, value_name = "reps|admins", value_parser = who_may_accept)]
    who_may_accept: Option<WhoMayAccept>,

    /// Who owns new records of the CRM: whoever it says, the rep who accepts, or one of its owners.
    #[arg(long, value_name = "crm|rep|id:ID", value_parser = owner)]
    owner: Option<NewOwner>,

    /// Whether the company of a new record is made, if the CRM has none, or is only linked.
    #[arg(long, value_name = "link|make", value_parser = companies)]
    companies: Option<Companies>,
}

fn fill_blanks(text: &str) -> Result<FillBlanks, &'static str> {
    if text == "off" {
        return Ok(FillBlanks::Off);
    }
    text.parse().ok().and_then(FillBlanks::from).ok_or("a confidence of 0.5 to 1, or off")
}

fn who_may_accept(text: &str) -> Result<WhoMayAccept, &'static str> {
    WhoMayAccept::parse(text).ok_or("reps or admins")
}

fn owner(text: &str) -> Result<NewOwner, &'static str> {
    NewOwner::parse(text).ok_or("crm, rep, or id: and the CRM's id of an owner")
}

fn companies(text: &str) -> Result<Companies, &'static str> {
    Companies::parse(text).ok_or("link or make")
}

impl SetPolicies {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let tenant = open.tenant(&self.tenant).await?;
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let mut set = policies::get(&mut tx, &tenant.id).await?;
        set.fill_blanks = self.fill_blanks.unwrap_or(set.fill_blanks);
        set.who_may_accept = self.who_may_accept.unwrap_or(set.who_may_accept);
        set.owner = self.owner.unwrap_or(set.owner);
        set.companies = self.companies.unwrap_or(set.companies);
        policies::set(&mut tx, &tenant.id, &set).await?;
        let (actor, subject) = (Actor::CommandLine, tenant.id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "policies.put", subject, now).await?;
        tx.commit().await.context("the policies were not saved")?;
        let fills = match set.fill_blanks {
            FillBlanks::Off => "nothing is filled without a rep".to_owned(),
            FillBlanks::From(confidence) => {
                format!("blanks are filled from a confidence of {confidence}")
            }
        };
        let who = set.who_may_accept.as_str();
        let owns = match set.owner {
            NewOwner::Crm => "the CRM says who owns a new record".to_owned(),
            NewOwner::Rep => "who accepts owns a new record".to_owned(),
            NewOwner::Fixed(id) => format!("the CRM's owner {id} owns a new record"),
        };
        let made = match set.companies {
            Companies::Link => "companies are only linked",
            Companies::Make => "a company that it has not is made",
        };
        Ok(output::line(&format!("{}: {fills}; {who} may accept; {owns}; {made}.", tenant.name))?)
    }
}
