//! The folders of a mailbox at Microsoft 365.

use crate::contact::EmailAddress;
use crate::source::graph::{self, Fault, Folder};
use crate::store::graph::{Access, access_of, app};
use crate::store::mailboxes::Mailbox;
use crate::web::State;
use crate::web::problem::{Kind, Problem};

/// The folders that can be chosen; none: only those with well-known names, as the mailbox is read in
/// a person's name, whose token its worker alone exchanges.
pub(super) async fn to_choose(
    state: &State,
    mailbox: &Mailbox,
) -> Result<Option<Vec<Folder>>, Problem> {
    let mut conn = state.db.read().await?;
    let tenant = &mailbox.tenant;
    if access_of(&mut conn, tenant, &mailbox.id).await? != Some(Access::Application) {
        return Ok(None);
    }
    let app = app(&mut conn, &state.vault, tenant).await.map_err(Fault::from)?;
    drop(conn);
    let (app, now) = (app.ok_or(Fault::NoApp)?, state.clock.now());
    Ok(Some(graph::folders(&state.graph, &app, &mailbox.username, now).await?))
}

/// Refuses folders of which one is not known to be right.
pub(super) async fn check(
    state: &State,
    mailbox: &Mailbox,
    names: &[String],
) -> Result<(), Problem> {
    let address = EmailAddress::parse(&mailbox.username);
    let address = address.ok_or_else(|| Problem::not_found("mailbox"))?;
    for name in names {
        graph::check_names(&address, name)
            .map_err(|bad| Problem::invalid("folders", bad.to_string()))?;
    }
    let unknown: Vec<&String> = names.iter().filter(|name| !graph::is_well_known(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let Some(known) = to_choose(state, mailbox).await? else {
        let detail = "of a mailbox that is read in a person's name only inbox and archive can be \
                      chosen; connect it as the app itself to choose others";
        return Err(Problem::new(Kind::Conflict, detail));
    };
    if unknown.into_iter().all(|name| known.iter().any(|folder| folder.id == *name)) {
        return Ok(());
    }
    Err(Problem::invalid("folders", graph::BadName::Folder.to_string()))
}
