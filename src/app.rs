//! Builds every part from the configuration and runs it.
