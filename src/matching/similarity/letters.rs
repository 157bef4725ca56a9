//! How alike two short texts are, letter by letter. All texts are folded; what is not ASCII counts
//! byte by byte.

use crate::matching::text::{MOST, Signs, Text};

/// Room for the comparison of two texts, used again for each.
#[derive(Debug, Clone)]
pub(in crate::matching) struct Letters {
    rows: [[u8; MOST + 1]; 3],
}

impl Default for Letters {
    fn default() -> Self {
        Self { rows: [[0; MOST + 1]; 3] }
    }
}

impl Letters {
    /// How many letters must be put in, taken out, replaced or swapped with their neighbour to turn
    /// one into the other (optimal string alignment); `most + 1` if it is more than `most`.
    pub(super) fn slips(&mut self, left: &Text, right: &Text, most: u8) -> u8 {
        let reach = usize::from(most);
        // Each slip takes one letter away, or adds one, or both.
        if left.letters().apart(right.letters()) > reach {
            return most + 1;
        }
        let (left, right) = (left.head(), right.head());
        if left.len().abs_diff(right.len()) > reach {
            return most + 1;
        }
        let [before, above, row] = &mut self.rows;
        for (place, cell) in (0..=most).zip(above.iter_mut()) {
            *cell = place;
        }
        let mut previous = 0;
        for (down, l) in (1_usize..).zip(left) {
            // Further from the diagonal than so many slips nothing need be known.
            let (first, last) = (down.saturating_sub(reach).max(1), right.len().min(down + reach));
            let edge = if first == 1 { u8::try_from(down).unwrap_or(u8::MAX) } else { most + 1 };
            row[first - 1] = edge;
            if last == down + reach {
                above[last] = most + 1;
            }
            let mut fewest = edge;
            for across in first..=last {
                let r = right[across - 1];
                let replaced = above[across - 1] + u8::from(*l != r);
                let mut slips = replaced.min(above[across] + 1).min(row[across - 1] + 1);
                if across > 1 && down > 1 && *l == right[across - 2] && r == previous {
                    slips = slips.min(before[across - 2] + 1);
                }
                row[across] = slips;
                fewest = fewest.min(slips);
            }
            if fewest > most {
                return most + 1;
            }
            previous = *l;
            std::mem::swap(before, above);
            std::mem::swap(above, row);
        }
        above[right.len()].min(most + 1)
    }
}

/// Whether two texts share so much of their letters whatever their order, 0 to 1 (Dice).
pub(super) fn share_letters(left: &Text, right: &Text, least: f32) -> bool {
    let signs = |text: &Text| (text.letters(), text.head().len());
    if !may_share_letters(signs(left), signs(right), least) {
        return false;
    }
    let (left, right) = (left.head(), right.head());
    let mut counts = [0_i8; 256];
    for letter in left {
        counts[usize::from(*letter)] += 1;
    }
    let mut shared = 0;
    for r in right {
        let count = &mut counts[usize::from(*r)];
        if *count > 0 {
            *count -= 1;
            shared += 1;
        }
    }
    dice(shared, left.len(), right.len()) >= least
}

/// Whether two texts of so many bytes may share so much of their letters.
pub(super) fn may_share_letters(
    (left, left_len): (Signs, usize),
    (right, right_len): (Signs, usize),
    least: f32,
) -> bool {
    dice(left_len.saturating_sub(left.beyond(right)), left_len, right_len) >= least
}

/// Whether two texts share so many of their pairs of neighbouring letters, 0 to 1 (Dice).
pub(super) fn share_pairs(left: &Text, right: &Text, least: f32) -> bool {
    let all = |text: &Text| text.head().len().saturating_sub(1);
    let at_most = all(left).saturating_sub(left.pairs().beyond(right.pairs()));
    if at_most == 0 || dice(at_most, all(left), all(right)) < least {
        return false;
    }
    let (left, right) = (left.head(), right.head());
    let mut used = 0_u64;
    let mut shared = 0;
    for pair in left.windows(2) {
        let found = right
            .windows(2)
            .enumerate()
            .find(|(at, other)| *other == pair && used & (1 << at) == 0);
        if let Some((at, _)) = found {
            used |= 1 << at;
            shared += 1;
        }
    }
    dice(shared, left.len() - 1, right.len() - 1) >= least
}

#[expect(clippy::cast_precision_loss, reason = "no text here is longer than 64")]
fn dice(shared: usize, left: usize, right: usize) -> f32 {
    if left + right == 0 { 0.0 } else { 2.0 * shared as f32 / (left + right) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_up_to_a_limit() {
        let slips = |l: &str, r: &str| Letters::default().slips(&l.into(), &r.into(), 2);
        assert_eq!(slips("muller", "muller"), 0);
        assert_eq!(slips("muller", "mulller"), 1);
        assert_eq!(slips("muller", "mulelr"), 1);
        assert_eq!(slips("meier", "mayer"), 2);
        assert_eq!(slips("weber", "muller"), 3);
        assert_eq!(slips("", "ab"), 2);
        assert_eq!(slips(&"a".repeat(500), &"a".repeat(501)), 0);
    }

    /// The same slips without any short cut, by the definition.
    fn by_definition(left: &[u8], right: &[u8]) -> usize {
        let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
        for down in 0..=left.len() {
            for across in 0..=right.len() {
                let swapped = down > 1
                    && across > 1
                    && left[down - 1] == right[across - 2]
                    && left[down - 2] == right[across - 1];
                let ways = [
                    (down == 0 && across == 0).then_some(0),
                    (down > 0).then(|| table[down - 1][across] + 1),
                    (across > 0).then(|| table[down][across - 1] + 1),
                    (down > 0 && across > 0).then(|| {
                        let other = usize::from(left[down - 1] != right[across - 1]);
                        table[down - 1][across - 1] + other
                    }),
                    swapped.then(|| table[down - 2][across - 2] + 1),
                ];
                table[down][across] = ways.into_iter().flatten().min().unwrap_or(0);
            }
        }
        table[left.len()][right.len()]
    }

    #[test]
    fn no_short_cut_changes_how_many_slips_there_are() {
        let mut letters = Letters::default();
        let mut state = 7_u32;
        let mut word = || -> String {
            let mut next = |below: u32| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 16) % below
            };
            (0..next(8)).map(|_| ['a', 'b', 'c'][next(3) as usize]).collect()
        };
        for _ in 0..20_000 {
            let (left, right) = (word(), word());
            for most in 0..=2 {
                let real = by_definition(left.as_bytes(), right.as_bytes());
                let expected = real.min(usize::from(most) + 1);
                let found = letters.slips(&(*left).into(), &(*right).into(), most);
                assert_eq!(usize::from(found), expected, "{left} {right} {most}");
            }
        }
    }

    #[test]
    fn letters_are_shared_in_any_order() {
        let letters = |l: &str, r: &str, least| share_letters(&l.into(), &r.into(), least);
        let pairs = |l: &str, r: &str, least| share_pairs(&l.into(), &r.into(), least);
        assert!(letters("luke", "gluae", 0.6));
        assert!(!letters("anna", "bernd", 0.4));
        assert!(pairs("exempla", "exampla", 0.6));
        assert!(!pairs("a", "a", 0.1));
    }
}
