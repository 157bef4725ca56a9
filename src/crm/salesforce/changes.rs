//! What changed in an org: everything once a day, and what was modified since from all that there is
//! or was, with what is in the recycle bin; contacts first, then leads. What is deleted for good, or is not
//! shared with the app's user any more, says nothing of itself. The contact that a lead has become is told with
//! it, for that may have come after contacts were asked for; so is the record that another was merged with.

use super::answer::{Page, Row};
use super::object::{self, Object};
use super::refusal::Trouble;
use super::soql;
use super::{MERGES, Salesforce};
use crate::clock::Millis;
use crate::crm::moves;
use crate::crm::position::Position;
use crate::crm::{Changes, CrmError, Record};
use std::collections::BTreeSet;

/// When a record changed, by whatever hand.
const MODIFIED: &str = "SystemModstamp";
/// What was changed so long before is asked for again: a change is seen when its transaction ends,
/// which may take ten minutes, and clocks differ.
const OVERLAP: i64 = 11 * 60;
/// Who has become another record within so many seconds is told of whenever everything is read, though nobody
/// knows what was told before.
const BECOME: i64 = 35 * 24 * 60 * 60;
/// How many records are asked for at once by their ids: what is asked has to fit into an address.
const AT_ONCE: usize = 200;

/// Where a walk through both kinds of records is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    /// Which kind is read.
    kind: usize,
    /// Of a walk through what changed, when it began; of one through everything, since when those who have
    /// become other records are told of too.
    mark: Millis,
    /// The last change that was seen so far.
    last: Option<Millis>,
    /// The next page of it; none: the first.
    locator: Option<String>,
}

impl Step {
    const fn first(mark: Millis) -> Self {
        Self { kind: 0, mark, last: None, locator: None }
    }

    /// The step that [`Step::to_text`] wrote; the first one for anything else.
    fn at(text: Option<&str>, mark: Millis) -> Self {
        text.and_then(Self::parse).unwrap_or(Self::first(mark))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let (kind, mark) = (parts.next()?, parts.next()?);
        let (last, locator) = (parts.next()?, parts.next()?);
        Some(Self {
            kind: object::ALL.iter().position(|object| object.name == kind)?,
            mark: Millis(mark.parse().ok()?),
            last: last.parse().ok().map(Millis),
            locator: (!locator.is_empty()).then(|| locator.to_owned()),
        })
    }

    fn to_text(&self) -> String {
        let last = self.last.map(|last| last.0.to_string()).unwrap_or_default();
        let locator = self.locator.as_deref().unwrap_or_default();
        format!("{}:{}:{last}:{locator}", self.object().name, self.mark.0)
    }

    fn object(&self) -> &'static Object {
        object::ALL.get(self.kind).copied().unwrap_or(&object::CONTACT)
    }

    /// The step after a page, and the last change that was seen up to it; none after the last page of all.
    fn after(&self, page: &Page) -> Result<(Option<Self>, Option<Millis>), CrmError> {
        let last = page.records.iter().filter_map(|row| row.time(MODIFIED)).max().max(self.last);
        let next = match page.next()? {
            Some(locator) => Some(Self { last, locator: Some(locator), ..self.clone() }),
            None => Some(Self { kind: self.kind + 1, last, locator: None, ..*self })
                .filter(|next| next.kind < object::ALL.len()),
        };
        Ok((next, last))
    }
}

