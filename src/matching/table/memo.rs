//! What was found out about two values, for the next two records that have them.

use crate::matching::similarity::Degree;

/// How many of the latest findings are kept, as a power of two.
const SLOTS: u32 = 15;
/// Most bits of the number of a value; larger ones are not kept.
const WIDTH: u32 = 28;

/// The degrees of the latest pairs of values.
#[derive(Debug)]
pub(super) struct Memo(Box<[u64]>);

impl Default for Memo {
    fn default() -> Self {
        Self(vec![0; 1 << SLOTS].into())
    }
}

impl Memo {
    /// The degree of two values, by their numbers; `kind` (below 16) tells apart what is compared.
    pub(super) fn degree(
        &mut self,
        kind: usize,
        left: u32,
        right: u32,
        find: impl FnOnce() -> Degree,
    ) -> Degree {
        if left.max(right) >> WIDTH > 0 {
            return find();
        }
        let key = (kind as u64) << (2 * WIDTH) | u64::from(left) << WIDTH | u64::from(right);
        let slot = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SLOTS);
        let slot = &mut self.0[usize::try_from(slot).unwrap_or(0)];
        if *slot >> 3 != key {
            *slot = key << 3 | find() as u64;
        }
        Degree::ALL.get((*slot & 7) as usize).copied().unwrap_or_default()
    }
}
