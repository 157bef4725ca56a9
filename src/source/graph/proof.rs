//! Whether Graph hands over any message of the mailbox. Where it lists them and hands over none, the
//! mailbox or Graph is ill, and none of them is to blame: so where several are not handed over and none is,
//! others are asked for.

use super::calls::Calls;
use super::fault::Fault;
use super::items::{New, with_keys};
use super::walk::Walk;
use super::watch::Watch;
use crate::clock::Millis;
use std::collections::HashMap;

/// From so many messages on that are not handed over, one after the other, it is doubted that any is.
const SHUT: usize = 3;

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// The messages that were not handed over since one was, by their keys, and whether each was forbidden.
    refused: HashMap<String, bool>,
    /// Whether others were asked for, and not handed over, either.
    is_ill: bool,
}

impl Doubt {
    /// Notes that a message was not handed over.
    pub(super) fn note(&mut self, key: &str, fault: &Fault) {
        self.refused.insert(key.to_owned(), matches!(fault, Fault::Forbidden));
    }

    /// Notes that a message is gone.
    pub(super) fn forget(&mut self, key: &str) {
        self.refused.remove(key);
    }

    /// Notes that a message was handed over.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether there are so many that any of them may be without blame.
    pub(super) fn is_raised(&self) -> bool {
        self.refused.len() >= SHUT
    }
}

/// Fails where several messages were not handed over since one was, unless another one of the watched folder
/// is. With nothing to compare them with they are to blame only if they are few.
pub(super) async fn prove(watch: &mut Watch, calls: &Calls<'_>) -> Result<(), Fault> {
    if !watch.doubt.is_raised() {
        return Ok(());
    }
    let is_forbidden = watch.doubt.refused.values().all(|forbidden| *forbidden);
    let (is_ill, is_forbidden) = match are_others_refused(watch, calls).await {
        Ok(Some(forbidden)) => (true, is_forbidden && forbidden),
        Ok(None) => (false, false),
        // Who is asked to wait knows no more than before.
        Err(fault) if fault.wait().is_some() => (watch.doubt.is_ill, false),
        Err(fault) => return Err(fault),
    };
    watch.doubt.is_ill = is_ill;
    match (is_ill, is_forbidden) {
        (true, true) => Err(Fault::Forbidden),
        (true, false) => Err(Fault::NothingHandedOver),
        (false, _) => Ok(()),
    }
}

/// Whether others are not handed over, either, and if so, whether all are forbidden.
async fn are_others_refused(watch: &mut Watch, calls: &Calls<'_>) -> Result<Option<bool>, Fault> {
    let mut walk = Walk::new(&watch.held.mailbox.folder, Millis(0), None);
    let listed = match walk.step(watch, calls).await {
        // That it is not there is for the look to say.
        Err(Fault::NoMailbox) => return Ok(None),
        step => with_keys(watch, step?.items).await?,
    };
    let (refused, others): (Vec<New>, Vec<New>) =
        listed.into_iter().partition(|(_, key)| watch.doubt.refused.contains_key(key));
    let (mut is_refused, mut is_forbidden) = (refused.len() >= SHUT, true);
    for (id, _) in witnesses(&others) {
        match watch.or_stop(calls.hands_over(id)).await {
            Ok(()) => {
                watch.handed += 1;
                is_refused = false;
                break;
            }
            Err(Fault::NotFound) => {}
            Err(Fault::Forbidden) => is_refused = true,
            Err(fault) if fault.is_of_one_message() || matches!(fault, Fault::Unreachable) => {
                (is_refused, is_forbidden) = (true, false);
            }
            Err(fault) => return Err(fault),
        }
    }
    if !is_refused {
        watch.doubt.clear();
    }
    Ok(is_refused.then_some(is_forbidden))
}

/// The newest of these, the oldest and the one between them.
fn witnesses(others: &[New]) -> Vec<&New> {
    let all = others.last().into_iter().chain(others.first()).chain(others.get(others.len() / 2));
    all.take(others.len()).collect()
}
