//! Is this person known, and what differs: pure functions over contacts.
