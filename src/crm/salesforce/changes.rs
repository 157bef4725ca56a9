//! What changed in an org: everything once a day, and what was modified since from all that there is
//! or was, with what is in the recycle bin. What is deleted for good, or is not shared with the app's
//! user any more, says nothing of itself.

use super::Salesforce;
use super::answer::{Page, Row};
use super::refusal::Trouble;
use super::soql;
use crate::clock::Millis;
use crate::crm::position::Position;
use crate::crm::{Changes, CrmError};

/// When a contact changed, by whatever hand.
const MODIFIED: &str = "SystemModstamp";
/// What was changed so long before is asked for again: a change is seen when its transaction ends,
/// which may take ten minutes, and clocks differ.
const OVERLAP: i64 = 11 * 60;

impl Salesforce {
    /// One page of what changed since `position`; from the beginning if it is empty or a day old.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        let changes = match Position::at(position, now) {
            Position::All { began, after } => match self.all(began, after.as_deref()).await {
                Err(Trouble::PageGone) => self.all(now, None).await,
                changes => changes,
            },
            Position::Since { from, all_at, after } => self.since(from, all_at, after).await,
        };
        changes.map_err(CrmError::from)
    }

    async fn all(&self, began: Millis, after: Option<&str>) -> Result<Changes, Trouble> {
        let page = match after {
            Some(locator) => self.api.next(locator).await?,
            None => self.api.first(&self.select()).await?,
        };
        let next = page.next()?;
        let more = next.is_some();
        let position = Position::after_all(began, next, OVERLAP);
        Ok(Changes { all_since: (!more).then_some(began), ..self.page(page, &position, more) })
    }

    async fn since(
        &self,
        from: Millis,
        all_at: Millis,
        after: Option<String>,
    ) -> Result<Changes, Trouble> {
        let page = match &after {
            Some(locator) => self.api.next(locator).await,
            None => Err(Trouble::PageGone),
        };
        let page = match page {
            Err(Trouble::PageGone) => {
                let (select, from) = (self.select(), soql::time(from));
                let query = format!("{select} WHERE {MODIFIED} >= {from} ORDER BY {MODIFIED}, Id");
                self.api.first_of_all(&query).await?
            }
            page => page?,
        };
        let last = page.records.iter().filter_map(|row| row.time(MODIFIED)).max();
        let next = page.next()?;
        let more = next.is_some();
        // While there are more pages, the query stays the one that they are of.
        let from = match last {
            Some(last) if !more => last.plus_secs(-OVERLAP).max(from),
            _ => from,
        };
        Ok(self.page(page, &Position::Since { from, all_at, after: next }, more))
    }

    fn page(&self, page: Page, position: &Position, more: bool) -> Changes {
        let (gone, there): (Vec<_>, Vec<_>) = page.records.into_iter().partition(Row::is_deleted);
        let records = there.iter().map(|row| self.record(row)).collect();
        position.page(records, gone.iter().map(|row| row.id().to_owned()).collect(), more)
    }
}
