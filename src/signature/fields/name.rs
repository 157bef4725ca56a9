//! The author's name: as signed, completed from `From`, in its parts.

use super::Block;
use crate::contact::{Found, Origin, PersonName};
use crate::signature::label::Role;
use crate::signature::naming;

/// The name.
pub(super) fn read(block: &Block<'_>) -> Option<Found<PersonName>> {
    let context = block.context;
    let header = context.sender.header.clone();
    let signed = block
        .values(Role::Name)
        .into_iter()
        .map(|value| naming::signed(&value.text, context))
        .filter(|signed| !signed.words.is_empty())
        // "Lowell" below the letter, "Lowell Finch, CPA" below that: the fuller counts, after the
        // one that has more of the header's names.
        .max_by_key(|signed| (naming::shared(signed, header.as_ref()), naming::fullness(signed)));
    let (name, confidence, origin) = match (signed, header) {
        (Some(signed), Some(header)) => {
            let agrees = naming::agree(&signed, &header);
            let merged = naming::merge(signed, &header, context);
            (merged, if agrees { 0.98 } else { 0.75 }, Origin::Layout)
        }
        (Some(signed), None) => (naming::finish(signed, context), 0.8, Origin::Layout),
        (None, Some(header)) => (naming::finish(header, context), 0.85, Origin::Header),
        (None, None) => return None,
    };
    (!name.full.is_empty()).then(|| Found::new(name, confidence, origin))
}
