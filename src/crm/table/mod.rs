//! Tables of contacts, as every CRM and address book exports them (CSV, Excel): import, a look at what
//! it would do, and export.

mod columns;
mod csv_text;
mod excel;
mod import;
mod intake;
mod leave;
mod left_out;
mod newcomers;
mod open_quote;
mod preview;
mod room;
mod row;
mod rows;
mod write;

pub use columns::{Chosen, Column};
pub use import::{ImportError, Imported, Order, import};
pub use intake::{Problem, id_given};
pub use leave::{erase, import_whole, would_leave};
pub use left_out::{LeftOutError, write_left_out};
pub use preview::{Preview, PreviewColumn, preview};
pub use room::Room;
pub use rows::TableError;
pub(crate) use rows::read;
pub use write::Writer;

#[cfg(test)]
mod tests;
