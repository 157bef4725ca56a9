//! Which mailboxes at Microsoft 365 the app reads: picked from a list, or those of a group.

use super::edge::{self, Body, Params, Refused, time};
use super::graph::{list_of, opened_app};
use crate::contact::EmailAddress;
use crate::source::graph::{self, BadName, New};
use crate::store::graph::{Access as InWhoseName, Group, add_group, groups, members, remove_group};
use crate::store::mailboxes;
use crate::store::tokens::Scope;
use crate::store::{Conn, GroupId, ListId, StoreError, TenantId, audit};
use crate::web::State;
use crate::web::auth::{Access, ApiCaller};
use crate::web::problem::{Kind, Problem};
use axum::Json;
use axum::extract::{self, Path};
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most people who are connected at once: as many as Microsoft lists.
const MOST_PICKED: usize = 100;

pub(super) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(people)).routes(routes!(list, add)).routes(routes!(remove))
}

/// Somebody of the directory with a mailbox.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphPerson)]
pub(in crate::web) struct PersonView {
    /// The address people write to.
    pub(in crate::web) address: String,
    /// The name they sign in with.
    pub(in crate::web) username: String,
    /// What they are called.
    pub(in crate::web) name: String,
    /// Whether the mailbox is connected.
    pub(in crate::web) connected: bool,
}

/// Whom to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Search {
    /// How the name or the address begins; absent: anybody.
    beginning: Option<String>,
}

/// A group whose members' mailboxes are connected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphGroup)]
pub(in crate::web) struct GroupView {
    /// Names it here.
    pub(in crate::web) id: String,
    /// Its id in the directory.
    pub(in crate::web) group: String,
    /// The contact list that suggestions land in.
    pub(in crate::web) list: String,
    /// How many days back a member's mailbox is read at first.
    pub(in crate::web) backfill_days: u32,
    /// How many mailboxes are connected because of it.
    pub(in crate::web) mailboxes: usize,
    /// `followed`, or `unseen`: it could not be looked at the last time.
    pub(in crate::web) state: &'static str,
    /// What failed when it was looked at last and what to do; empty when all is well.
    pub(in crate::web) detail: String,
    /// Since when it cannot be looked at.
    pub(in crate::web) ill_since: Option<String>,
    /// When it was looked at last.
    pub(in crate::web) looked_at: Option<String>,
}

impl GroupView {
    fn new(group: Group, mailboxes: usize) -> Self {
        Self {
            state: group.state().as_str(),
            id: group.id.to_string(),
            group: group.group,
            list: group.list.to_string(),
            backfill_days: group.backfill_days,
            mailboxes,
            ill_since: group.ill_since.map(time),
            detail: group.detail,
            looked_at: group.looked_at.map(time),
        }
    }
}

/// A group whose members' mailboxes are to be connected.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewGraphGroup)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Sent {
    /// The object id of the group in the directory.
    #[schema(example = "5d3c1f0a-0000-4000-8000-000000000002")]
    pub(in crate::web) group: String,
    /// The contact list that suggestions land in.
    pub(in crate::web) list: String,
    /// How many days back a member's mailbox is read at first; 30 if absent, 0 for none.
    pub(in crate::web) backfill_days: Option<u32>,
}

/// Up to 100 people of the directory who have a mailbox, to pick from.
#[utoipa::path(
    get, path = "/graph-app/people", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    params(Search),
    responses((status = 200, description = "The people", body = [PersonView]), Refused)
)]
async fn people(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Params(search): Params<Search>,
) -> Result<Json<Vec<PersonView>>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    Ok(Json(find_people(&state, &access, search.beginning.as_deref()).await?))
}

/// Up to 100 people of the directory whose name or address begins so.
pub(in crate::web) async fn find_people(
    state: &State,
    access: &Access,
    beginning: Option<&str>,
) -> Result<Vec<PersonView>, Problem> {
    state.probes.count(access)?;
    let tenant = &access.tenant;
    let beginning = beginning.map(|text| edge::line("beginning", text, 100)).transpose()?;
    let app = opened_app(state, tenant).await?;
    let now = state.clock.now();
    let found = graph::people(&state.graph, &app, beginning.as_deref().unwrap_or(""), now).await?;
    let mut conn = state.db.read().await?;
    let connected: HashSet<String> = mailboxes::list(&mut conn, tenant)
        .await?
        .into_iter()
        .filter(|mailbox| mailbox.kind == mailboxes::Kind::Graph)
        .map(|mailbox| mailbox.username.to_lowercase())
        .collect();
    let view = |person: graph::Person| PersonView {
        address: person.address.to_string(),
        connected: connected.contains(&person.username.to_lowercase()),
        username: person.username,
        name: person.name,
    };
    Ok(found.into_iter().map(view).collect())
}

