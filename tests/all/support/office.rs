//! A desk whose tenant has a CRM: what a rep decides, and what the daemon's jobs then do.

use super::databases::Database;
use super::desk::{Desk, letter};
use super::emulator::Emulator;
use super::servers::SERVERS;
use std::ops::Deref;
use std::sync::MutexGuard;
use undersigned::config;
use undersigned::contact::EmailAddress;
use undersigned::crm::connection::{self, Settings, Target};
use undersigned::crm::http::Http;
use undersigned::crm::{CrmError, sync, write};
use undersigned::store::audit::Actor;
use undersigned::store::contacts::{self, AcceptedContact};
use undersigned::store::crm_connections::{self, State};
use undersigned::store::crm_writes::{self, CrmWrite};
use undersigned::store::policies::{self, Companies, NewOwner, Policies};
use undersigned::store::suggestions::Suggestion;
use undersigned::store::users::{self, NewUser, Role};
use undersigned::store::{SuggestionId, WriteId, lists, records};
use undersigned::suggestion::{self, Choice, DecideError, Outcome, RawMessage};

/// A desk and the way to its CRM.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) http: Http,
}

impl Office {
    pub(crate) async fn open(database: &Database) -> Self {
        let desk = Desk::of(&database.open().await, "Kugellager").await;
        let settings = config::Crm { ca_file: Some(SERVERS.ca.clone()), allow_private_hosts: true };
        Self { desk, http: Http::new(&settings).unwrap() }
    }

