//! What changed in an account: everything by its list once a day, and what was modified since by the
//! search, which never answers more than 10,000 records and lags behind by some seconds. Contacts that are
//! merged become one that is new, which names them.

use super::HubSpot;
use super::answer::{MERGED, Object, Page, millis};
use super::request::Search;
use crate::clock::Millis;
use crate::crm::left::Left;
use crate::crm::position::Position;
use crate::crm::{Changes, CrmError};

/// Records on one page of the list, and of the search: the most that HubSpot gives.
const LISTED: usize = 100;
const FOUND: usize = 200;
/// How much of the search can be paged through.
const SEARCHABLE: usize = 10_000;
/// When a contact changed.
const MODIFIED: &str = "lastmodifieddate";
/// What was changed so long before is asked for again: the search lags, and clocks differ.
const OVERLAP: i64 = 5 * 60;

impl HubSpot {
    /// One page of what changed since `position`; from the beginning if it is empty or a day old.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        match Position::at(position, now) {
            Position::All { began, after } => self.all(began, after.as_deref()).await,
            Position::Since { from, all_at, after } => {
                self.since(from, all_at, after.as_deref(), now).await
            }
        }
    }

    async fn all(&self, began: Millis, after: Option<&str>) -> Result<Changes, CrmError> {
        let properties = self.mapping.properties().chain([MERGED]);
        let page = self.api.list("contacts", after, LISTED, properties).await?;
        let next = page.next();
        let more = next.is_some();
        let position = Position::after_all(began, next, OVERLAP);
        Ok(Changes {
            all_since: (!more).then_some(began),
            ..self.page(page.results, &position, more)
        })
    }

    async fn since(
        &self,
        from: Millis,
        all_at: Millis,
        after: Option<&str>,
        now: Millis,
    ) -> Result<Changes, CrmError> {
        let value = from.0.to_string();
        let filters = [(MODIFIED, "GTE", value.as_str())];
        let search = Search {
            kind: "contacts",
            filters: &filters,
            either: false,
            sort: MODIFIED,
            after,
            limit: FOUND,
        };
        let properties = self.mapping.properties().chain([MODIFIED, MERGED]);
        let page: Page<Object> = self.api.search(&search, properties).await?;
        let last = page.results.iter().filter_map(modified).max();
        let (next, more) = (page.next(), page.next().is_some());
        let position = next_of_search(from, all_at, next, last, now);
        Ok(self.page(page.results, &position, more))
    }

    /// Which of these records are in HubSpot's bin, where they are for 90 days. What was deleted for good is
    /// nowhere, as what is not shown.
    pub(in crate::crm) async fn left(&self, ids: &[&str]) -> Result<Left, CrmError> {
        let binned = self.api.archived(ids).await?.into_iter().filter(|object| object.archived);
        Ok(Left { deleted: binned.map(|object| object.id).collect(), ..Left::default() })
    }

    fn page(&self, objects: Vec<Object>, position: &Position, more: bool) -> Changes {
        let (gone, there): (Vec<_>, Vec<_>) = objects.into_iter().partition(|it| it.archived);
        let became = |object: &Object| -> Vec<(String, String)> {
            object.merged().map(|id| (id.to_owned(), object.id.clone())).collect()
        };
        let moved = there.iter().flat_map(became).collect();
        let records = there.into_iter().map(|object| self.record(&object)).collect();
        let gone = gone.into_iter().map(|object| object.id).collect();
        Changes { moved, ..position.page(records, gone, more) }
    }
}

/// Where to go on after a page of the search, whose last record was changed at `last`.
fn next_of_search(
    from: Millis,
    all_at: Millis,
    next: Option<String>,
    last: Option<Millis>,
    now: Millis,
) -> Position {
    match (next, last.filter(|last| *last > from)) {
        // It begins again at the last that it told: its pages are counted, and whoever is changed meanwhile
        // moves to the end, so that the next page would leave somebody out.
        (Some(_), Some(last)) => Position::Since { from: last, all_at, after: None },
        (Some(next), None) if within(&next) => Position::Since { from, all_at, after: Some(next) },
        // More than can be paged through changed in one moment: only the list tells them all.
        (Some(_), None) => Position::All { began: now, after: None },
        (None, last) => {
            let from = last.map_or(from, |last| last.plus_secs(-OVERLAP));
            Position::Since { from, all_at, after: None }
        }
    }
}

/// Whether the search answers from there.
fn within(after: &str) -> bool {
    after.parse().is_ok_and(|after: usize| after.saturating_add(FOUND) <= SEARCHABLE)
}

fn modified(object: &Object) -> Option<Millis> {
    object.property(MODIFIED).and_then(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_ends_begins_again_where_it_ended() {
        let (from, all_at, now) = (Millis(1_000_000), Millis(1), Millis(9_000_000));
        let since = |from, after: Option<&str>| Position::Since {
            from,
            all_at,
            after: after.map(str::to_owned),
        };
        let at = |next: Option<&str>, last: Option<i64>| {
            next_of_search(from, all_at, next.map(str::to_owned), last.map(Millis), now)
        };
        assert_eq!(at(Some("200"), Some(1_500_000)), since(Millis(1_500_000), None));
        assert_eq!(at(Some("9800"), Some(1_000_000)), since(from, Some("9800")));
        assert_eq!(at(Some("10000"), Some(1_000_000)), Position::All { began: now, after: None });
        assert_eq!(at(None, Some(1_500_000)), since(Millis(1_200_000), None));
        assert_eq!(at(None, Some(1_100_000)), since(Millis(800_000), None), "the search lags");
        assert_eq!(at(None, Some(1_000_000)), since(from, None));
        assert_eq!(at(None, None), since(from, None));
    }
}
