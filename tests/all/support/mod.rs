//! What the stories share: the servers, a database of one's own, mail in and mail out.

pub(crate) mod address_book;
pub(crate) mod api;
pub(crate) mod colleague;
pub(crate) mod daemon;
pub(crate) mod databases;
pub(crate) mod desk;
pub(crate) mod dynamics;
pub(crate) mod emulator;
pub(crate) mod hubspot;
pub(crate) mod import_form;
pub(crate) mod killed;
pub(crate) mod letters;
pub(crate) mod lmtp;
pub(crate) mod mailbox;
pub(crate) mod microsoft;
pub(crate) mod notices;
pub(crate) mod office;
pub(crate) mod patience;
pub(crate) mod pipedrive;
pub(crate) mod salesforce;
pub(crate) mod servers;
pub(crate) mod sign_in_service;
pub(crate) mod site;
pub(crate) mod smtp;
pub(crate) mod statements;
pub(crate) mod tryton;
