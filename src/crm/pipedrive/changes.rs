//! What changed in an account: everything by the list once a day, and what was updated since by the
//! same list in that order.

use super::Pipedrive;
use super::answer::Person;
use super::request::PAGE;
use crate::clock::Millis;
use crate::crm::position::Position;
use crate::crm::{Changes, CrmError};

/// What was updated so long before is asked for again: clocks differ.
const OVERLAP: i64 = 2 * 60;

impl Pipedrive {
    /// One page of what changed since `position`; from the beginning if it is empty or a day old.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        match Position::at(position, now) {
            Position::All { began, after } => self.all(began, after.as_deref()).await,
            Position::Since { from, all_at, after } => {
                self.since(from, all_at, after.as_deref()).await
            }
        }
    }

    async fn all(&self, began: Millis, after: Option<&str>) -> Result<Changes, CrmError> {
        let page = self.api.list(None, after, PAGE).await?;
        let next = page.next();
        let more = next.is_some();
        let position = Position::after_all(began, next, OVERLAP);
        let changes = self.page(page.data.unwrap_or_default(), &position, more).await?;
        Ok(Changes { all_since: (!more).then_some(began), ..changes })
    }

    async fn since(
        &self,
        from: Millis,
        all_at: Millis,
        after: Option<&str>,
    ) -> Result<Changes, CrmError> {
        let page = self.api.list(Some(from), after, PAGE).await?;
        let next = page.next();
        let persons = page.data.unwrap_or_default();
        let last = persons.iter().filter_map(Person::updated_at).max();
        let more = next.is_some();
        let from =
            if more { from } else { last.map_or(from, |it| it.plus_secs(-OVERLAP)).max(from) };
        let position = Position::Since { from, all_at, after: next };
        self.page(persons, &position, more).await
    }

    async fn page(
        &self,
        persons: Vec<Person>,
        position: &Position,
        more: bool,
    ) -> Result<Changes, CrmError> {
        let (gone, there): (Vec<_>, Vec<_>) = persons.into_iter().partition(|it| it.is_deleted);
        let gone = gone.into_iter().map(|person| person.id.to_string()).collect();
        Ok(position.page(self.records(&there).await?, gone, more))
    }
}
