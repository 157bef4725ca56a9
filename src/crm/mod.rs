//! The tenant's CRM: where its records come from.

pub mod csv;

/// The kinds of CRM that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crm {
    /// A table that was exported from any CRM.
    Csv,
}
