//! How what tenants have connected fares, in numbers: of each tenant, so that an operator hears whose
//! connections are ill. Asked of the database when somebody asks for the numbers, so every replica tells the
//! same of the whole.
//!
//! The labels are bounded: a tenant's id and a state, some twenty series for each tenant that has anything.

use crate::clock::Millis;
use crate::store::mailboxes::Tally;
use crate::store::{Db, StoreError, TenantId, crm_connections, endings, graph, mailboxes};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Tells how the connections fare. Clones know what the others have told.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Told>>);

/// Of whom something was told: what is gone since is none, and not what it was.
#[derive(Debug, Default)]
struct Told {
    mailboxes: HashSet<TenantId>,
    crms: HashSet<TenantId>,
    groups: HashSet<TenantId>,
    ends: HashSet<TenantId>,
}

impl Connections {
    /// Brings the numbers up to date.
    pub(super) async fn count(&self, db: &Db) -> Result<(), StoreError> {
        let mut told = self.0.lock().await;
        let mut conn = db.read().await?;
        let mut tallies: HashMap<TenantId, Vec<Tally>> = HashMap::new();
        for tally in mailboxes::tally(&mut conn).await? {
            tallies.entry(tally.tenant.clone()).or_default().push(tally);
        }
        let crms: HashMap<_, _> = crm_connections::states(&mut conn).await?.into_iter().collect();
        let groups: HashMap<_, _> = graph::tally_groups(&mut conn).await?.into_iter().collect();
        let ends: HashMap<_, _> = endings::first_ends(&mut conn).await?.into_iter().collect();
        drop(conn);
        told.mailboxes.extend(tallies.keys().cloned());
        for tenant in &told.mailboxes {
            of_mailboxes(tenant, tallies.get(tenant).map_or(&[], Vec::as_slice));
        }
        told.crms.extend(crms.keys().cloned());
        for tenant in &told.crms {
            for state in crm_connections::State::ALL {
                let count = u32::from(crms.get(tenant) == Some(&state));
                metrics::gauge!(
                    "undersigned_crm_connections",
                    "tenant" => tenant.to_string(), "state" => state.as_str()
                )
                .set(count);
            }
        }
        told.groups.extend(groups.keys().cloned());
        for tenant in &told.groups {
            of_groups(tenant, groups.get(tenant).copied().unwrap_or_default());
        }
        told.ends.extend(ends.keys().cloned());
        for tenant in &told.ends {
            moment("undersigned_end_timestamp_seconds", tenant, ends.get(tenant).copied());
        }
        Ok(())
    }
}

fn of_mailboxes(tenant: &TenantId, tallies: &[Tally]) {
    for state in mailboxes::State::ALL {
        let tally = tallies.iter().find(|tally| tally.state == state);
        metrics::gauge!(
            "undersigned_mailboxes",
            "tenant" => tenant.to_string(), "state" => state.as_str()
        )
        .set(tally.map_or(0, |tally| tally.count));
    }
    let watched = || tallies.iter().filter(|tally| tally.state != mailboxes::State::Paused);
    let newest = watched().filter_map(|tally| tally.newest).max();
    moment("undersigned_last_mail_timestamp_seconds", tenant, newest);
    let oldest = watched().map(|tally| tally.oldest).min();
    moment("undersigned_oldest_last_mail_timestamp_seconds", tenant, oldest);
}

fn of_groups(tenant: &TenantId, [all, unseen]: [u32; 2]) {
    for state in graph::GroupState::ALL {
        let count = match state {
            graph::GroupState::Followed => all - unseen,
            graph::GroupState::Unseen => unseen,
        };
        metrics::gauge!(
            "undersigned_graph_groups",
            "tenant" => tenant.to_string(), "state" => state.as_str()
        )
        .set(count);
    }
}

/// No moment is no number, which no alert compares.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit for millions of years")]
fn moment(name: &'static str, tenant: &TenantId, at: Option<Millis>) {
    let seconds = at.map_or(f64::NAN, |at| at.0 as f64 / 1000.0);
    metrics::gauge!(name, "tenant" => tenant.to_string()).set(seconds);
}
