//! A secret: given as a value, or as the path of a file that holds it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// The keys that hold a secret; each may instead be given as `KEY_file`.
pub(super) const SECRETS: [&str; 4] =
    ["database.url", "vault.master_secret", "vault.previous_master_secret", "notices.password"];

/// A secret's value, or none. `Debug` and serialisation hide it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(Option<SecretString>);

impl Secret {
    /// The secret in the clear.
    pub fn expose(&self) -> Option<&str> {
        self.0.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(secret: T) -> Self {
        Self(Some(secret.into().into()))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// The key of the file that holds the secret `key`.
pub(super) fn file_key(key: &str) -> String {
    format!("{key}_file")
}
