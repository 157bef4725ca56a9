//! The mailboxes of a group: those of new members are connected, those of departed ones paused. What
//! a person connected or paused is left alone.

use super::connect::{New, save};
use super::connector::Connector;
use super::directory::{Person, members};
use super::fault::Fault;
use crate::clock::Millis;
use crate::store::audit::{self, Actor};
use crate::store::graph::{self, Access, Group, Member};
use crate::store::mailboxes::{self, Kind};
use crate::store::{Conn, Db, StoreError};
use crate::vault::Vault;
use secrecy::SecretString;
use std::collections::{HashMap, HashSet};

/// What became of a group's mailboxes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// How many members with a mailbox it has.
    pub members: usize,
    /// How many mailboxes were connected or resumed.
    pub joined: usize,
    /// How many were paused.
    pub departed: usize,
}

/// Brings the mailboxes of a group up to date, and notes with it what failed. After a fault nothing
/// is connected or paused.
pub async fn meet(
    db: &Db,
    vault: &Vault,
    connector: &Connector,
    group: &Group,
    now: Millis,
) -> Result<Met, Fault> {
    let met = try_to_meet(db, vault, connector, group, now).await;
    let detail = met.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let mut tx = db.begin_write().await?;
    graph::note_look(&mut tx, group, &detail, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    met
}

async fn try_to_meet(
    db: &Db,
    vault: &Vault,
    connector: &Connector,
    group: &Group,
    now: Millis,
) -> Result<Met, Fault> {
    let app = graph::app(&mut *db.read().await?, vault, &group.tenant).await?;
    let people = members(connector, &app.ok_or(Fault::NoApp)?, &group.group, now).await?;
    let mut tx = db.begin_write().await?;
    let met = write_down(&mut tx, vault, group, people, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(met)
}

async fn write_down(
    conn: &mut Conn,
    vault: &Vault,
    group: &Group,
    people: Vec<Person>,
    now: Millis,
) -> Result<Met, StoreError> {
    let tenant = &group.tenant;
    rename(conn, group, &people, now).await?;
    let mut met = Met { members: people.len(), ..Met::default() };
    let known = graph::members(conn, group).await?;
    let of_graph = |it: &mailboxes::Mailbox| it.kind == Kind::Graph;
    let connected: HashMap<String, _> = mailboxes::list(conn, tenant)
        .await?
        .into_iter()
        .filter(of_graph)
        .flat_map(|it| [it.username, it.address].map(|name| (name.to_lowercase(), it.id.clone())))
        .collect();
    let mut present: HashSet<String> = HashSet::new();
    for person in people {
        let name = person.username.to_lowercase();
        if !present.insert(name.clone()) {
            continue;
        }
        match known.iter().find(|member| member.username == name) {
            Some(member) if member.departed => {
                graph::set_member(conn, group, &member.mailbox, false, false).await?;
                let back =
                    member.paused && mailboxes::resume(conn, tenant, &member.mailbox, now).await?;
                met.joined += usize::from(back);
            }
            Some(_) => {}
            None => match connected.get(&name).or(connected.get(person.address.as_str())) {
                // Connected by a person, or because of another group.
                Some(id) if graph::is_member(conn, id, Some(&group.id)).await? => {
                    graph::set_member(conn, group, id, false, false).await?;
                }
                Some(_) => {}
                None => {
                    join(conn, vault, group, person, now).await?;
                    met.joined += 1;
                }
            },
        }
    }
    let gone = known.iter().filter(|it| !it.departed && !present.contains(&it.username));
    for member in gone {
        let elsewhere = graph::is_member(conn, &member.mailbox, Some(&group.id)).await?;
        let paused = !elsewhere && mailboxes::pause(conn, tenant, &member.mailbox, now).await?;
        graph::set_member(conn, group, &member.mailbox, true, paused).await?;
        if paused {
            met.departed += 1;
            let (actor, subject) = (Actor::Worker, member.mailbox.as_str());
            audit::record(conn, tenant, &actor, "mailbox.pause", subject, now).await?;
        }
    }
    Ok(met)
}

/// Has mailboxes of the group asked for under the names that their people sign in with now: an address stays when
/// a name changes, and who was known by another name has not left.
async fn rename(
    conn: &mut Conn,
    group: &Group,
    people: &[Person],
    now: Millis,
) -> Result<(), StoreError> {
    let known = graph::members(conn, group).await?;
    let by_address: HashMap<String, &Member> =
        known.iter().map(|member| (member.address.to_lowercase(), member)).collect();
    for person in people {
        let Some(member) = by_address.get(&person.address.as_str().to_lowercase()) else {
            continue;
        };
        // Several may have one address.
        let stays = people.iter().any(|other| {
            let is_theirs = other.username.to_lowercase() == member.username;
            is_theirs && other.address.as_str().eq_ignore_ascii_case(person.address.as_str())
        });
        if !stays {
            let (tenant, mailbox) = (&group.tenant, &member.mailbox);
            mailboxes::set_username(conn, tenant, mailbox, &person.username, now).await?;
        }
    }
    Ok(())
}

async fn join(
    conn: &mut Conn,
    vault: &Vault,
    group: &Group,
    person: Person,
    now: Millis,
) -> Result<(), StoreError> {
    let new = New {
        tenant: group.tenant.clone(),
        list: group.list.clone(),
        address: person.address,
        username: person.username,
        folder: "inbox".to_owned(),
        backfill_days: group.backfill_days,
        access: Access::Application,
        refresh_token: SecretString::default(),
    };
    let id = save(conn, vault, new, now).await?;
    graph::set_member(conn, group, &id, false, false).await?;
    let actor = Actor::Worker;
    audit::record(conn, &group.tenant, &actor, "mailbox.connect", id.as_str(), now).await
}
