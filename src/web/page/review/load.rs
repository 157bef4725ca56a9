//! Fetches what the page shows.

use super::card::{Beside, Card, Failed};
use super::status::{Decided, Health, ListTab, Nothing};
use super::{ReviewPage, View};
use crate::clock::Millis;
use crate::crm;
use crate::store::audit::Actor;
use crate::store::crm_writes::{self, Standing};
use crate::store::lists::ContactList;
use crate::store::suggestions::{self, State as Stands, Suggestion};
use crate::store::users::{self, Role, User};
use crate::store::{Conn, StoreError, TenantId, UserId, lists, mailboxes, messages};
use crate::suggestion;
use crate::web::State;
use crate::web::auth::SignedIn;
use crate::web::page::assets::Links;
use crate::web::problem::Problem;
use std::collections::BTreeMap;

/// How many cards stand on one page.
const CARDS: i64 = 30;
/// How many decisions stay in sight …
const DECIDED: i64 = 12;
/// … and for how long.
const DECIDED_SECS: i64 = 24 * 3600;

pub(super) async fn load(
    state: &State,
    signed_in: &SignedIn,
    view: &View,
) -> Result<ReviewPage, Problem> {
    load_with(state, signed_in, view, None).await
}

/// As [`load`], with what somebody sent and could not be done.
pub(super) async fn load_with(
    state: &State,
    signed_in: &SignedIn,
    view: &View,
    failed: Option<&Failed>,
) -> Result<ReviewPage, Problem> {
    let tenant = signed_in.reviewer()?;
    let now = state.clock.now();
    let (list, before) = (view.list(), view.before());
    let me = Actor::User(signed_in.user().id.clone());
    let mut conn = state.db.read().await?;
    let lists = lists::list(&mut conn, tenant).await?;
    let open = Some(Stands::Open);
    let mut found =
        suggestions::page(&mut conn, tenant, list.as_ref(), open, before.as_ref(), CARDS + 1)
            .await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|count| count > CARDS);
    found.truncate(usize::try_from(CARDS).unwrap_or_default());
    let older = found.last().filter(|_| has_more).map(|last| {
        format!(
            "/review?list={}&before={}",
            view.list().map_or(String::new(), |id| id.to_string()),
            last.id
        )
    });
    let since = now.plus_secs(-DECIDED_SECS);
    let decided =
        suggestions::decided(&mut conn, tenant, list.as_ref(), (since, None), DECIDED).await?;
    let shown: Vec<&str> = found.iter().chain(&decided).map(|it| it.id.as_str()).collect();
    let writes = crm_writes::latest(&mut conn, tenant, &shown).await?;
    let leads = crm::leads_among(&mut conn, tenant, &found).await?;
    let no_room = crm::no_room(&mut conn, tenant, &found).await?;
    let decided = name_deciders(&mut conn, signed_in.user(), &decided, now, &writes).await?;
    let notice = view
        .done()
        .and_then(|done| decided.iter().find(|decided| decided.id == done.as_str()).cloned());
    let open = suggestions::count(&mut conn, tenant, list.as_ref(), Stands::Open).await?;
    let cards = found
        .iter()
        .map(|suggestion| {
            let id = suggestion.id.as_str();
            let (write, no_room) = (writes.get(id), no_room.get(id));
            let beside = Beside { write, is_lead: leads.contains(id), no_room };
            Card::new(suggestion, list_name(&lists, suggestion), now, failed, beside)
        })
        .collect();
    Ok(ReviewPage {
        links: Links::new(),
        csrf: signed_in.csrf_token().to_owned(),
        user: signed_in.user().name.clone(),
        is_admin: signed_in.user().role == Role::Admin,
        may_accept: suggestion::may_accept(&mut conn, tenant, &me).await?,
        lists: tabs(&mut conn, tenant, view, &lists).await?,
        list: list.map(|id| id.to_string()).unwrap_or_default(),
        open,
        cards,
        older,
        is_further_down: before.is_some(),
        decided,
        notice,
        mailboxes: mailboxes::list(&mut conn, tenant)
            .await?
            .into_iter()
            .map(|mailbox| Health::new(mailbox, now))
            .collect(),
        nothing: Nothing::new(&messages::counts(&mut conn, tenant, None).await?),
    })
}

/// The name of a suggestion's list, where there is more than one to tell apart.
fn list_name(lists: &[ContactList], suggestion: &Suggestion) -> String {
    let found = lists.iter().find(|list| list.id == suggestion.list).filter(|_| lists.len() > 1);
    found.map(|list| list.name.clone()).unwrap_or_default()
}

async fn tabs(
    conn: &mut Conn,
    tenant: &TenantId,
    view: &View,
    lists: &[ContactList],
) -> Result<Vec<ListTab>, StoreError> {
    if lists.len() < 2 {
        return Ok(Vec::new());
    }
    let current = view.list();
    let mut tabs = vec![ListTab {
        name: "All lists".to_owned(),
        href: "/review".to_owned(),
        open: suggestions::count(conn, tenant, None, Stands::Open).await?,
        is_current: current.is_none(),
    }];
    for list in lists {
        tabs.push(ListTab {
            name: list.name.clone(),
            href: format!("/review?list={}", list.id),
            open: suggestions::count(conn, tenant, Some(&list.id), Stands::Open).await?,
            is_current: current.as_ref() == Some(&list.id),
        });
    }
    Ok(tabs)
}

pub(super) async fn name_deciders(
    conn: &mut Conn,
    me: &User,
    decided: &[Suggestion],
    now: Millis,
    writes: &BTreeMap<String, Standing>,
) -> Result<Vec<Decided>, StoreError> {
    let mut named = Vec::with_capacity(decided.len());
    for suggestion in decided {
        let by = suggestion.decided_by.as_deref().unwrap_or_default();
        let user = by.strip_prefix("user:").and_then(UserId::parse);
        let name = match user {
            Some(id) if id == me.id => "you".to_owned(),
            Some(id) => {
                let user = users::get(conn, &me.tenant, &id).await?;
                user.map_or_else(|| "somebody".to_owned(), |user| user.name)
            }
            None if by == "policy" => "the policy".to_owned(),
            None => "a program".to_owned(),
        };
        named.push(Decided::new(suggestion, name, now, writes.get(suggestion.id.as_str())));
    }
    Ok(named)
}
