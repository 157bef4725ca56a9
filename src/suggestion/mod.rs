//! The way of a message into a list, and a suggestion's life there.
