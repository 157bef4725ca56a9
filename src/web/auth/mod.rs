//! Who may do what: local accounts with sessions for people, tokens with scopes for programs.

pub mod password;
pub mod secret;
