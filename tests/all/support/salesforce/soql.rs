//! SOQL, as far as the stories need it: whatever is not of it is refused as the real one does.

use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The values of a record by name; those of its account as `Account.Name`. Times are milliseconds.
pub(super) type Row = BTreeMap<String, Value>;

#[derive(Debug)]
pub(super) struct Query {
    pub(super) select: Vec<String>,
    /// What it asks for that is with each record.
    pub(super) children: Vec<Query>,
    /// What the number of records is called.
    pub(super) count: Option<String>,
    pub(super) from: String,
    pub(super) condition: Option<Expr>,
    pub(super) group_by: Option<String>,
    pub(super) order_by: Vec<String>,
    pub(super) limit: Option<usize>,
}

#[derive(Debug)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Is { field: String, operator: String, values: Vec<Value> },
}

/// Where a query breaks off.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) String);

/// A literal, or a word or sign.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Word(String),
}

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut tokens = Tokens { all: tokens(text)?, at: 0 };
        let query = Self::read(&mut tokens)?;
        if tokens.at == tokens.all.len() { Ok(query) } else { Err(tokens.unexpected()) }
    }

    fn read(tokens: &mut Tokens) -> Result<Self, Malformed> {
        tokens.keyword("SELECT")?;
        let (mut select, mut children, mut count) = (Vec::new(), Vec::new(), None);
        loop {
            if tokens.skip("(") {
                children.push(Self::read(tokens)?);
                tokens.keyword(")")?;
                if tokens.skip(",") {
                    continue;
                }
                break;
            }
            let name = tokens.name()?;
            if name == "COUNT" {
                for sign in ["(", "Id", ")"] {
                    tokens.keyword(sign)?;
                }
                count = Some(tokens.name()?);
            } else if select.contains(&name) {
                return Err(Malformed(format!("duplicate field selected: {name}")));
            } else {
                select.push(name);
            }
            if !tokens.skip(",") {
                break;
            }
        }
        tokens.keyword("FROM")?;
        let from = tokens.name()?;
        let condition = if tokens.skip("WHERE") { Some(tokens.either()?) } else { None };
        let group_by = tokens.skip("GROUP").then(|| tokens.by().map(|mut it| it.remove(0)));
        let order_by = tokens.skip("ORDER").then(|| tokens.by());
        let limit = tokens.skip("LIMIT").then(|| tokens.name());
        let limit = limit.transpose()?.map(|it| it.parse().map_err(|_| Malformed(it)));
        Ok(Self {
            select,
            children,
            count,
            from,
            condition,
            group_by: group_by.transpose()?,
            order_by: order_by.transpose()?.unwrap_or_default(),
            limit: limit.transpose()?,
        })
    }

    /// Every field that it names.
    pub(super) fn fields(&self) -> Vec<&str> {
        fn of<'a>(expr: &'a Expr, into: &mut Vec<&'a str>) {
            match expr {
                Expr::And(all) | Expr::Or(all) => all.iter().for_each(|it| of(it, into)),
                Expr::Is { field, .. } => into.push(field),
            }
        }
        let named = self.select.iter().chain(&self.group_by).chain(&self.order_by);
        let mut fields: Vec<&str> = named.map(String::as_str).collect();
        self.condition.iter().for_each(|expr| of(expr, &mut fields));
        fields
    }
}

impl Expr {
    pub(super) fn holds(&self, row: &Row) -> bool {
        match self {
            Self::And(all) => all.iter().all(|it| it.holds(row)),
            Self::Or(all) => all.iter().any(|it| it.holds(row)),
            Self::Is { field, operator, values } => {
                let value = row.get(field).unwrap_or(&Value::Null);
                match operator.as_str() {
                    "=" | "IN" => values.iter().any(|it| fold(it) == fold(value)),
                    ">=" => value.as_i64() >= values[0].as_i64() && value.is_number(),
                    "LIKE" => like(values[0].as_str().unwrap(), value.as_str().unwrap_or_default()),
                    other => panic!("the stories do not ask for {other}"),
                }
            }
        }
    }
}

/// Texts are compared without regard to case.
fn fold(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| text.to_lowercase().into())
}

