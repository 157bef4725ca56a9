//! Where messages come from.
