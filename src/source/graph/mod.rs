//! Mailboxes at Microsoft 365, through Microsoft Graph.
//!
//! The truth is the mailbox: every look asks delta what came or was moved here, and lists what was
//! received since the look before, with an overlap; a message is known again by a keyed hash. A
//! notification only says that it is time to look. What is read is JSON with the author's own part of
//! the body; of attachments vCards alone are fetched.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `connector` | the addresses and clients, as configured |
//! | `calls` | what is asked of Graph, `answer` what it answers, `fault` what can go wrong |
//! | `cards` | vCards that came with a message |
//! | `single` | one message, `batch` several with one request; `folders` which there are |
//! | `gate` | how many requests at a time, and not before when; `space` how much of their answers |
//! | `access` | tokens, in the app's name or a person's; `consent` asks the person; `personal` accounts |
//! | `directory`, `group` | whose mailboxes there are, and those of a group |
//! | `tender`, `watch` | one mailbox: look, wait, look again; `wakes` cuts the wait short |
//! | `round`, `older` | one look at a folder, and its older mail beside it; `walk` goes through a list, `trail` sees that it ends |
//! | `items` | the messages of a page, `withheld` those that were not handed over; `message` makes mail |
//! | `subscription`, `hints` | to be told when it is time, and what was told; `unsubscribe` ends it, `strays` those that nobody knows of |

mod access;
mod answer;
mod batch;
mod calls;
mod cards;
mod check;
mod connect;
mod connector;
mod consent;
mod directory;
mod failures;
mod fault;
mod folders;
mod gate;
mod group;
mod hints;
mod items;
mod link;
mod message;
mod older;
mod personal;
mod proof;
mod round;
mod single;
mod space;
mod strays;
mod subscription;
mod tender;
mod trail;
mod unsubscribe;
mod wakes;
mod walk;
mod watch;
mod withheld;

pub use access::Keys;
pub use check::{Checked, check, sign_in};
pub use connect::{BadName, New, check_names, is_group, save};
pub use connector::{Connector, NoConnector};
pub use consent::{ConsentError, begin_consent, finish_consent};
pub use directory::{Person, people};
pub use fault::Fault;
pub use folders::{Folder, folders, is_well_known};
pub use group::{Met, meet};
pub use hints::{Hints, NotKept};
pub use tender::{Limits, Tender, Watchers, watchers};
pub use unsubscribe::unsubscribe;
pub use wakes::Wakes;
