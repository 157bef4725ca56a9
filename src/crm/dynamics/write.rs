//! What is written to an environment.

use super::Dynamics;
use super::answer::{MASTER, Page, Row};
use super::columns;
use super::company::{COMPANY, Company, Write};
use super::query::{any, is_guid, literal, read_as};
use super::request::{Look, Only, Taken};
use crate::contact::Contact;
use crate::crm::mapping::{Change, Fields, Slot};
use crate::crm::{CrmError, New, Record, Update, Updated, Written};
use serde_json::{Map, Value, json};

/// Addresses by which a person is looked for.
const MOST: usize = 5;
/// Duplicates that are looked at.
const ALIKE: usize = 5;
/// So many merges are followed from one record to the next.
pub(super) const MERGES: usize = 5;
/// How often a write begins anew where others change the record in the same moment.
const TRIES: usize = 3;
/// Values so long are no part of a search for duplicates: an address holds only so much.
const LONGEST: usize = 100;

impl Dynamics {
    /// Makes a record under the id `new.key`, with the company that the contact belongs to. Whoever has
    /// the same address, or without one of their own the same name and all else that is wanted, or is a duplicate by
    /// the rules of the environment, is there already.
    pub async fn create(&self, new: &New<'_>) -> Result<Written, CrmError> {
        let New { key, contact, .. } = *new;
        let change = self.mapping.create(contact, &self.country).with(new.owner.clone());
        if let Some(lacking) = Written::lacking(&change) {
            return Ok(lacking);
        }
        let id = key.to_ascii_lowercase();
        let there = self.known(new).await?;
        if let Some(there) = there.iter().find(|row| row.id("contactid").as_ref() == Some(&id)) {
            return Ok(Written::made(self.record(id, there), &change));
        }
        if let Some((row, other)) = there.first().and_then(|row| Some((row, row.id("contactid")?)))
        {
            return Ok(Written::Conflict(Some(self.record(other, row))));
        }
        let (change, company) =
            self.with_company(change, contact, Write::New(new.account.as_ref())).await?;
        let row = match self.row(&change, &company).await? {
            Ok(row) => row,
            Err(why) => return Ok(Written::Refused(why)),
        };
        let (place, columns) = (row_of(&id), self.columns());
        new.is_asked_for().await?;
        let asked = self.api.patch(&place, &Only::New, &columns, &row, true).await;
        let mut taken = new.answered(asked).await?;
        if matches!(taken, Taken::Duplicate) && self.fetch(&id).await?.is_none() {
            let mut alike = self.alike(&row).await?;
            if alike.is_empty() {
                return Ok(Written::Refused(
                    "by the duplicate rules of Dynamics this person is there already, but not as a \
                     contact that can be seen; look there"
                        .into(),
                ));
            }
            alike.retain(|there| new.may_be(&there.id));
            if let Some(there) = alike.into_iter().next() {
                return Ok(Written::Conflict(Some(there)));
            }
            // The rules know those only whom the rep keeps apart.
            new.is_asked_for().await?;
            let asked = self.api.patch(&place, &Only::New, &columns, &row, false).await;
            taken = new.answered(asked).await?;
        }
        match taken {
            Taken::Done(row) => self.written(&id, row, &change).await,
            Taken::Invalid(why) => Ok(Written::Refused(why)),
            Taken::Gone => Err(CrmError::Refused("nothing is at its address; check it".into())),
            // It was made by a try of ours whose end we did not see; or a key of its table says no.
            Taken::Changed | Taken::Duplicate => Ok(self.get(&id).await?.map_or_else(
                || Written::Refused("Dynamics has a record with the same key already".into()),
                |now| of_key(&id, now, &change),
            )),
        }
    }

    /// Whether whoever is to be made is there already.
    pub async fn is_there(&self, new: &New<'_>) -> Result<bool, CrmError> {
        Ok(!self.known(new).await?.is_empty())
    }

