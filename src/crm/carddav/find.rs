//! Which address books a user has.

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

/// The address book at `url`, or those of the user whom the server knows there: its principal, the
/// principal's home, and the collections in it.
pub(super) async fn books(dav: &Dav, url: &Url) -> Result<Vec<Book>, CrmError> {
    let base = if url.path() == "/" { dav.well_known(url).await? } else { url.clone() };
    let here = dav.look(&base, 0).await?;
    if let Some(book) = here.iter().find(|resource| resource.is_address_book) {
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
    all.filter(|resource| resource.is_address_book)
        .map(|resource| {
            let url = collection(near(&home, &resource.href)?);
            let name = resource.name.unwrap_or_else(|| url.path().to_owned());
            Ok(Book { url, name })
        })
        .collect()
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
