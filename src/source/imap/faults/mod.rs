//! What servers do wrong, played by a script: whatever it is, the cursor stays right, and on the
//! next good connection every message is read exactly once and in order.

mod anew;
mod lines;
mod news;
mod poison;
mod rounds;
mod server;
mod silence;
mod telling;
mod withheld;
