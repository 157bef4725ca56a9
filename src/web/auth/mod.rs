//! Who may do what: local accounts with sessions for people, tokens with scopes for programs.

mod address;
pub(super) mod attempts;
mod caller;
mod cookie;
pub mod password;
pub mod session;

pub use crate::vault::secret;
pub use address::{ClientAddress, Proxies};
pub use caller::{Access, ApiCaller};
pub use session::{SignedForm, SignedIn};
