//! Tables of contacts, as every CRM and address book exports them: import and export.

mod columns;
mod decode;
mod import;
mod row;
mod write;

pub(crate) use columns::{Column, columns};
pub(crate) use decode::{delimiter, text};
pub use import::{ImportError, Imported, Problem, import};
pub use write::Writer;

#[cfg(test)]
mod tests;
