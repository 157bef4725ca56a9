//! Pairs taken at random, the same ones each time.

/// Most pairs taken.
const MOST: u64 = 300_000;

/// Pairs of records, and how many there are in all. Of a small table every pair is taken.
pub(super) fn pairs(records: u32, second: Option<u32>) -> (Vec<(u32, u32)>, f64) {
    let records = u64::from(records);
    let (first, rest) = match second {
        Some(at) => (u64::from(at), records.saturating_sub(u64::from(at))),
        None => (records, 0),
    };
    let all = if second.is_some() { first * rest } else { records * records.saturating_sub(1) / 2 };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: u64| {
        // SplitMix64 (Steele, Lea, Flood, 2014).
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below.max(1)
    };
    let place = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
    let taken = (0..all.min(MOST)).filter_map(|_| {
        let (a, b) = if second.is_some() {
            (next(first), first + next(rest))
        } else {
            (next(records), next(records))
        };
        (a != b).then(|| (place(a.min(b)), place(a.max(b))))
    });
    (taken.collect(), to_f64(all))
}

#[expect(clippy::cast_precision_loss, reason = "a number of pairs need not be exact")]
fn to_f64(count: u64) -> f64 {
    count as f64
}