/// Whether a text fits a pattern of which `%` is the one wildcard at either end.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let open = pattern.strip_prefix('%').unwrap_or(&pattern);
    let inner = open.strip_suffix('%').unwrap_or(open).replace("\\%", "%").replace("\\_", "_");
    match (pattern.starts_with('%'), open.ends_with('%')) {
        (true, true) => text.contains(&inner),
        (false, true) => text.starts_with(&inner),
        (true, false) => text.ends_with(&inner),
        (false, false) => text == inner,
    }
}

struct Tokens {
    all: Vec<Token>,
    at: usize,
}

impl Tokens {
    fn skip(&mut self, word: &str) -> bool {
        let is = self.all.get(self.at) == Some(&Token::Word(word.into()));
        self.at += usize::from(is);
        is
    }

    fn keyword(&mut self, word: &str) -> Result<(), Malformed> {
        if self.skip(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn name(&mut self) -> Result<String, Malformed> {
        match self.all.get(self.at) {
            Some(Token::Word(word)) if word.starts_with(|c: char| c.is_alphanumeric()) => {
                self.at += 1;
                Ok(word.clone())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn by(&mut self) -> Result<Vec<String>, Malformed> {
        self.keyword("BY")?;
        let mut names = vec![self.name()?];
        while self.skip(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn either(&mut self) -> Result<Expr, Malformed> {
        let mut all = vec![self.both()?];
        while self.skip("OR") {
            all.push(self.both()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Or(all) })
    }

    fn both(&mut self) -> Result<Expr, Malformed> {
        let mut all = vec![self.one()?];
        while self.skip("AND") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
    }

    fn one(&mut self) -> Result<Expr, Malformed> {
        if self.skip("(") {
            let inner = self.either()?;
            return self.keyword(")").map(|()| inner);
        }
        let field = self.name()?;
        let operators = ["=", ">=", "LIKE", "IN"];
        let operator = operators.into_iter().find(|it| self.skip(it));
        let operator = operator.ok_or_else(|| self.unexpected())?.to_owned();
        let mut values = Vec::new();
        if operator == "IN" {
            self.keyword("(")?;
            values.push(self.literal()?);
            while self.skip(",") {
                values.push(self.literal()?);
            }
            self.keyword(")")?;
        } else {
            values.push(self.literal()?);
        }
        Ok(Expr::Is { field, operator, values })
    }

    fn literal(&mut self) -> Result<Value, Malformed> {
        let token = self.all.get(self.at).cloned().ok_or_else(|| self.unexpected())?;
        let value = match token {
            Token::Text(text) => text.into(),
            Token::Word(word) if word == "true" || word == "false" => (word == "true").into(),
            Token::Word(word) => {
                let at = OffsetDateTime::parse(&word, &Rfc3339);
                let at = at.map_err(|_| self.unexpected())?;
                (at.unix_timestamp() * 1000).into()
            }
        };
        self.at += 1;
        Ok(value)
    }

    fn unexpected(&self) -> Malformed {
        Malformed(format!("unexpected token: {:?}", self.all.get(self.at)))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Malformed> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' {
            let mut literal = String::new();
            loop {
                match rest.next() {
                    None => return Err(Malformed("a literal does not end".into())),
                    Some('\'') => break,
                    Some('\\') => match rest.next() {
                        Some(escaped @ ('\'' | '\\')) => literal.push(escaped),
                        Some(wildcard @ ('%' | '_')) => literal.extend(['\\', wildcard]),
                        _ => return Err(Malformed("an invalid character follows a `\\`".into())),
                    },
                    Some(c) => literal.push(c),
                }
            }
            tokens.push(Token::Text(literal));
        } else if c.is_alphanumeric() {
            let mut word = String::from(c);
            while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || "_.:-".contains(*c)) {
                word.push(c);
            }
            tokens.push(Token::Word(word));
        } else if c == '>' && rest.next_if_eq(&'=').is_some() {
            tokens.push(Token::Word(">=".into()));
        } else if !c.is_whitespace() {
            tokens.push(Token::Word(c.into()));
        }
    }
    Ok(tokens)
}
