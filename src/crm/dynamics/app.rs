//! The app registration that signs in.

use super::query::is_guid;
use crate::source::oauth::is_directory;

/// An app of a directory at Microsoft Entra, which is an application user of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its application (client) id.
    pub(super) client_id: String,
    /// Its directory (tenant): an id or a domain.
    pub(super) directory: String,
}

impl App {
    /// Reads `CLIENT_ID@DIRECTORY`; a client id is a GUID, a directory a GUID or a domain.
    pub fn parse(name: &str) -> Option<Self> {
        let (client_id, directory) = name.trim().split_once('@')?;
        let fits = is_guid(client_id) && is_directory(directory);
        fits.then(|| Self { client_id: client_id.to_owned(), directory: directory.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::App;

    #[test]
    fn an_app_is_named_by_its_id_and_its_directory() {
        let id = "6731de76-14a6-49ae-97bc-6eba6914391e";
        for directory in ["contoso.example", "72f988bf-86f1-41af-91ab-2d7cd011db47"] {
            let app = App::parse(&format!("{id}@{directory}")).expect("an app");
            assert_eq!((app.client_id.as_str(), app.directory.as_str()), (id, directory));
        }
        for odd in ["", id, "app@contoso.example", &format!("{id}@"), &format!("{id}@a/b")] {
            assert_eq!(App::parse(odd), None, "{odd}");
        }
    }
}
