//! Documents that stand in a TEXT column as JSON.

use super::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value as JSON. Our own types have string keys and finite numbers, so this cannot fail.
pub(in crate::store) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The value in a column, or an error that names the place and holds nothing of the value.
pub(in crate::store) fn from_json<T: DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    row: &str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row { table, column, row: row.to_owned() })
}
