//! `admin set-matching`: how sure it must be that somebody is known.

use crate::cli::open::Open;
use crate::cli::output;
use crate::matching::Thresholds;
use crate::store::audit::Actor;
use crate::store::{StoreError, TenantId, match_models, repeated};
use crate::suggestion;
use anyhow::Context;

/// Sets how sure it must be that a person who writes is one whom the CRM has.
///
/// What is not given stays. Mail that comes from now on is judged so, and every open suggestion is compared
/// anew.
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
    pub(in crate::cli) async fn run(self, open: &Open) -> anyhow::Result<()> {
        let tenant = open.tenant(&self.tenant).await?;
        let set = || self.set(open, &tenant.id);
        let Thresholds { possible, exact } =
            repeated(set).await.context("the thresholds were not saved")?.context(
                "--possible and --exact are probabilities of 0 to 1, and --exact is not the smaller one",
            )?;
        Ok(output::line(&format!(
            "{}: possible from a probability of {possible}, exact from {exact}.",
            tenant.name
        ))?)
    }

    /// `None`: they cannot be so.
    async fn set(&self, open: &Open, tenant: &TenantId) -> Result<Option<Thresholds>, StoreError> {
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let before = match_models::thresholds(&mut tx, tenant).await?;
        let (possible, exact) =
            (self.possible.unwrap_or(before.possible), self.exact.unwrap_or(before.exact));
        let Some(thresholds) = Thresholds::new(possible, exact) else { return Ok(None) };
        suggestion::set_thresholds(&mut tx, tenant, thresholds, &Actor::CommandLine, now).await?;
        tx.commit().await?;
        Ok(Some(thresholds))
    }
}
