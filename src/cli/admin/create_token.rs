//! `admin create-token`: a program's way in.

use crate::cli::open::Open;
use crate::cli::output;
use crate::store::audit::{self, Actor};
use crate::store::tokens::{self, NewToken, Scope};
use crate::web::auth::secret::Secret;
use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::collections::BTreeSet;

/// Creates an API token and prints it, once: the database holds only its hash.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  token=$(undersigned admin create-token --tenant 'Your Company' setup)
  undersigned admin create-token --tenant 'Your Company' --scope contacts:read export")]
pub(in crate::cli) struct CreateToken {
    /// The tenant's name.
    #[arg(long, value_name = "NAME")]
    tenant: String,

    /// What it allows; can be given several times. Without it: everything.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope())]
    scopes: Vec<Scope>,

    /// After how many days it ends; without it, never.
    #[arg(long, value_name = "DAYS")]
    expires_days: Option<u32>,

    /// What it is for, to recognise it by.
    name: String,
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    let values = Scope::ALL.map(|scope| PossibleValue::new(scope.as_str()).help(scope.describe()));
    PossibleValuesParser::new(values).try_map(|text| Scope::parse(&text).ok_or("no such scope"))
}

impl CreateToken {
    pub(in crate::cli) async fn run(self, open: &Open) -> Result<()> {
        let tenant = open.tenant(&self.tenant).await?;
        let scopes: BTreeSet<Scope> = match &self.scopes[..] {
            [] => Scope::ALL.into(),
            some => some.iter().copied().collect(),
        };
        let now = open.clock.now();
        let secret = Secret::token();
        let new = NewToken {
            tenant: &tenant.id,
            name: &self.name,
            token_hash: &secret.hash(),
            scopes: &scopes,
            expires_at: self.expires_days.map(|days| now.plus_secs(i64::from(days) * 86_400)),
        };
        let mut tx = open.db.begin_write().await?;
        let id = tokens::create(&mut tx, &new, now).await?;
        let (actor, subject) = (Actor::CommandLine, id.as_str());
        audit::record(&mut tx, &tenant.id, &actor, "token.create", subject, now).await?;
        tx.commit().await?;
        Ok(output::line(secret.plain())?)
    }
}
