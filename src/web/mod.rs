//! The API, the review page, sign-in.
