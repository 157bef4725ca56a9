//! `demo`: the real daemon over sample mail, with nothing to configure.

mod sample;

use super::import::place;
use super::open::Open;
use super::output;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::contact::EmailAddress;
use crate::crm::table::{self, Chosen, Order};
use crate::lifecycle::Shutdown;
use crate::store::audit::Actor;
use crate::store::tenants::{self, NewTenant};
use crate::store::users::{self, NewUser, Role};
use crate::store::{ListId, MailboxId, TenantId, exclusions};
use crate::suggestion::{Intake, RawMessage};
use crate::vault::MasterSecret;
use crate::web::auth::password;
use anyhow::{Context, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Who signs in.
const EMAIL: &str = "rep@demo.example";

/// Shows the product with sample mail: no configuration, no account, nothing is kept.
///
/// The mailbox and the CRM of the sample go through the real pipeline into a temporary database.
/// The review page opens at the printed address with the printed sign-in, and more mail trickles in,
/// so that one sees it live. Ctrl-C ends it and deletes everything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  undersigned demo
  undersigned demo --listen 127.0.0.1:8080 --every 3")]
pub(super) struct Demo {
    /// Where the review page listens; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Seconds between two of the mails that come while one looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 8)]
    every: u64,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let shutdown = Shutdown::on_signals()?;
        let dir = TempDir::with_prefix("undersigned-demo-").context("cannot make a directory")?;
        let ready = shutdown.soft.run_until_cancelled(Box::pin(self.set_up(&dir))).await;
        if let Some(ready) = ready {
            let (app, scene) = ready?;
            let pause = Duration::from_secs(self.every.max(1));
            let trickle = tokio::spawn(scene.trickle(pause, shutdown.soft.clone()));
            app.run(shutdown).await?;
            trickle.await.context("the sample mail stopped")?;
        }
        let path = dir.path().to_owned();
        dir.close().with_context(|| format!("cannot delete {}", path.display()))?;
        output::line("The demo has ended; everything of it was deleted.")?;
        Ok(ExitCode::SUCCESS)
    }

    /// Builds the daemon, reads the first mail, and says where to look.
    async fn set_up(&self, dir: &TempDir) -> Result<(App, Scene)> {
        let app = App::build(self.config(dir), Clock::system()).await?;
        let secret = MasterSecret::generate();
        let scene = Scene::set(&app, &secret).await?;
        for message in sample::mailbox() {
            scene.deliver(message).await?;
        }
        output::line(&format!(
            "The review page:  http://{}/\n\
             Sign in as:       {EMAIL}\n\
             Password:         {}\n\n\
             A mail arrives every {} seconds. Ctrl-C ends the demo and deletes everything.",
            to_visit(app.web_address()?),
            *secret,
            self.every
        ))?;
        Ok((app, scene))
    }

    fn config(&self, dir: &TempDir) -> Config {
        let mut config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        config.server.listen = self.listen;
        config.ops.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.vault.master_secret = Secret::from(MasterSecret::generate().as_str());
        config
    }
}

/// The address at which a browser on this machine finds what listens at `listening`.
fn to_visit(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// The tenant, its list and the way of a message into it.
struct Scene {
    tenant: TenantId,
    list: ListId,
    mailbox: MailboxId,
    intake: Intake,
}

impl Scene {
    async fn set(app: &App, secret: &str) -> Result<Self> {
        let open = Open::of(app);
        let now = open.clock.now();
        let mut tx = open.db.begin_write().await?;
        let new = NewTenant { name: "Demo", region: "DE" };
        let tenant = tenants::create(&mut tx, &open.vault, &new, now).await?;
        let email = EmailAddress::parse(EMAIL).context("the demo's address")?;
        let user = NewUser {
            tenant: &tenant.id,
            email: &email,
            name: "Robin Rep",
            role: Role::Admin,
            password_hash: &password::hash(secret)?,
        };
        users::create(&mut tx, &user, now).await?;
        exclusions::add_own_domain(&mut tx, &tenant.id, sample::OWN_DOMAIN, now).await?;
        tx.commit().await?;
        let order = Order {
            tenant: &tenant.id,
            actor: &Actor::CommandLine,
            chosen: &Chosen::new(),
            region: &tenant.region,
            now,
        };
        table::import(&open.db, order, sample::CRM, |_| ()).await?;
        let (list, mailbox) = place::find_or_make(&open, &tenant.id, "Inbound").await?;
        let settings = app::intake_settings(&open.config);
        let intake = Intake::new(open.db, open.vault, open.clock, settings);
        Ok(Self { tenant: tenant.id, list, mailbox, intake })
    }

    async fn deliver(&self, bytes: &[u8]) -> Result<()> {
        let message = RawMessage {
            tenant: self.tenant.clone(),
            mailbox: self.mailbox.clone(),
            list: self.list.clone(),
            bytes: bytes.to_vec(),
        };
        self.intake.take(message, None).await?;
        Ok(())
    }

    /// Delivers the later mail, one after the other, until there is none or the demo ends.
    async fn trickle(self, pause: Duration, soft: CancellationToken) {
        for message in sample::later() {
            if soft.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            if let Err(error) = self.deliver(message).await {
                warn!(%error, "a sample mail was not read");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_address_can_be_visited() {
        let printed = |listening: &str| to_visit(listening.parse().unwrap()).to_string();
        assert_eq!(printed("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(printed("[::]:8080"), "[::1]:8080");
        assert_eq!(printed("192.0.2.7:8080"), "192.0.2.7:8080");
    }
}