/// Connects the mailboxes of people who were picked, by address and the name they sign in with. Microsoft
/// is not asked of each: how each fares is said with it soon. Who is connected already stays as it is; says
/// how many are new.
pub(in crate::web) async fn connect_people(
    state: &State,
    Access { tenant, actor }: &Access,
    people: &[(&str, &str)],
    (list, backfill_days): (&str, Option<u32>),
) -> Result<usize, Problem> {
    if people.is_empty() || people.len() > MOST_PICKED {
        let detail = format!("tick 1 to {MOST_PICKED} people");
        return Err(Problem::invalid("person", detail));
    }
    let list: Option<ListId> = edge::id_in("list", Some(list))?;
    let list = list.ok_or_else(|| Problem::invalid("list", "list is missing"))?;
    list_of(state, tenant, &list).await?;
    let days = edge::backfill_days(backfill_days)?;
    opened_app(state, tenant).await?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    let there = mailboxes::list(&mut tx, tenant).await?.into_iter();
    let there: HashSet<String> = there
        .filter(|mailbox| mailbox.kind == mailboxes::Kind::Graph)
        .flat_map(|mailbox| [mailbox.username, mailbox.address])
        .map(|name| name.to_lowercase())
        .collect();
    let mut new = 0;
    for (address, username) in people {
        let [address, username] = [address, username].map(|name| EmailAddress::parse(name));
        let (Some(address), Some(username)) = (address, username) else {
            return Err(BadName::Address.into());
        };
        graph::check_names(&address, "inbox")?;
        graph::check_names(&username, "inbox")?;
        if [&address, &username].into_iter().any(|it| there.contains(&it.as_str().to_lowercase())) {
            continue;
        }
        let mailbox = New {
            tenant: tenant.clone(),
            list: list.clone(),
            address,
            username: username.to_string(),
            folder: "inbox".to_owned(),
            backfill_days: days,
            access: InWhoseName::Application,
            refresh_token: SecretString::default(),
        };
        let id = graph::save(&mut tx, &state.vault, mailbox, now).await?;
        audit::record(&mut tx, tenant, actor, "mailbox.connect", id.as_str(), now).await?;
        new += 1;
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(new)
}

/// The groups whose members' mailboxes are connected.
#[utoipa::path(
    get, path = "/graph-groups", tag = "mailboxes", security(("token" = ["mailboxes:read"])),
    responses((status = 200, description = "The groups", body = [GroupView]), Refused)
)]
async fn list(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
) -> Result<Json<Vec<GroupView>>, Problem> {
    let access = caller.may(Scope::MailboxesRead)?;
    Ok(Json(followed(&mut *state.db.read().await?, &access.tenant).await?))
}

/// The groups that are followed, oldest first.
pub(in crate::web) async fn followed(
    conn: &mut Conn,
    tenant: &TenantId,
) -> Result<Vec<GroupView>, StoreError> {
    let mut views = Vec::new();
    for group in groups(conn, tenant).await? {
        let of_it = members(conn, &group).await?;
        let present = of_it.iter().filter(|member| !member.departed).count();
        views.push(GroupView::new(group, present));
    }
    Ok(views)
}

/// Connects the mailboxes of a group's members, those of groups within it too, and follows it from
/// then on: who joins is connected, who leaves is paused, within about an hour.
#[utoipa::path(
    post, path = "/graph-groups", tag = "mailboxes", security(("token" = ["mailboxes:write"])),
    request_body = Sent,
    responses((status = 201, description = "Followed", body = GroupView), Refused)
)]
async fn add(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Body(sent): Body<Sent>,
) -> Result<(StatusCode, Json<GroupView>), Problem> {
    let access = caller.may(Scope::MailboxesWrite)?;
    Ok((StatusCode::CREATED, Json(follow(&state, &access, &sent).await?)))
}

/// Connects the mailboxes of a group's members, and follows it from then on.
pub(in crate::web) async fn follow(
    state: &State,
    access: &Access,
    sent: &Sent,
) -> Result<GroupView, Problem> {
    state.probes.count(access)?;
    let Access { tenant, actor } = access;
    let name = edge::line("group", &sent.group, 100)?;
    if !graph::is_group(&name) {
        return Err(Problem::invalid("group", "group must be the object id of a group"));
    }
    let list: Option<ListId> = edge::id_in("list", Some(&sent.list))?;
    let list = list.ok_or_else(|| Problem::invalid("list", "list is missing"))?;
    list_of(state, tenant, &list).await?;
    let days = edge::backfill_days(sent.backfill_days)?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    let group = add_group(&mut tx, tenant, &name, &list, days, now).await;
    let group = group.map_err(|error| {
        if error.is_unique_violation() {
            return Problem::new(Kind::Conflict, "this group is followed already");
        }
        error.into()
    })?;
    audit::record(&mut tx, tenant, actor, "graph-group.add", group.id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    if let Err(fault) = graph::meet(&state.db, &state.vault, &state.graph, &group, now).await {
        // What cannot be looked at now is not followed.
        let mut tx = state.db.begin_write().await?;
        remove_group(&mut tx, tenant, &group.id).await?;
        tx.commit().await.map_err(StoreError::from)?;
        return Err(fault.into());
    }
    let connected = members(&mut *state.db.read().await?, &group).await?.len();
    Ok(GroupView::new(Group { looked_at: Some(now), ..group }, connected))
}

/// Follows a group no more; the mailboxes of its members stay as they are.
#[utoipa::path(
    delete, path = "/graph-groups/{id}", tag = "mailboxes",
    security(("token" = ["mailboxes:write"])),
    params(("id" = String, Path, description = "The group")),
    responses((status = 204, description = "Not followed any more"), Refused)
)]
async fn remove(
    extract::State(state): extract::State<State>,
    caller: ApiCaller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    unfollow(&state, &caller.may(Scope::MailboxesWrite)?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Follows a group no more.
pub(in crate::web) async fn unfollow(
    state: &State,
    Access { tenant, actor }: &Access,
    id: &str,
) -> Result<(), Problem> {
    let id: GroupId = edge::id(id, "group")?;
    let now = state.clock.now();
    let mut tx = state.db.begin_write().await?;
    if !remove_group(&mut tx, tenant, &id).await? {
        return Err(Problem::not_found("group"));
    }
    audit::record(&mut tx, tenant, actor, "graph-group.remove", id.as_str(), now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}
