//! The tenant's CRM: where its records come from.

pub mod csv;