    /// Who is there already with one of the contact's own addresses; without any, with its name and all else that is
    /// wanted but for the company: the rules of the environment may not know them yet.
    async fn known(&self, new: &New<'_>) -> Result<Vec<Row>, CrmError> {
        let contact = new.contact;
        let columns = |slots: &'static [Slot]| {
            let holds = move |slot: Option<Slot>| slot.is_some_and(|slot| slots.contains(&slot));
            let fields = self.mapping.fields.iter();
            let fields = fields.filter(move |field| !field.hidden && holds(field.holds));
            fields.map(|field| field.property.as_str())
        };
        let emails = contact.own_emails().take(MOST).map(|email| literal(email.as_str()));
        let either: Vec<String> = emails
            .flat_map(|email| {
                columns(&[Slot::Email]).map(move |column| format!("{column} eq {email}"))
            })
            .collect();
        if !either.is_empty() {
            return self.those(new, &any(either.into_iter())).await;
        }
        let fields = self.mapping.create(contact, &self.country).fields();
        let names = columns(&[Slot::Name, Slot::Given, Slot::Family]).filter_map(|column| {
            let text = fields.get(column).filter(|text| !text.is_empty())?;
            Some(format!("{column} eq {}", literal(text)))
        });
        let names: Vec<String> = names.collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut there = self.those(new, &names.join(" and ")).await?;
        there.retain(|row| {
            let lacks = self.change(row, &Contact::default(), contact).edits;
            lacks.iter().all(|edit| edit.property == COMPANY)
        });
        Ok(there)
    }

    /// The contacts in use of which a condition holds and that a new record may be, the oldest first.
    async fn those(&self, new: &New<'_>, condition: &str) -> Result<Vec<Row>, CrmError> {
        let filter = format!("statecode eq 0 and {condition}");
        let wanted = self.columns();
        let options = [
            ("$select", wanted.as_str()),
            ("$filter", &filter),
            ("$orderby", "createdon asc"),
            ("$top", "20"),
        ];
        let mut there: Vec<Row> = self.api.list("contacts", &options, "").await?.value;
        there.retain(|row| row.id("contactid").is_some_and(|id| new.may_be(&id)));
        Ok(there)
    }

    /// The contacts that the environment's rules take for duplicates of a row.
    async fn alike(&self, row: &Map<String, Value>) -> Result<Vec<Record>, CrmError> {
        let mut entity =
            Map::from_iter([("@odata.type".to_owned(), json!("Microsoft.Dynamics.CRM.contact"))]);
        for (name, value) in row {
            if value.as_str().is_some_and(|text| text.len() <= LONGEST) && !name.contains('@') {
                entity.insert(name.clone(), value.clone());
            }
        }
        let path = "RetrieveDuplicates(BusinessEntity=@p1,MatchingEntityName=@p2,PagingInfo=@p3)";
        let entity = Value::Object(entity).to_string();
        let paging = json!({"PageNumber": 1, "Count": ALIKE}).to_string();
        let options = [("@p1", entity.as_str()), ("@p2", "'contact'"), ("@p3", &paging)];
        let found: Option<Page<Row>> = self.api.get(path, &options).await?;
        let found = found.map(|page| page.value).unwrap_or_default();
        let mut alike = Vec::new();
        for id in found.iter().filter_map(|row| row.id("contactid")).take(ALIKE) {
            alike.extend(self.get(&id).await?);
        }
        Ok(alike)
    }

    /// The record that a try of ours has made under the id `key`; [`Written::Conflict`] where it was merged
    /// into another.
    pub async fn made(&self, key: &str) -> Result<Option<Written>, CrmError> {
        let id = key.to_ascii_lowercase();
        let there = self.get(&id).await?;
        Ok(there.map(|there| of_key(&id, there, &Change::default())))
    }

    /// Changes a record, if it still has the version. What it was merged into is never changed: nobody has
    /// compared that.
    pub async fn update(&self, update: &Update<'_>) -> Result<Updated, CrmError> {
        let Update { id, version, before, after, way, .. } = *update;
        for _ in 0..TRIES {
            let Some(now) = self.fetch(id).await? else {
                return Ok(Written::Conflict(None).into());
            };
            let there = self.fetched(id, &now);
            let change = self.change(&now, before, after);
            let write = Write::Update(Some(&now), before, way);
            let (change, company) = self.with_company(change, after, write).await?;
            if change.edits.is_empty() {
                // There already: by our own try whose end we did not see, or by somebody's hand.
                return Ok(Written::made(there, &change).into());
            }
            if there.id != id || there.version != version {
                return Ok(Written::Conflict(Some(there)).into());
            }
            let row = match self.row(&change, &company).await? {
                Ok(row) => row,
                Err(why) => return Ok(Written::Refused(why).into()),
            };
            let (columns, only) = (self.columns(), Only::As(now.etag()));
            update.is_asked_for().await?;
            let asked = self.api.patch(&row_of(id), &only, &columns, &row, true).await;
            match update.answered(asked).await? {
                Taken::Done(row) => {
                    let written = self.written(id, row, &change).await?;
                    return Ok(Updated::edited(written, there.contact));
                }
                Taken::Invalid(why) => return Ok(Written::Refused(why).into()),
                Taken::Gone => return Ok(Written::Conflict(None).into()),
                Taken::Changed => {}
                Taken::Duplicate => {
                    let told = "by the duplicate rules of Dynamics another record would be the same \
                                person; merge them there";
                    return Ok(Written::Refused(told.into()).into());
                }
            }
        }
        Err(CrmError::Unreachable(
            "the record is being changed by others; it is tried again".into(),
        ))
    }

    /// Removes a record, if it still has the version, no other one was merged into it, and nobody has worked
    /// with it. One that is gone is removed.
    pub async fn delete(&self, id: &str, version: &str) -> Result<Option<Written>, CrmError> {
        for _ in 0..TRIES {
            let Some(now) = self.fetch(id).await? else { return Ok(None) };
            let there = self.fetched(id, &now);
            if there.id != id || there.version != version || self.has_taken_in(id).await? {
                return Ok(Some(Written::Conflict(Some(there))));
            }
            if let Some(why) = self.stays(id).await? {
                return Ok(Some(why));
            }
            match self.api.delete(id, now.etag()).await? {
                Taken::Done(_) | Taken::Gone => return Ok(None),
                Taken::Invalid(why) => return Ok(Some(Written::Refused(why))),
                Taken::Changed | Taken::Duplicate => {}
            }
        }
        Err(CrmError::Unreachable(
            "the record is being changed by others; it is tried again".into(),
        ))
    }

    /// What is to be sent for a change; or why it cannot be.
    async fn row(
        &self,
        change: &Change,
        company: &Company,
    ) -> Result<Result<Map<String, Value>, String>, CrmError> {
        let mut fields: Fields = change.fields();
        fields.remove(COMPANY);
        let columns = columns::of(&self.api, &fields).await?;
        Ok(columns::row(&fields, &columns).map(|mut row| {
            let bind = "parentcustomerid_account@odata.bind";
            match company {
                Company::Stays => {}
                Company::Is(account) => {
                    row.insert(bind.into(), json!(format!("/accounts({})", account.id)));
                }
                Company::Goes => {
                    row.insert(bind.into(), Value::Null);
                }
            }
            row
        }))
    }

    /// The record as it is after a write.
    async fn written(
        &self,
        id: &str,
        row: Option<Row>,
        change: &Change,
    ) -> Result<Written, CrmError> {
        let row = match row {
            Some(row) => Some(row),
            None => self.fetch(id).await?,
        };
        Ok(row.map_or(Written::Conflict(None), |row| of_key(id, self.fetched(id, &row), change)))
    }

    /// Whether another row was merged into one.
    async fn has_taken_in(&self, id: &str) -> Result<bool, CrmError> {
        let filter = format!("{} eq {id}", read_as(MASTER));
        let options = [("$select", "statecode"), ("$filter", filter.as_str()), ("$top", "1")];
        Ok(!self.api.list("contacts", &options, "").await?.value.is_empty())
    }

    /// The row with this id, if it is there and in use, or the one that it was merged into.
    pub(super) async fn fetch(&self, id: &str) -> Result<Option<Row>, CrmError> {
        if !is_guid(id) {
            return Ok(None);
        }
        let columns = self.columns();
        let mut id = id.to_owned();
        for _ in 0..MERGES {
            let Look::Shown(row) = self.api.look(&row_of(&id), &columns).await? else {
                return Ok(None);
            };
            match row.became() {
                Some(other) => id = other,
                None => return Ok(Some(row).filter(Row::is_active)),
            }
        }
        Ok(None)
    }
}

/// What came of writing a record under an id: it is of that id, unless it was merged into another.
fn of_key(id: &str, there: Record, change: &Change) -> Written {
    if there.id == id { Written::made(there, change) } else { Written::Conflict(Some(there)) }
}

/// The row of a contact.
pub(super) fn row_of(id: &str) -> String {
    format!("contacts({id})")
}