    /// Connects a CRM as an admin does.
    pub(crate) async fn connect(&self, settings: &Settings) -> Target {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        let found = connection::check(&self.http, db, vault, tenant, settings).await.unwrap();
        let mut tx = db.begin_write().await.unwrap();
        connection::save(&mut tx, vault, tenant, settings, &found, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        found
    }

    /// What an admin is told whose CRM cannot be connected.
    pub(crate) async fn refused(&self, settings: &Settings) -> String {
        let Desk { db, vault, tenant, .. } = &self.desk;
        let checked = connection::check(&self.http, db, vault, tenant, settings).await;
        checked.unwrap_err().to_string()
    }

    /// Reads what changed, as the daemon does every few minutes, and lets open suggestions hear of it.
    pub(crate) async fn read(&self) -> Result<(), CrmError> {
        let read = self.sync().await;
        let Desk { db, tenant, clock, .. } = &self.desk;
        Box::pin(suggestion::renew(db, tenant, clock)).await.unwrap();
        read
    }

    /// As [`Office::read`], in the moment in which open suggestions have not heard of it.
    pub(crate) async fn sync(&self) -> Result<(), CrmError> {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        Box::pin(sync::sync(&self.http, db, vault, clock, tenant)).await
    }

    /// How many records are known.
    pub(crate) async fn known(&self) -> i64 {
        let mut conn = self.desk.db.read().await.unwrap();
        records::count(&mut conn, &self.desk.tenant).await.unwrap()
    }

    /// Says who owns new records.
    pub(crate) async fn assign(&self, owner: NewOwner) {
        self.set(&Policies { owner, ..Policies::default() }).await;
    }

    /// Lets companies be made.
    pub(crate) async fn make_companies(&self) {
        self.set(&Policies { companies: Companies::Make, ..Policies::default() }).await;
    }

    async fn set(&self, policies: &Policies) {
        let mut tx = self.desk.db.begin_write().await.unwrap();
        policies::set(&mut tx, &self.desk.tenant, policies).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A rep with this address.
    pub(crate) async fn rep(&self, email: &str) -> Actor {
        let Desk { db, tenant, clock, .. } = &self.desk;
        let mut tx = db.begin_write().await.unwrap();
        let email = EmailAddress::parse(email).unwrap();
        let (name, role, password_hash) = ("Rita Rep", Role::Member, "none");
        let new = NewUser { tenant, email: &email, name, role, password_hash };
        let id = users::create(&mut tx, &new, clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        Actor::User(id)
    }

    pub(crate) async fn accept(&self, id: &SuggestionId) {
        self.accept_as(&Actor::CommandLine, id).await;
    }

    pub(crate) async fn accept_as(&self, actor: &Actor, id: &SuggestionId) {
        self.try_accept(actor, id, &Choice::default()).await.unwrap();
    }

    /// Accepts a suggestion as somebody else than the known person.
    pub(crate) async fn accept_apart(&self, id: &SuggestionId) {
        let choice = Choice { apart: true, ..Choice::default() };
        self.try_accept(&Actor::CommandLine, id, &choice).await.unwrap();
    }

    /// Accepts a suggestion but for the e-mail address.
    pub(crate) async fn accept_without_email(&self, id: &SuggestionId) {
        let typed = [("emails/1".to_owned(), String::new())].into();
        let choice = Choice { typed, ..Choice::default() };
        self.try_accept(&Actor::CommandLine, id, &choice).await.unwrap();
    }

    /// Accepts a suggestion as it looked when it had this version.
    pub(crate) async fn accept_seen(
        &self,
        id: &SuggestionId,
        seen: i64,
    ) -> Result<(), DecideError> {
        let choice = Choice { seen: Some(seen), ..Choice::default() };
        self.try_accept(&Actor::CommandLine, id, &choice).await
    }

    /// Accepts what is chosen of a suggestion.
    pub(crate) async fn try_accept(
        &self,
        actor: &Actor,
        id: &SuggestionId,
        choice: &Choice,
    ) -> Result<(), DecideError> {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let mut tx = db.begin_write().await?;
        let now = clock.now();
        Box::pin(suggestion::accept(&mut tx, tenant, id, choice, actor, now)).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    pub(crate) async fn undo(&self, id: &SuggestionId) {
        let Desk { db, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let mut tx = db.begin_write().await.unwrap();
        let undoing = suggestion::undo(&mut tx, tenant, id, &Actor::CommandLine, clock.now());
        Box::pin(undoing).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Undoes what was written, all of it.
    pub(crate) async fn taken_back(&self, id: &SuggestionId) {
        self.undo(id).await;
        let undone = self.write(id).await;
        assert_eq!((undone.state, undone.detail.as_str()), (crm_writes::State::Undone, ""));
    }

    /// Makes the last write of a suggestion, as its job does.
    pub(crate) async fn write(&self, id: &SuggestionId) -> CrmWrite {
        self.try_write(id).await.unwrap()
    }

    /// As [`Office::write`], where the CRM may not be able to take it now.
    pub(crate) async fn try_write(&self, id: &SuggestionId) -> Result<CrmWrite, CrmError> {
        let planned = self.last_write(id).await;
        self.run(&planned.id).await?;
        Ok(self.last_write(id).await)
    }

    /// Does what the job of a write does.
    pub(crate) async fn run(&self, write: &WriteId) -> Result<(), CrmError> {
        let Desk { db, vault, tenant, clock, .. } = &self.desk;
        clock.advance_secs(1);
        let attempt = write::make(&self.http, db, vault, clock, tenant, write);
        let made = Box::pin(attempt).await?;
        if let Some(made) = made {
            let mut tx = db.begin_write().await.unwrap();
            let settling = write::settle(&mut tx, tenant, made, clock.now());
            let anew = Box::pin(settling).await.unwrap();
            let deciding = suggestion::decide_anew(&mut tx, tenant, &anew, clock.now());
            Box::pin(deciding).await.unwrap();
            tx.commit().await.unwrap();
            Box::pin(suggestion::renew(db, tenant, clock)).await.unwrap();
        }
        Ok(())
    }

    pub(crate) async fn last_write(&self, id: &SuggestionId) -> CrmWrite {
        let mut conn = self.desk.db.read().await.unwrap();
        crm_writes::of_suggestion(&mut conn, &self.desk.tenant, id).await.unwrap().unwrap()
    }

    /// The contact that accepting a suggestion made.
    pub(crate) async fn contact_of(&self, id: &SuggestionId) -> AcceptedContact {
        let contact = self.desk.suggestion(id).await.contact_id.unwrap();
        let mut conn = self.desk.db.read().await.unwrap();
        contacts::get(&mut conn, &self.desk.tenant, &contact).await.unwrap().unwrap()
    }

    /// The CRM's id of the record that it is of.
    pub(crate) async fn record_of(&self, id: &SuggestionId) -> Option<String> {
        let contact = self.contact_of(id).await.id;
        let mut conn = self.desk.db.read().await.unwrap();
        let found = records::external_ids(&mut conn, &self.desk.tenant, &[contact.as_str()]).await;
        found.unwrap().remove(contact.as_str())
    }

    /// What a letter to a list to which nobody has written before suggests there.
    pub(crate) async fn suggested_elsewhere(
        &self,
        number: usize,
        from: &str,
        signature: &str,
    ) -> SuggestionId {
        let Desk { db, tenant, mailboxes, clock, intake, .. } = &self.desk;
        clock.advance_secs(1);
        let mut tx = db.begin_write().await.unwrap();
        let name = format!("North {number}");
        let list = lists::create(&mut tx, tenant, &name, clock.now()).await.unwrap().id;
        tx.commit().await.unwrap();
        let message = self.desk.message(&letter(number, from, signature));
        let message = RawMessage { mailbox: mailboxes[1].clone(), list, ..message };
        match Box::pin(intake.take(message, None)).await.unwrap() {
            Outcome::New(id) | Outcome::Update(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// What a letter from somebody with these lines below the greeting suggests.
    pub(crate) async fn suggested(&self, number: usize, from: &str, signature: &str) -> Suggestion {
        match Box::pin(self.desk.take(&letter(number, from, signature))).await {
            Outcome::New(id) | Outcome::Update(id) => self.desk.suggestion(&id).await,
            other => panic!("{other:?}"),
        }
    }
}

/// Who writes in most stories.
pub(crate) const ANNA: &str = "Anna Müller <anna.mueller@exempla.example>";

/// An office and the system that is its CRM.
pub(crate) struct OfficeAt<S> {
    pub(crate) office: Office,
    pub(crate) crm: S,
}

impl<S> Deref for OfficeAt<S> {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

impl<S> OfficeAt<S> {
    /// What a letter from [`ANNA`] with these lines below the greeting suggests.
    pub(crate) async fn suggested(&self, number: usize, signature: &str) -> Suggestion {
        self.office.suggested(number, ANNA, signature).await
    }

    /// How the connection fares.
    pub(crate) async fn state(&self) -> (State, String) {
        let mut conn = self.desk.db.read().await.unwrap();
        let found = crm_connections::get(&mut conn, &self.desk.tenant).await.unwrap().unwrap();
        (found.state, found.state_detail)
    }
}

impl<W: Send + 'static> OfficeAt<Emulator<W>> {
    /// Everything there is at an emulator.
    pub(crate) fn world(&self) -> MutexGuard<'_, W> {
        self.crm.world()
    }
}
