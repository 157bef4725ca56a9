//! The configuration: one file a section, every key checked at start.
