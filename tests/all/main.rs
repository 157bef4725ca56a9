//! Stories on real databases and real servers, in one binary.
#![expect(
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a story stops at the first surprise"
)]

mod jobs;
mod support;
