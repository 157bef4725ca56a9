//! Whether a server hands over messages at all. One that lists them and hands over none (what they are
//! stored on is away) is ill, and none of them is to blame: so before a message is held to be, others are asked for.

use super::end::End;
use super::error::WireError;
use super::folder;
use super::watch::Watch;
use super::wire::{Transport, Wire};
use std::collections::BTreeMap;

/// So many others are asked for. Of a folder with fewer messages nothing can be proven: each of them is
/// put aside, and given up in the end, as if the others were handed over.
const WITNESSES: usize = 3;

/// What is known of each folder: one may be stored elsewhere than another.
pub(super) type Doubts = BTreeMap<String, Doubt>;

/// What is known of a folder.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Which one is asked for next: that which was handed over the last time, if any was.
    next: usize,
    /// How many in a row were not handed over.
    failed: usize,
    /// Whether all of them were not.
    is_ill: bool,
}

impl Doubt {
    fn note_failure(&mut self) {
        self.failed += 1;
        self.next = (self.next + 1) % WITNESSES;
    }
}

/// Fails unless the server hands over the newest message of the folder of this name, which is open, or the
/// oldest, or the one between them. One that ends its connection is not asked for again over the next one.
pub(super) async fn prove<S: Transport, R>(
    wire: &mut Wire<S>,
    watch: &mut Watch<R>,
    name: &str,
) -> Result<(), End> {
    let count = wire.count().unwrap_or_default();
    let witnesses: [u32; WITNESSES] = [count, 1, count.div_ceil(2)];
    if usize::try_from(count).is_ok_and(|count| count < WITNESSES) {
        return Ok(());
    }
    let doubt = watch.doubts.entry(name.to_owned()).or_default();
    while doubt.failed < WITNESSES {
        let number = witnesses.get(doubt.next).copied().unwrap_or(count);
        match folder::hands_over(wire, number).await {
            Ok(true) => {
                if doubt.is_ill {
                    // None was to blame.
                    watch.suspicion.forget(name);
                }
                *doubt = Doubt { next: doubt.next, ..Doubt::default() };
                return Ok(());
            }
            Ok(false) => doubt.note_failure(),
            Err(throttled @ WireError::Throttled(_)) => return Err(throttled.into()),
            Err(error) => {
                doubt.note_failure();
                return Err(error.into());
            }
        }
    }
    *doubt = Doubt { is_ill: true, ..Doubt::default() };
    Err(End::NothingHandedOver)
}
