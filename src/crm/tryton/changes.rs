//! What changed in a database: everything once a day, and what was changed since by the times of
//! change of parties, contact mechanisms and addresses.

use super::Tryton;
use super::answer::{Outcome, Party};
use super::position::Position;
use crate::clock::Millis;
use crate::crm::left::Left;
use crate::crm::{Changes, CrmError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// Parties on one page.
const PAGE: usize = 200;
/// What was changed so many seconds before is asked for again: a row has the time at which its
/// transaction began.
const OVERLAP: i64 = 5 * 60;
/// Everything is read again after so many seconds: what was removed tells nothing of itself.
const ALL_EVERY: i64 = 24 * 60 * 60;

impl Tryton {
    /// One page of what changed since `position`; from the beginning if it is empty or a day old.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        let begin = Position::All { began: now, after: 0, newest: 0 };
        match Position::parse(position).unwrap_or(begin) {
            Position::Since { all_at, after: 0, .. } if all_at.plus_secs(ALL_EVERY) <= now => {
                self.all(now, 0, 0).await
            }
            Position::Since { from, all_at, after, newest } => {
                self.since(from, all_at, after, newest).await
            }
            Position::All { began, after, newest } => self.all(began, after, newest).await,
        }
    }

    async fn all(&self, began: Millis, after: i64, newest: i64) -> Result<Changes, CrmError> {
        let found = self.page(json!([["id", ">", after]])).await?;
        let newest = newest_of(&found, newest);
        let next = next(&found);
        let position = if let Some(after) = next {
            Position::All { began, after, newest }
        } else {
            let from = newest.saturating_sub(OVERLAP);
            Position::Since { from, all_at: began, after: 0, newest }
        };
        let all_since = next.is_none().then_some(began);
        Ok(Changes { all_since, ..self.named(found, position, next.is_some()).await? })
    }

    async fn since(
        &self,
        from: i64,
        all_at: Millis,
        after: i64,
        newest: i64,
    ) -> Result<Changes, CrmError> {
        let at = datetime(from);
        let changed = json!(["OR", ["write_date", ">=", at], ["create_date", ">=", at]]);
        let part = |name: &str| json!([name, "where", changed]);
        let parts = [part("contact_mechanisms"), part("addresses")];
        let either = json!(["OR", changed, parts[0], parts[1]]);
        let found = self.page(json!([["id", ">", after], either])).await?;
        let newest = newest_of(&found, newest);
        let next = next(&found);
        let position = if let Some(after) = next {
            Position::Since { from, all_at, after, newest }
        } else {
            let from = from.max(newest.saturating_sub(OVERLAP));
            Position::Since { from, all_at, after: 0, newest }
        };
        self.named(found, position, next.is_some()).await
    }

    /// What became of parties that a search finds no more: those that are removed do not exist, others a rule
    /// may hide.
    pub(in crate::crm) async fn left(&self, ids: &[&str]) -> Result<Left, CrmError> {
        let mut left = Left::default();
        for id in ids {
            if matches!(self.api.look(id).await?, Outcome::Missing) {
                left.deleted.insert((*id).to_owned());
            }
        }
        Ok(left)
    }

    async fn page(&self, domain: Value) -> Result<Vec<Party>, CrmError> {
        self.api.parties(&self.mapping, domain, PAGE).await
    }

    /// The changes that parties are. Those that others work for are companies, none of ours.
    async fn named(
        &self,
        found: Vec<Party>,
        position: Position,
        more: bool,
    ) -> Result<Changes, CrmError> {
        let types = self.employments();
        let ids: Vec<i64> = found.iter().map(|party| party.id).collect();
        let employers: BTreeSet<i64> = if types.is_empty() || ids.is_empty() {
            BTreeSet::new()
        } else {
            self.api.relations("to", &ids, &types).await?.iter().map(|it| it.to).collect()
        };
        let is_there = |party: &Party| party.active && !employers.contains(&party.id);
        let (mut there, gone): (Vec<_>, Vec<_>) = found.into_iter().partition(is_there);
        self.employ(&mut there).await?;
        let became = |party: &Party| Some((party.id.to_string(), party.became()?.to_string()));
        let moved: Vec<(String, String)> = gone.iter().filter_map(became).collect();
        let gone = gone.iter().filter(|party| party.became().is_none());
        Ok(Changes {
            records: there.iter().map(|party| self.record(party)).collect(),
            gone: gone.map(|party| party.id.to_string()).collect(),
            moved,
            position: position.to_text(),
            more,
            ..Changes::default()
        })
    }
}

/// Behind which party the next page begins, if there is one.
fn next(found: &[Party]) -> Option<i64> {
    found.last().filter(|_| found.len() >= PAGE).map(|party| party.id)
}

/// The last change of these parties, or `before`.
fn newest_of(found: &[Party], before: i64) -> i64 {
    let times = found.iter().filter_map(Party::changed_at).map(|at| at.0.div_euclid(1_000));
    times.chain([before]).max().unwrap_or(before)
}

/// A time as Tryton reads it.
fn datetime(seconds: i64) -> Value {
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    json!({
        "__class__": "datetime", "microsecond": 0,
        "year": at.year(), "month": u8::from(at.month()), "day": at.day(),
        "hour": at.hour(), "minute": at.minute(), "second": at.second(),
    })
}
