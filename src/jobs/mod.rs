//! What runs later or again.
