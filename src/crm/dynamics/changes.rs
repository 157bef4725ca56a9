//! What changed in an environment: by its change tracking, which also tells what is gone
//! (<https://learn.microsoft.com/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems>).
//! Where the table of contacts is not tracked, by the time of change, and everything once a day.

use super::Dynamics;
use super::answer::{MASTER, Page, Row, TableDetails};
use super::position::Position;
use super::query::select;
use super::request::Look;
use super::write::row_of;
use crate::clock::Millis;
use crate::crm::left::Left;
use crate::crm::{Changes, CrmError};

/// Contacts on one page, and that changes are to be tracked from now on.
const PAGE: &str = "odata.maxpagesize=1000";
const TRACK: &str = "odata.track-changes,odata.maxpagesize=1000";
/// What was changed so long before is asked for again: clocks differ.
const OVERLAP: i64 = 5 * 60;
/// A link to a next page that is older is not expected to be taken.
const LINK_LIFE: i64 = 60 * 60;
/// Without tracking everything is read again after so long.
const ALL_EVERY: i64 = 24 * 60 * 60;
/// With tracking too: what is not shown any more says nothing of itself.
const TRACKED_ALL_EVERY: i64 = 7 * 24 * 60 * 60;

impl Dynamics {
    /// One page of what changed since `position`; from the beginning if it is empty, or if what
    /// changed since is not known any more.
    pub async fn changes(&self, position: &str, now: Millis) -> Result<Changes, CrmError> {
        match Position::parse(position) {
            None => self.begin(now).await,
            Some(Position::All { began, tracked, next }) => {
                match self.api.follow(&next, prefer(tracked)).await {
                    Ok(Some(page)) => self.all(page, began, tracked),
                    Ok(None) => self.begin(now).await,
                    Err(CrmError::Refused(_)) if began.plus_secs(LINK_LIFE) <= now => {
                        self.begin(now).await
                    }
                    Err(error) => Err(error),
                }
            }
            Some(Position::Tracked { all_at, .. })
                if all_at.plus_secs(TRACKED_ALL_EVERY) <= now =>
            {
                self.begin(now).await
            }
            Some(Position::Tracked { all_at, link }) => match self.api.follow(&link, PAGE).await? {
                Some(page) => Ok(self.tracked(page, all_at, link)),
                None => self.begin(now).await,
            },
            Some(Position::Since { all_at, next: None, .. })
                if all_at.plus_secs(ALL_EVERY) <= now =>
            {
                self.begin(now).await
            }
            Some(Position::Since { from, all_at, next }) => {
                let page = match next {
                    Some(next) => self.api.follow(&next, PAGE).await?,
                    None => Some(self.modified_since(from).await?),
                };
                match page {
                    Some(page) => Ok(self.since(page, from, all_at)),
                    None => self.begin(now).await,
                }
            }
        }
    }

    /// The first page of everything.
    async fn begin(&self, now: Millis) -> Result<Changes, CrmError> {
        let path = "EntityDefinitions(LogicalName='contact')";
        let table = self.api.get(path, &[("$select", "ChangeTrackingEnabled")]).await?;
        let tracked =
            table.and_then(|table: TableDetails| table.change_tracking_enabled) == Some(true);
        let columns = self.columns();
        let page = self.api.list("contacts", &[("$select", &columns)], prefer(tracked)).await?;
        self.all(page, now, tracked)
    }

    fn all(&self, page: Page<Row>, began: Millis, tracked: bool) -> Result<Changes, CrmError> {
        let position = match (&page.next, &page.delta, tracked) {
            (Some(next), _, _) => Position::All { began, tracked, next: next.clone() },
            (None, Some(link), _) => Position::Tracked { all_at: began, link: link.clone() },
            (None, None, false) => {
                let from = began.plus_secs(-OVERLAP);
                Position::Since { from, all_at: began, next: None }
            }
            (None, None, true) => {
                let why = "it does not say how to ask for changes, although it tracks them";
                return Err(CrmError::Refused(why.into()));
            }
        };
        let all_since = page.next.is_none().then_some(began);
        Ok(Changes { all_since, ..self.page(page, &position) })
    }

    fn tracked(&self, page: Page<Row>, all_at: Millis, link: String) -> Changes {
        // An answer without a link says that nothing changed.
        let next = page.next.clone().or_else(|| page.delta.clone()).unwrap_or(link);
        self.page(page, &Position::Tracked { all_at, link: next })
    }

    async fn modified_since(&self, from: Millis) -> Result<Page<Row>, CrmError> {
        let filter = format!("modifiedon ge {}", from.to_rfc3339());
        let columns = self.columns();
        let options =
            [("$select", columns.as_str()), ("$filter", &filter), ("$orderby", "modifiedon asc")];
        self.api.list("contacts", &options, PAGE).await
    }

    fn since(&self, page: Page<Row>, from: Millis, all_at: Millis) -> Changes {
        let last = page.value.iter().filter_map(Row::modified).max().unwrap_or(from);
        // What began at `from` goes on; then it begins where the last change was.
        let (from, next) = match &page.next {
            Some(next) => (from, Some(next.clone())),
            None => (last.plus_secs(-OVERLAP).max(from), None),
        };
        self.page(page, &Position::Since { from, all_at, next })
    }

    fn page(&self, page: Page<Row>, position: &Position) -> Changes {
        let more = page.next.is_some();
        let (mut records, mut gone) = (Vec::new(), Vec::new());
        let (mut left, mut moved) = (Vec::new(), Vec::new());
        for row in page.value {
            if let Some(id) = row.gone() {
                left.push(id);
            } else if let Some(id) = row.id("contactid") {
                if row.is_active() {
                    records.push(self.record(id, &row));
                } else if let Some(other) = row.became() {
                    moved.push((id, other));
                } else {
                    gone.push(id);
                }
            }
        }
        let position = position.to_text();
        Changes { records, gone, left, moved, position, more, ..Changes::default() }
    }

    /// What became of rows that are named no more. A row that may not be seen is refused, one that is gone is
    /// not found.
    pub(in crate::crm) async fn left(&self, ids: &[&str]) -> Result<Left, CrmError> {
        let (columns, mut left) = (self.columns(), Left::default());
        for id in ids {
            let other = match self.api.look(&row_of(id), &columns).await? {
                Look::Hidden => continue,
                Look::Shown(row) if row.is_active() => continue,
                Look::Shown(row) => match self.get(id).await? {
                    // It was merged into one that may not be seen.
                    None if row.became().is_some() => continue,
                    other => other,
                },
                Look::Gone => None,
            };
            match other {
                Some(other) => left.became.push(((*id).to_owned(), other)),
                None => drop(left.deleted.insert((*id).to_owned())),
            }
        }
        Ok(left)
    }

    /// The columns to ask for.
    pub(super) fn columns(&self) -> String {
        select(self.mapping.properties().chain(["statecode", MASTER, "modifiedon"]))
    }
}

const fn prefer(tracked: bool) -> &'static str {
    if tracked { TRACK } else { PAGE }
}
