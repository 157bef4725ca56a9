//! What changed in an account: everything by the list once a day, and what was updated since by the
//! same list in that order.

use super::Pipedrive;
use super::answer::Person;
use super::request::{Look, PAGE};
use crate::clock::Millis;
use crate::crm::left::Left;
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

    /// What became of records that the list names no more. Deleted ones are shown, as such, for 30 days
    /// (<https://developers.pipedrive.com/changelog/post/permanent-deletion-logic-for-6-core-entities>); who is not
    /// found was deleted for good, or may not be seen.
    pub(in crate::crm) async fn left(&self, ids: &[&str]) -> Result<Left, CrmError> {
        let mut left = Left::default();
        for id in ids {
            match self.api.look(id).await? {
                Look::Shown(person) if person.is_deleted => match self.became(&person).await? {
                    Some(other) => left.became.push(((*id).to_owned(), other)),
                    None => drop(left.deleted.insert((*id).to_owned())),
                },
                Look::Shown(person) if person.id.to_string() != **id => {
                    left.became.push(((*id).to_owned(), self.record(&person).await?));
                }
                Look::Gone => drop(left.deleted.insert((*id).to_owned())),
                Look::Shown(_) | Look::Nothing => {}
            }
        }
        Ok(left)
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
