//! A profile as it is compared: the page of one person, or one that may as well be a firm's.

use crate::contact::Link;

/// What the pages begin with that are one person's each, and never a firm's.
const OF_ONE: [&str; 3] = ["linkedin.com/in/", "linkedin.com/pub/", "xing.com/profile/"];

/// What begins so is nobody's page.
const NOBODYS: [&str; 3] = ["groups/", "jobs/", "feed/"];

/// The page at a network that a link leads to; its registrable `domain` stands for every host of it.
pub(super) fn page(link: &Link, domain: &str) -> Option<String> {
    let key = link.key().to_lowercase();
    let path = key.get(link.host().len()..).unwrap_or_default().trim_start_matches('/');
    let is_somebodys = !path.is_empty() && !NOBODYS.iter().any(|page| path.starts_with(page));
    is_somebodys.then(|| format!("{domain}/{path}"))
}

/// Where a page stands that is one person's, whatever else several people share; nothing of a page that
/// may be a firm's.
pub(in crate::matching) fn of_one(page: &str) -> Option<&'static str> {
    OF_ONE.into_iter().find(|pages| page.starts_with(pages))
}
