//! Which address books a user has.

use super::multistatus::Resource;
use super::request::Dav;
use crate::crm::CrmError;
use url::Url;

/// An address book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Its address.
    pub url: Url,
    /// What it is called.
    pub name: String,
}

/// Of the privileges of RFC 3744 §3 those that let a user make or change something in an address book.
const WRITING: [&str; 4] = ["all", "write", "write-content", "bind"];

/// The address book at `url`, or those of the user whom the server knows there: its principal, the principal's
/// home, and the collections in it; none that may only be read.
pub(super) async fn books(dav: &Dav, url: &Url) -> Result<Vec<Book>, CrmError> {
    let base = if url.path() == "/" { dav.well_known(url).await? } else { url.clone() };
    let here = dav.look(&base, 0).await?;
    if let Some(book) = here.iter().find(|resource| resource.is_address_book) {
        if !may_be_written(book) {
            return Err(only_read());
        }
        let name = book.name.clone().unwrap_or_else(|| base.path().to_owned());
        return Ok(vec![Book { url: collection(base), name }]);
    }
    let principal = here.into_iter().find_map(|resource| resource.principal);
    let principal = match principal {
        Some(href) => near(&base, &href)?,
        None => base,
    };
    let home = dav.look(&principal, 0).await?.into_iter().find_map(|it| it.home);
    let home = match home {
        Some(href) => near(&principal, &href)?,
        None => principal,
    };
    let all = dav.look(&home, 1).await?.into_iter();
    let (books, others): (Vec<Resource>, Vec<Resource>) =
        all.filter(|resource| resource.is_address_book).partition(may_be_written);
    if books.is_empty() && !others.is_empty() {
        return Err(only_read());
    }
    books
        .into_iter()
        .map(|resource| {
            let url = collection(near(&home, &resource.href)?);
            let name = resource.name.unwrap_or_else(|| url.path().to_owned());
            Ok(Book { url, name })
        })
        .collect()
}

/// Whether the user may write there, as far as the server tells.
fn may_be_written(book: &Resource) -> bool {
    let told = &book.privileges;
    told.is_empty() || told.iter().any(|one| WRITING.contains(&one.as_str()))
}

fn only_read() -> CrmError {
    CrmError::Refused(
        "its user may only read the address book; let it write there, or enter another one".into(),
    )
}

/// What a server points to must be on the server: the password goes there.
fn near(base: &Url, href: &str) -> Result<Url, CrmError> {
    let url = base.join(href).ok().filter(|url| url.origin() == base.origin());
    url.ok_or_else(|| {
        CrmError::Refused("its address books are on another server; enter their address".into())
    })
}

/// A collection's address ends with a slash, so that names are joined below it.
fn collection(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_that_may_only_be_read_is_told_from_one_of_which_nothing_is_said() {
        let book = |privileges: &[&str]| Resource {
            privileges: privileges.iter().map(|it| (*it).to_owned()).collect(),
            ..Resource::default()
        };
        for writable in [&[][..], &["read", "write"], &["read", "bind", "unbind"], &["all"]] {
            assert!(may_be_written(&book(writable)), "{writable:?}");
        }
        let read = ["read", "read-current-user-privilege-set", "write-properties"];
        assert!(!may_be_written(&book(&read)));
    }
}
