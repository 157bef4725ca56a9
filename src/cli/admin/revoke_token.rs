//! `admin revoke-token`: ends a program's way in.

use crate::cli::open::Open;
use crate::cli::output;
use crate::store::audit::{self, Actor};
use crate::store::{ApiTokenId, tokens};
use anyhow::{Result, bail};

/// Ends an API token at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin revoke-token --tenant 'Your Company' setup")]
pub(in crate::cli) struct RevokeToken {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The name that the token was created with, or its id.
    #[arg(value_name = "NAME|ID")]
    token: String,
}

impl RevokeToken {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let Self { tenant: name, token } = self;
        let (tenant, now) = (open.tenant(&name).await?.id, open.clock.now());
        let mut tx = open.db.begin_write().await?;
        let found = tokens::called(&mut tx, &tenant, &token).await?;
        let id = match &found[..] {
            [] => bail!("{name:?} has no token {token:?}, or it was revoked before"),
            [id] => id,
            // Ids sort by time.
            ids => {
                let ids: Vec<&str> = ids.iter().map(ApiTokenId::as_str).collect();
                bail!("several tokens have this name; give an id, oldest first: {}", ids.join(", "))
            }
        };
        tokens::revoke(&mut tx, &tenant, id, now).await?;
        let (actor, subject) = (Actor::CommandLine, id.as_str());
        audit::record(&mut tx, &tenant, &actor, "token.revoke", subject, now).await?;
        tx.commit().await?;
        Ok(output::line(&format!("The token {token:?} allows nothing any more."))?)
    }
}
