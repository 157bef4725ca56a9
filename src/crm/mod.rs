//! The tenant's CRM records.