impl Salesforce {
    /// One page of what changed since `position`; from the beginning if it is empty or a day old.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        let changes = match Position::at(position, now) {
            Position::All { began, after } => {
                let long_ago = now.plus_secs(-BECOME);
                let untold = Position::untold(position).map_or(long_ago, |at| at.min(long_ago));
                let step = Step::at(after.as_deref(), untold);
                let again = Step::first(step.mark);
                match self.all(began, step).await {
                    Err(Trouble::PageGone) => self.all(now, again).await,
                    changes => changes,
                }
            }
            Position::Since { from, all_at, after } => {
                self.since(from, all_at, Step::at(after.as_deref(), now)).await
            }
        };
        changes.map_err(CrmError::from)
    }

    async fn all(&self, began: Millis, step: Step) -> Result<Changes, Trouble> {
        let object = step.object();
        let page = match &step.locator {
            Some(locator) => object.or_nobody(self.api.next(locator).await)?,
            None => self.everybody(object, step.mark).await?,
        };
        let (next, _) = step.after(&page)?;
        let unseen = page.is_unseen.then_some(object.prefix);
        let more = next.is_some();
        let position = Position::after_all(began, next.map(|next| next.to_text()), OVERLAP);
        // The contacts that leads have become before have been read in this walk.
        let lately = began.plus_secs(-OVERLAP);
        let changes = self.page(page, lately, (&position, more)).await?;
        Ok(Changes { all_since: (!more).then_some(began), unseen, ..changes })
    }

    /// The first page of all who are there, and of those who are not since then.
    async fn everybody(&self, object: &Object, since: Millis) -> Result<Page, Trouble> {
        let (present, since) = (object.present, soql::time(since));
        let query = || {
            let select = self.select(object);
            format!("{select} WHERE ({present}) OR {MODIFIED} >= {since}")
        };
        let mut found = self.api.first_of_all(&query()).await;
        if self.knows_better(object, &found).await? {
            found = self.api.first_of_all(&query()).await;
        }
        object.or_nobody(found)
    }

    async fn since(&self, from: Millis, all_at: Millis, step: Step) -> Result<Changes, Trouble> {
        let page = match &step.locator {
            Some(locator) => self.api.next(locator).await,
            None => Err(Trouble::PageGone),
        };
        let page = match page {
            Err(Trouble::PageGone) => self.modified(step.object(), from).await?,
            page => page?,
        };
        let (next, last) = step.after(&page)?;
        let more = next.is_some();
        // While there are more pages, the query stays the one that they are of. Contacts were asked for
        // a while before the last leads were, or long before, if Salesforce was out of reach meanwhile.
        let next_from = match last {
            Some(last) if !more => last.min(step.mark).plus_secs(-OVERLAP).max(from),
            _ => from,
        };
        let after = next.map(|next| next.to_text());
        let position = Position::Since { from: next_from, all_at, after };
        self.page(page, from, (&position, more)).await
    }

    /// The first page of what was modified, with what is gone.
    async fn modified(&self, object: &Object, from: Millis) -> Result<Page, Trouble> {
        let from = soql::time(from);
        let query = || {
            let select = self.select(object);
            format!("{select} WHERE {MODIFIED} >= {from} ORDER BY {MODIFIED}, Id")
        };
        let mut found = self.api.first_of_all(&query()).await;
        if self.knows_better(object, &found).await? {
            found = self.api.first_of_all(&query()).await;
        }
        object.or_nobody(found)
    }

    /// What a page tells: who has become another record is gone, and moved to that, which is told with it if
    /// that was since `lately`.
    async fn page(
        &self,
        page: Page,
        lately: Millis,
        (position, more): (&Position, bool),
    ) -> Result<Changes, Trouble> {
        let is_there = |row: &Row| !row.is_deleted() && !row.is_converted();
        let (there, gone): (Vec<_>, Vec<_>) = page.records.into_iter().partition(is_there);
        let mut records: Vec<Record> = there.iter().map(|row| self.record(row)).collect();
        let mut moved = Vec::new();
        let mut asked = Vec::new();
        for row in &gone {
            let Some((id, other)) = row.has_become() else { continue };
            if row.time(MODIFIED) >= Some(lately) {
                asked.push(other.clone());
            }
            moved.push((id, other));
        }
        let mut nobody = BTreeSet::new();
        for _ in 0..MERGES {
            let (found, further): (Vec<_>, Vec<_>) =
                self.these(&asked).await?.into_iter().partition(is_there);
            records.extend(found.iter().map(|row| self.record(row)));
            asked.clear();
            for row in &further {
                if let Some((id, other)) = row.has_become() {
                    asked.push(other.clone());
                    moved.push((id, other));
                } else {
                    nobody.insert(row.id().to_owned());
                }
            }
            if asked.is_empty() {
                break;
            }
        }
        // Where the last one is deleted too, they have become nobody.
        let became = moved.iter().cloned().collect();
        moved.retain(|(id, _)| !nobody.contains(moves::end(&became, id)));
        let gone = gone.iter().map(|row| row.id().to_owned()).collect();
        Ok(Changes { moved, ..position.page(records, gone, more) })
    }

    /// The records with these ids, as far as they are shown, also those in the recycle bin.
    async fn these(&self, ids: &[String]) -> Result<Vec<Row>, Trouble> {
        let mut found = Vec::new();
        for object in object::ALL {
            let of_kind = ids.iter().map(String::as_str).filter(|id| object.has(id));
            let of_kind: Vec<&str> = of_kind.collect();
            for ids in of_kind.chunks(AT_ONCE) {
                let list = soql::list(ids.iter().copied());
                let query = format!("{} WHERE Id IN {list}", self.select(object));
                let mut page = self.api.first_of_all(&query).await?;
                // No more pages than there are records.
                for _ in ids {
                    let next = page.next()?;
                    found.append(&mut page.records);
                    let Some(next) = next else { break };
                    page = self.api.next(&next).await?;
                }
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_goes_through_contacts_then_leads_and_remembers_the_last_change() {
        let page = |next: Option<&str>, modified: &[&str]| -> Page {
            let rows = modified.iter().map(|at| serde_json::json!({"SystemModstamp": at}));
            let rows: Vec<_> = rows.collect();
            let url = next.map(|next| format!("/services/data/v59.0/query/{next}"));
            serde_json::from_value(serde_json::json!({"records": rows, "nextRecordsUrl": url}))
                .expect("a page")
        };
        let (early, late) = ("2026-11-20T08:00:00.000+0000", "2026-11-20T09:00:00.000+0000");
        let mark = Millis(1_790_000_000_000);
        let step = Step::at(None, mark);
        assert_eq!(step.object().name, "Contact");
        let mut seen = Vec::new();
        let mut next = Some(step);
        for (locator, modified) in [
            (Some("01g-2000"), &[late][..]),
            (None, &[early]),
            (Some("01h-2000"), &[]),
            (None, &[early]),
        ] {
            let step = Step::at(next.map(|next| next.to_text()).as_deref(), Millis(0));
            assert_eq!(step.mark, mark);
            seen.push((step.object().name, step.locator.clone()));
            let (after, last) = step.after(&page(locator, modified)).expect("well formed");
            assert_eq!(last.map(Millis::to_rfc3339).as_deref(), Some("2026-11-20T09:00:00Z"));
            next = after;
        }
        assert_eq!(next, None);
        let locator = |text: &str| Some(text.to_owned());
        assert_eq!(
            seen,
            [
                ("Contact", None),
                ("Contact", locator("01g-2000")),
                ("Lead", None),
                ("Lead", locator("01h-2000"))
            ]
        );
        for odd in ["", "01g-2000", "User:1::", "Lead:x", "Lead:1:", "Lead:x::"] {
            assert_eq!(Step::at(Some(odd), mark), Step::first(mark), "{odd}");
        }
    }
}
