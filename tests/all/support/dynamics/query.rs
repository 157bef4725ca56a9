//! The options of a query, as `OData` 4.0 writes them and as far as the stories use them. What is not
//! known, or does not fit its column, is refused.

use super::columns::{Column, Type};
use super::world::Row;
use super::{Refusal, bad};
use serde_json::Value;
use std::collections::BTreeMap;

/// The options of a query, decoded; `+` is no space.
pub(super) fn options(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let plus = text.replace('+', "%2B");
    let mut pairs = url::form_urlencoded::parse(plus.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// The column of a table; a lookup is read as `_NAME_value`.
pub(super) fn column(table: &[Column], name: &str) -> Option<Column> {
    let of_lookup = name.strip_prefix('_').and_then(|it| it.strip_suffix("_value"));
    table.iter().copied().find(|(known, kind, _)| match kind {
        Type::Lookup(_) => of_lookup == Some(known),
        _ => known == &name,
    })
}

/// A name of a column that is read.
pub(super) fn known(table: &[Column], type_name: &str, name: &str) -> Result<Column, Refusal> {
    column(table, name).ok_or_else(|| {
        bad(&format!(
            "Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{type_name}'."
        ))
    })
}

/// A condition.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Is(String, Value),
    From(String, String),
    Contains(String, String),
    Starts(String, String),
    Ends(String, String),
}

impl Filter {
    /// Reads a condition on the columns of a table.
    pub(super) fn read(text: &str, table: &[Column], type_name: &str) -> Result<Self, Refusal> {
        let mut reader = Reader { rest: text, table, type_name };
        let filter = reader.any()?;
        if reader.rest.is_empty() { Ok(filter) } else { Err(reader.odd()) }
    }

    /// Whether it holds of a row; texts are compared without their case.
    pub(super) fn holds(&self, row: &Row) -> bool {
        let text = |name: &str| row.values.get(name).and_then(Value::as_str).map(str::to_lowercase);
        let has = |name: &str, is: &dyn Fn(&str) -> bool| text(name).is_some_and(|text| is(&text));
        match self {
            Self::All(all) => all.iter().all(|it| it.holds(row)),
            Self::Any(any) => any.iter().any(|it| it.holds(row)),
            Self::Is(name, Value::String(wanted)) => has(name, &|it| it == wanted.to_lowercase()),
            Self::Is(name, wanted) => row.values.get(name) == Some(wanted),
            Self::From(name, at) => has(name, &|it| it >= at.to_lowercase().as_str()),
            Self::Contains(name, part) => has(name, &|it| it.contains(&part.to_lowercase())),
            Self::Starts(name, part) => has(name, &|it| it.starts_with(&part.to_lowercase())),
            Self::Ends(name, part) => has(name, &|it| it.ends_with(&part.to_lowercase())),
        }
    }
}

type Make = fn(String, String) -> Filter;

struct Reader<'a> {
    rest: &'a str,
    table: &'a [Column],
    type_name: &'a str,
}

impl Reader<'_> {
    fn any(&mut self) -> Result<Filter, Refusal> {
        let mut some = vec![self.all()?];
        while self.take(" or ") {
            some.push(self.all()?);
        }
        Ok(Filter::Any(some))
    }

    fn all(&mut self) -> Result<Filter, Refusal> {
        let mut some = vec![self.one()?];
        while self.take(" and ") {
            some.push(self.one()?);
        }
        Ok(Filter::All(some))
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        if self.take("(") {
            let inner = self.any()?;
            return if self.take(")") { Ok(inner) } else { Err(self.odd()) };
        }
        let functions: [(&str, Make); 3] = [
            ("contains(", Filter::Contains),
            ("startswith(", Filter::Starts),
            ("endswith(", Filter::Ends),
        ];
        for (name, make) in functions {
            if self.take(name) {
                let (column, kind) = self.name()?;
                let comma = self.take(",");
                let Value::String(text) = self.literal()? else { return Err(self.odd()) };
                let fits = comma && self.take(")") && matches!(kind, Type::Text(_));
                return if fits { Ok(make(column, text)) } else { Err(self.odd()) };
            }
        }
        let (column, kind) = self.name()?;
        if self.take(" ge ") && kind == Type::Time {
            let end = self.rest.find([' ', ')']).unwrap_or(self.rest.len());
            let (at, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(Filter::From(column, at.to_owned()));
        }
        if !self.take(" eq ") {
            return Err(self.odd());
        }
        if matches!(kind, Type::Lookup(_)) {
            let end = self.rest.find([' ', ')']).unwrap_or(self.rest.len());
            let (id, rest) = self.rest.split_at(end);
            if id.len() != 36 || id.contains('\'') {
                return Err(self.odd());
            }
            self.rest = rest;
            return Ok(Filter::Is(column, Value::String(id.to_owned())));
        }
        let value = self.literal()?;
        let fits = match kind {
            Type::Text(_) => value.is_string(),
            Type::Number => value.is_number(),
            Type::Flag => value.is_boolean(),
            Type::Time | Type::Id | Type::Lookup(_) => false,
        };
        if fits { Ok(Filter::Is(column, value)) } else { Err(self.odd()) }
    }

    fn name(&mut self) -> Result<(String, Type), Refusal> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let (_, kind, _) = known(self.table, self.type_name, name)?;
        Ok((name.to_owned(), kind))
    }

    fn literal(&mut self) -> Result<Value, Refusal> {
        if !self.take("'") {
            let end = self.rest.find([' ', ')']).unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return serde_json::from_str(text).map_err(|_| self.odd());
        }
        let mut text = String::new();
        while let Some(end) = self.rest.find('\'') {
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            if !self.take("'") {
                return Ok(Value::String(text));
            }
            text.push('\'');
        }
        Err(self.odd())
    }

    fn take(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn odd(&self) -> Refusal {
        bad(&format!("Syntax error in the filter, {} characters before its end", self.rest.len()))
    }
}
