//! From the bytes of one message to what its author wrote, in memory only.
//!
//! ```text
//! bytes -> limits -> screen (headers only) -> read (MIME, charset, HTML as lines, quotes cut) -> Reading
//! ```
//!
//! A message comes from a stranger: every step is total, bounded ([`Limits`]) and answers with a
//! [`Skipped`] that says why nothing came of it. Nothing here is written anywhere; a
//! [`Reading`] is dropped when the suggestion is made, and neither a [`Skipped`] nor a log line
//! ever holds a word of the message.

mod armor;
mod authentication;
mod author;
mod decode;
mod headers;
mod html;
mod key;
mod laid;
mod languages;
mod limits;
mod link;
mod media;
mod meeting;
mod parts;
mod policy;
mod quote;
mod read;
mod reading;
mod received;
mod screen;
mod skipped;
mod text;

pub use authentication::Sender;
pub use key::message_key_parts;
pub use limits::Limits;
pub use policy::Policy;
pub use read::read;
pub use reading::{Author, Cell, Line, Reading};
pub use received::received;
pub use screen::screen;
pub use skipped::{Reason, Skipped};
