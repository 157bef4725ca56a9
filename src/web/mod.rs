//! The API, the review page, sign-in.

pub mod auth;
