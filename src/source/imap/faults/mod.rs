//! What servers do wrong, played by a script: whatever it is, the cursor stays right, and on the
//! next good connection every message is read exactly once and in order.

mod anew;
mod idle;
mod large;
mod limits;
mod lines;
mod news;
mod notes;
mod poison;
mod pushed;
mod rounds;
mod searches;
mod server;
mod several;
mod shut;
mod sign_in;
mod silence;
mod telling;
mod withheld;
