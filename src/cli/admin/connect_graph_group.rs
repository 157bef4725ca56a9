//! `admin connect-graph-group`: the mailboxes of a group at Microsoft 365.

use crate::cli::open::Open;
use crate::cli::output;
use crate::source::graph::{self, Connector};
use crate::store::audit::{self, Actor};
use crate::store::{graph as stored, lists};
use anyhow::{Result, anyhow, bail};

/// Connects the mailboxes of a group's members at Microsoft 365, and follows the group: who joins is
/// connected, who leaves is paused. `set-graph-app` comes first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned admin connect-graph-group --tenant 'Your Company' --list Inbound 5d3c1f0a-…")]
pub(in crate::cli) struct ConnectGraphGroup {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// The contact list that suggestions land in.
    #[arg(long, value_name = "NAME")]
    list: String,

    /// How many days back the mailboxes are read at first.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3653))]
    backfill_days: u32,

    /// The object id of the group in the directory.
    #[arg(value_name = "GROUP-ID")]
    group: String,
}

impl ConnectGraphGroup {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        if !graph::is_group(&self.group) {
            bail!("{:?} is no object id of a group", self.group);
        }
        let tenant = open.tenant(&self.tenant).await?.id;
        let list = lists::by_name(&mut *open.db.read().await?, &tenant, &self.list).await?;
        let list = list.ok_or_else(|| anyhow!("there is no contact list {:?}", self.list))?.id;
        let connector = Connector::new(&open.config.graph)?;
        let (now, days) = (open.clock.now(), self.backfill_days);
        let mut tx = open.db.begin_write().await?;
        let known = stored::groups(&mut tx, &tenant).await?;
        let known = known.into_iter().find(|group| group.group == self.group);
        let is_new = known.is_none();
        let group = match known {
            Some(group) => group,
            None => stored::add_group(&mut tx, &tenant, &self.group, &list, days, now).await?,
        };
        let (actor, subject) = (Actor::CommandLine, group.id.as_str());
        audit::record(&mut tx, &tenant, &actor, "graph-group.add", subject, now).await?;
        tx.commit().await?;
        let met = graph::meet(&open.db, &open.vault, &connector, &group, now).await;
        if met.is_err() && is_new {
            let mut tx = open.db.begin_write().await?;
            stored::remove_group(&mut tx, &tenant, &group.id).await?;
            tx.commit().await?;
        }
        let met = met?;
        let told = format!(
            "{} members with a mailbox; {} connected now, {} paused.",
            met.members, met.joined, met.departed
        );
        Ok(output::line(&told)?)
    }
}
