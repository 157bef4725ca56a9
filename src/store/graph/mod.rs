//! What mailboxes of kind `graph` need beside their row in `mailboxes`.
//!
//! - `apps`: the app registration of each tenant.
//! - `cursor`: how far a mailbox is read, and which of its messages were looked at.
//! - `subscription`: what wakes its worker up, and the hints that came.
//! - `consent_life`: until when a consent lasts that is not used.
//! - `groups`: whose members' mailboxes are connected.

mod apps;
mod backfill;
mod consent_life;
mod cursor;
mod groups;
mod items;
mod subscription;

pub use apps::{App, AppView, Credential, NewApp, app, app_view, put_app};
pub use backfill::backfill;
pub use consent_life::{consent_end, consent_used};
pub use cursor::{
    Access, Cursor, Gap, Older, access, access_of, add_folder, advance, create, cursors,
    set_folders,
};
pub use groups::{
    Group, GroupState, Member, add_group, group, groups, groups_ill_or_told, groups_told_at,
    is_member, members, note_group_told, note_look, remove_group, set_member, tally_groups,
};
pub use items::{Item, done, finish, forget, refused, set_aside};
pub use subscription::{
    Hint, Kept, STRAY_SECS, Subscription, Told, begin_subscription, end_subscription, genuine,
    hinted, keep_hint, keep_subscription, settle, subscription,
};
