//! The columns of contacts, and texts as the values that they take.

use super::answer::{ColumnDetails, Page};
use super::query::is_guid;
use super::request::Api;
use crate::crm::CrmError;
use crate::crm::mapping::{Fields, Mapping};
use crate::store::crm_connections::Kind;
use serde_json::{Map, Number, Value, json};
use std::collections::BTreeMap;

/// What a column takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Text,
    Number,
    Flag,
    /// The company that a contact belongs to.
    Company,
    /// A user.
    Owner,
}

impl Column {
    fn of(details: &ColumnDetails) -> Option<Self> {
        let written = [details.is_valid_for_create, details.is_valid_for_update];
        if details.is_valid_for_read != Some(true) || !written.contains(&Some(true)) {
            return None;
        }
        match (details.attribute_type.as_deref()?, details.logical_name.as_str()) {
            ("String" | "Memo" | "DateTime", _) => Some(Self::Text),
            ("Picklist" | "Integer" | "BigInt" | "Decimal" | "Double" | "Money" | "Status", _) => {
                Some(Self::Number)
            }
            ("Boolean", _) => Some(Self::Flag),
            ("Customer", "parentcustomerid") => Some(Self::Company),
            ("Owner", "ownerid") => Some(Self::Owner),
            _ => None,
        }
    }
}

/// The columns of contacts that can be read and written.
pub(super) async fn all(api: &Api) -> Result<BTreeMap<String, Column>, CrmError> {
    let path = "EntityDefinitions(LogicalName='contact')/Attributes";
    let wanted = "LogicalName,AttributeType,IsValidForRead,IsValidForCreate,IsValidForUpdate";
    let page: Option<Page<ColumnDetails>> = api.get(path, &[("$select", wanted)]).await?;
    let details = page.map(|page| page.value).unwrap_or_default();
    let columns = details.into_iter();
    Ok(columns.filter_map(|it| Some((it.logical_name.clone(), Column::of(&it)?))).collect())
}

/// What the columns to be written take; the environment is asked only where one is not usual.
pub(super) async fn of(api: &Api, fields: &Fields) -> Result<BTreeMap<String, Column>, CrmError> {
    let usual = Mapping::usual(Kind::Dynamics).unwrap_or_default();
    let texts = usual.fields.into_iter().map(|field| (field.property, Column::Text));
    let usual: BTreeMap<String, Column> =
        texts.chain([("ownerid".to_owned(), Column::Owner)]).collect();
    if fields.keys().all(|name| usual.contains_key(name)) { Ok(usual) } else { all(api).await }
}

/// Texts as a row; an empty one clears the column. What cannot be a value is told as one sentence.
/// The company is not among them.
pub(super) fn row(
    fields: &Fields,
    columns: &BTreeMap<String, Column>,
) -> Result<Map<String, Value>, String> {
    let mut row = Map::new();
    for (name, text) in fields {
        let odd =
            |takes: &str| Err(format!("the field `{name}` takes {takes}; look at the mapping"));
        let value = match columns.get(name) {
            None => return odd("nothing from us"),
            Some(Column::Company) => continue,
            Some(Column::Owner) if is_guid(text) => {
                row.insert(format!("{name}@odata.bind"), json!(format!("/systemusers({text})")));
                continue;
            }
            Some(Column::Owner) => return odd("the id of a user"),
            Some(_) if text.is_empty() => Value::Null,
            Some(Column::Text) => json!(text),
            Some(Column::Number) => match number(text) {
                Some(number) => Value::Number(number),
                None => return odd("a number"),
            },
            Some(Column::Flag) => match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return odd("`true` or `false`"),
            },
        };
        row.insert(name.clone(), value);
    }
    Ok(row)
}

fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_what_its_column_takes() {
        let columns = [
            ("fax", Column::Text),
            ("gendercode", Column::Number),
            ("creditlimit", Column::Number),
            ("donotemail", Column::Flag),
            ("ownerid", Column::Owner),
            ("parentcustomerid", Column::Company),
        ];
        let columns = columns.map(|(name, column)| (name.to_owned(), column)).into();
        let made = |pairs: &[(&str, &str)]| {
            let fields = pairs.iter().map(|(name, text)| ((*name).into(), (*text).into()));
            row(&fields.collect(), &columns)
        };
        let rita = "60c4e274-0d87-e711-80e5-00155db19e6d";
        let all = made(&[
            ("fax", ""),
            ("gendercode", "2"),
            ("creditlimit", "2.5"),
            ("donotemail", "true"),
            ("ownerid", rita),
            ("parentcustomerid", "Exempla"),
        ]);
        let wanted = json!({
            "fax": null, "gendercode": 2, "creditlimit": 2.5, "donotemail": true,
            "ownerid@odata.bind": format!("/systemusers({rita})"),
        });
        assert_eq!(all.map(Value::Object), Ok(wanted));
        for (name, odd) in
            [("gendercode", "x"), ("donotemail", "1"), ("ownerid", "Rita"), ("other", "x")]
        {
            let why = made(&[(name, odd)]).expect_err("it is none");
            assert!(why.contains(&format!("`{name}`")), "{why}");
        }
    }
}
