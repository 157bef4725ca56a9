//! undersigned turns the signatures in a sales team's incoming mail into contact suggestions.
//!
//! # The map
//!
//! One direction, no back and forth; each folder is a thing of the domain.
//!
//! | module | what it is for | uses |
//! | --- | --- | --- |
//! | [`contact`] | values that cannot be wrong: name, phone, e-mail, link, address; the Card | – |
//! | [`mail`] | bytes of one message to a [`mail::Reading`], or the reason why not | `contact` |
//! | [`signature`] | a reading to an [`signature::Extraction`]: pure, total, no clock | `contact`, `mail` |
//! | [`matching`] | is this person known, and what differs: pure | `contact` |
//! | [`clock`] | the only place that asks for the time | – |
//! | [`vault`] | credentials under AES-256-CBC, HMAC and PBKDF2 | its table in `store` |
//! | [`config`] | one file a section; every key checked at start | – |
//! | [`store`] | the only SQL, for SQLite and PostgreSQL | `contact`, `vault`, `clock` |
//! | [`suggestion`] | the way of a message into a list, and a suggestion's life there | all above |
//! | [`source`] | where messages come from: IMAP, Microsoft Graph, files | `suggestion` |
//! | [`crm`] | the tenant's CRM: its records, and what is written there; the outgoing webhook | `store`, `vault`, `matching`, who is the same of `suggestion`, guard, TLS and OAuth of `source` |
//! | [`followup`] | templates, technical users, the outbox | `store`, `vault`, `mail`, TLS of `source` |
//! | [`jobs`] | what runs later or again | all above |
//! | [`web`] | the API, the review page, sign-in | all above |
//! | [`ops`] | health, readiness, metrics, for operators | `store` |
//! | [`lifecycle`], [`logging`] | stops in two stages; what may be logged | `config` |
//! | [`app`] | builds every part from the configuration and runs it | all |
//! | [`cli`] | one file a command | all |
//!
//! Nothing of a message is kept: see [`mail`] for what lives how long.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod contact;
pub mod crm;
pub mod followup;
pub mod jobs;
pub mod lifecycle;
pub mod logging;
pub mod mail;
pub mod matching;
pub mod ops;
pub mod signature;
pub mod source;
pub mod store;
pub mod suggestion;
pub mod vault;
pub mod web;
