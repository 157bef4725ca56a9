//! Follow-up mail: templates, technical users, the outbox.
