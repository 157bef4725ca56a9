//! What changed in an org: everything once a day, and what was modified since from all that there is
//! or was, with what is in the recycle bin; contacts first, then leads. What is deleted for good, or is not
//! shared with the app's user any more, says nothing of itself.

use super::Salesforce;
use super::answer::{Page, Row};
use super::object::{self, Object};
use super::refusal::Trouble;
use super::soql;
use crate::clock::Millis;
use crate::crm::position::Position;
use crate::crm::{Changes, CrmError};

/// When a record changed, by whatever hand.
const MODIFIED: &str = "SystemModstamp";
/// What was changed so long before is asked for again: a change is seen when its transaction ends,
/// which may take ten minutes, and clocks differ.
const OVERLAP: i64 = 11 * 60;

/// Where a walk through both kinds of records is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    /// Which kind is read.
    kind: usize,
    /// The last change that was seen so far.
    last: Option<Millis>,
    /// The next page of it; none: the first.
    locator: Option<String>,
}

impl Step {
    const FIRST: Self = Self { kind: 0, last: None, locator: None };

    /// The step that [`Step::to_text`] wrote; the first one for anything else.
    fn at(text: Option<&str>) -> Self {
        text.and_then(Self::parse).unwrap_or(Self::FIRST)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let (kind, last, locator) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            kind: object::ALL.iter().position(|object| object.name == kind)?,
            last: last.parse().ok().map(Millis),
            locator: (!locator.is_empty()).then(|| locator.to_owned()),
        })
    }

    fn to_text(&self) -> String {
        let last = self.last.map(|last| last.0.to_string()).unwrap_or_default();
        let locator = self.locator.as_deref().unwrap_or_default();
        format!("{}:{last}:{locator}", self.object().name)
    }

    fn object(&self) -> &'static Object {
        object::ALL.get(self.kind).copied().unwrap_or(&object::CONTACT)
    }

    /// The step after a page, and the last change that was seen up to it; none after the last page of all.
    fn after(&self, page: &Page) -> Result<(Option<Self>, Option<Millis>), CrmError> {
        let last = page.records.iter().filter_map(|row| row.time(MODIFIED)).max().max(self.last);
        let next = match page.next()? {
            Some(locator) => Some(Self { last, locator: Some(locator), ..self.clone() }),
            None => Some(Self { kind: self.kind + 1, last, locator: None })
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
                match self.all(began, Step::at(after.as_deref())).await {
                    Err(Trouble::PageGone) => self.all(now, Step::FIRST).await,
                    changes => changes,
                }
            }
            Position::Since { from, all_at, after } => {
                self.since(from, all_at, Step::at(after.as_deref()), now).await
            }
        };
        changes.map_err(CrmError::from)
    }

    async fn all(&self, began: Millis, step: Step) -> Result<Changes, Trouble> {
        let page = match &step.locator {
            Some(locator) => self.api.next(locator).await?,
            None => self.present(step.object(), "", "").await?,
        };
        let (next, _) = step.after(&page)?;
        let more = next.is_some();
        let position = Position::after_all(began, next.map(|next| next.to_text()), OVERLAP);
        Ok(Changes { all_since: (!more).then_some(began), ..self.page(page, &position, more) })
    }

    async fn since(
        &self,
        from: Millis,
        all_at: Millis,
        step: Step,
        now: Millis,
    ) -> Result<Changes, Trouble> {
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
        // a while before the last leads were.
        let from = match last {
            Some(last) if !more => last.min(now).plus_secs(-OVERLAP).max(from),
            _ => from,
        };
        let after = next.map(|next| next.to_text());
        Ok(self.page(page, &Position::Since { from, all_at, after }, more))
    }

    /// The first page of what was modified, with what is gone.
    async fn modified(&self, object: &Object, from: Millis) -> Result<Page, Trouble> {
        let (select, from) = (self.select(object), soql::time(from));
        let query = format!("{select} WHERE {MODIFIED} >= {from} ORDER BY {MODIFIED}, Id");
        object.or_nobody(self.api.first_of_all(&query).await)
    }

    /// What a page tells: a lead that was converted is gone, and moved to the contact that it has become.
    fn page(&self, page: Page, position: &Position, more: bool) -> Changes {
        let (there, gone): (Vec<_>, Vec<_>) =
            page.records.into_iter().partition(|row| !row.is_deleted() && !row.is_converted());
        let records = there.iter().map(|row| self.record(row)).collect();
        let moved = gone.iter().filter(|row| !row.is_deleted()).filter_map(Row::has_become);
        let moved = moved.collect();
        let gone = gone.iter().map(|row| row.id().to_owned()).collect();
        Changes { moved, ..position.page(records, gone, more) }
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
        let step = Step::at(None);
        assert_eq!(step.object().name, "Contact");
        let mut seen = Vec::new();
        let mut next = Some(step);
        for (locator, modified) in [
            (Some("01g-2000"), &[late][..]),
            (None, &[early]),
            (Some("01h-2000"), &[]),
            (None, &[early]),
        ] {
            let step = Step::at(next.map(|next| next.to_text()).as_deref());
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
        for odd in ["", "01g-2000", "User::", "Lead:x"] {
            assert_eq!(Step::at(Some(odd)), Step::FIRST, "{odd}");
        }
    }
}
