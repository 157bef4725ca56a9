//! Tokens by OAuth 2.0 (RFC 6749), with PKCE (RFC 7636), from whatever address the operator names.
//!
//! What the token endpoint says in words is never kept or shown: it names people and may repeat what
//! was sent. Its codes are.

mod account;
mod answer;
mod certificate;
mod client;
mod desk;
mod error;
mod exchange;
mod pkce;
mod registered;
mod services;

pub use account::account_names;
pub use certificate::{BadCertificate, Certificate};
pub use client::{Client, ClientError, Grant, Party, Proof, Tokens};
pub use desk::{Desk, NoConsent, Question, Returned};
pub use error::{Code, TokenError};
pub use exchange::{Exchanges, NoExchange};
pub use pkce::challenge;
pub use registered::{NoApp, Registered};
pub use services::{Services, is_directory};
