//! `admin set-matching`: how sure it must be that somebody is known.

use crate::cli::open::Open;
use crate::cli::output;
use crate::matching::Thresholds;
use crate::store::audit::{self, Actor};
use crate::store::match_models;
use anyhow::{Context, Result};

/// Sets how sure it must be that a person who writes is one whom the CRM has.
///
/// What is not given stays. Mail that comes from now on is judged so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin set-matching --tenant 'Your Company' --possible 0.7
  undersigned admin set-matching --tenant 'Your Company' --possible 0.5 --exact 0.995")]
pub(in crate::cli) struct SetMatching {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// Probability from which a record may be the person's, for a human to look at (usually 0.5).
    #[arg(long, value_name = "0..1")]
    possible: Option<f64>,

    /// Probability from which it is, if the kind of evidence allows it (usually 0.995).
    #[arg(long, value_name = "0..1")]
    exact: Option<f64>,
}

impl SetMatching {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let tenant = open.tenant(&self.tenant).await?;
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let before = match_models::thresholds(&mut tx, &tenant.id).await?;
        let (possible, exact) =
            (self.possible.unwrap_or(before.possible), self.exact.unwrap_or(before.exact));
        let thresholds = Thresholds::new(possible, exact).context(
            "--possible and --exact are probabilities of 0 to 1, and --exact is not the smaller one",
        )?;
        match_models::set_thresholds(&mut tx, &tenant.id, thresholds).await?;
        let (actor, subject) = (Actor::CommandLine, tenant.id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "matching.put", subject, now).await?;
        tx.commit().await.context("the thresholds were not saved")?;
        Ok(output::line(&format!(
            "{}: possible from a probability of {possible}, exact from {exact}.",
            tenant.name
        ))?)
    }
}
