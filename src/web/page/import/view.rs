//! What the page of imports shows.

use crate::contact::Contact;
use crate::crm::table::{Chosen, Column, Imported, Preview, Problem as RowProblem};
use crate::store::{TenantId, crm_connections, records};
use crate::web::State;
use crate::web::api::records::MAX_FILE;
use crate::web::auth::SignedIn;
use crate::web::page::assets::Links;
use crate::web::page::consent::title;
use crate::web::page::review::status::{name_of, position_of};
use crate::web::problem::Problem;
use askama::Template;

/// How many rows that are left out are named; the file tells the rest.
const PROBLEMS: usize = 20;
/// How many letters of a value are shown.
const LETTERS: usize = 40;
/// What to do where the file names no column in words that we know.
const UNKNOWN: &str = "No column is known by its name. Say below what the columns hold.";

/// What came of what was asked.
#[derive(Debug, Default)]
pub(super) enum Outcome {
    /// Nothing was asked yet.
    #[default]
    Nothing,
    /// The file was looked at; so many records of earlier files would leave if it is the whole CRM.
    Looked(Preview, Option<usize>),
    /// It was imported, with these columns.
    Imported(Imported, Chosen),
    /// So many imported records were erased.
    Erased(usize),
    /// It could not be read, with these columns.
    Failed(String, Chosen),
}

/// The page.
#[derive(Template)]
#[template(path = "import.html")]
pub(super) struct ImportPage {
    links: Links,
    csrf: String,
    user: String,
    /// The CRM that is connected.
    crm: Option<&'static str>,
    /// How many records are known.
    known: String,
    /// How many of them came with a file.
    imported: usize,
    max_file: usize,
    meanings: Vec<(&'static str, &'static str)>,
    /// The columns of which something is read …
    columns: Vec<ColumnView>,
    /// … and the others.
    others: Vec<ColumnView>,
    outlook: Option<Outlook>,
    /// How many records are new, and how many were brought up to date.
    done: Option<(String, String)>,
    /// How many have left because the file is the whole CRM, if any.
    gone: Option<String>,
    /// How many were erased.
    erased: Option<String>,
    left: Left,
    failure: Option<String>,
}

/// A column of the file.
struct ColumnView {
    /// Where it stands, from 1.
    place: usize,
    name: String,
    meaning: &'static str,
    examples: String,
}

/// What would come in.
struct Outlook {
    count: usize,
    /// The same for people.
    told: String,
    /// The first of them.
    people: Vec<Person>,
    /// Whether letters may be wrong.
    is_guessed: bool,
    /// How many contacts of earlier files are not in this one, if there are such files and it can be the whole CRM.
    leaving: Option<String>,
}

/// A contact in short.
struct Person {
    name: String,
    position: String,
    reached: String,
}

/// What is left out.
#[derive(Default)]
struct Left {
    rows: String,
    values: String,
    problems: Vec<RowProblem>,
    more: usize,
}

/// Fetches what stands around an outcome.
pub(super) async fn load(
    state: &State,
    signed_in: &SignedIn,
    tenant: &TenantId,
    outcome: Outcome,
) -> Result<ImportPage, Problem> {
    let mut conn = state.db.read().await?;
    let crm = crm_connections::get(&mut conn, tenant).await?;
    let known = records::count(&mut conn, tenant).await?;
    let imported = records::count_imported(&mut conn, tenant).await?;
    drop(conn);
    let mut page = ImportPage {
        links: Links::new(),
        csrf: signed_in.csrf_token().to_owned(),
        user: signed_in.user().name.clone(),
        crm: crm.map(|crm| title(crm.kind.as_str())),
        known: grouped(usize::try_from(known).unwrap_or_default()),
        imported: usize::try_from(imported).unwrap_or_default(),
        max_file: MAX_FILE,
        meanings: Column::choices().map(|column| (column.as_str(), column.words())).collect(),
        columns: Vec::new(),
        others: Vec::new(),
        outlook: None,
        done: None,
        gone: None,
        erased: None,
        left: Left::default(),
        failure: None,
    };
    page.tell(outcome);
    Ok(page)
}

impl ImportPage {
    fn tell(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Looked(found, leaving) => self.tell_outlook(found, leaving),
            Outcome::Imported(done, chosen) => {
                self.tell_columns(as_chosen(chosen));
                self.done = Some((grouped(done.new), grouped(done.again)));
                self.gone = (done.gone > 0).then(|| grouped(done.gone));
                self.left = Left::new(done.problems);
            }
            Outcome::Erased(count) => self.erased = Some(grouped(count)),
            Outcome::Failed(why, chosen) => {
                self.tell_columns(as_chosen(chosen));
                self.failure = Some(why);
            }
        }
    }

    fn tell_outlook(&mut self, found: Preview, leaving: Option<usize>) {
        let columns = (1..).zip(found.columns).map(|(place, column)| ColumnView {
            place,
            name: column.name,
            meaning: column.column.map_or("", Column::as_str),
            examples: column.examples.iter().map(|it| cut(it)).collect::<Vec<_>>().join(", "),
        });
        self.tell_columns(columns.collect());
        if self.columns.is_empty() {
            self.failure = Some(UNKNOWN.to_owned());
            return;
        }
        self.outlook = Some(Outlook {
            count: found.count,
            told: grouped(found.count),
            people: found.contacts.iter().map(Person::new).collect(),
            is_guessed: found.is_guessed,
            leaving: leaving.filter(|_| self.imported > 0).map(grouped),
        });
        self.left = Left::new(found.problems);
    }

    /// Those of which something is read come first; of empty ones nothing can be.
    fn tell_columns(&mut self, columns: Vec<ColumnView>) {
        let (known, others) = columns.into_iter().partition(|it| !it.meaning.is_empty());
        (self.columns, self.others) = (known, others);
    }
}

/// The columns as they were sent, to be sent again.
fn as_chosen(chosen: Chosen) -> Vec<ColumnView> {
    let column = |(place, (name, column)): (usize, (String, Option<Column>))| ColumnView {
        place,
        name,
        meaning: column.map_or("", Column::as_str),
        examples: String::new(),
    };
    (1..).zip(chosen).map(column).collect()
}

impl Person {
    fn new(contact: &Contact) -> Self {
        let emails = contact.emails.iter().map(|email| email.value.as_str().to_owned());
        let phones = contact.phones.iter().map(|phone| phone.value.display());
        let places = contact.addresses.iter().map(|address| address.value.display());
        Self {
            name: name_of(contact),
            position: position_of(contact),
            reached: emails.chain(phones).chain(places).collect::<Vec<_>>().join(" · "),
        }
    }
}

impl Left {
    fn new(mut problems: Vec<RowProblem>) -> Self {
        let rows = problems.iter().filter(|problem| problem.whole).count();
        let values = problems.len() - rows;
        let more = problems.len().saturating_sub(PROBLEMS);
        problems.truncate(PROBLEMS);
        Self { rows: grouped(rows), values: grouped(values), problems, more }
    }
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A number as people read it: `100,000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_short_enough_to_read() {
        let numbers = [0, 999, 1_000, 100_000, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "100,000", "1,234,567"]);
        assert_eq!(cut("Straße"), "Straße");
        assert_eq!(cut(&"ß".repeat(50)), format!("{}…", "ß".repeat(40)));
    }
}
