//! Follow-up mail: templates, technical users, the outbox; and notices to the tenant's own people.

mod accounts;
mod line;
pub mod message;
pub mod notice;
pub mod operator;
pub mod outbox;
mod plan;
pub mod smtp;
pub mod technical_user;
pub mod template;

pub use plan::{forget, plan, withdraw};
