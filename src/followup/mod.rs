//! Follow-up mail: templates, technical users, the outbox.

mod line;
pub mod template;
