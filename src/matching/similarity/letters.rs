//! How alike two short texts are, letter by letter. All texts are folded; what is not ASCII counts
//! byte by byte.

/// Longest text that is looked at; the rest of a longer one makes no difference.
const MOST: usize = 64;

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

fn cut(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    bytes.get(..MOST).unwrap_or(bytes)
}

impl Letters {
    /// How many letters must be put in, taken out, replaced or swapped with their neighbour to turn
    /// one into the other (optimal string alignment); `most + 1` if it is more than `most`.
    pub(super) fn slips(&mut self, left: &str, right: &str, most: u8) -> u8 {
        let (left, right) = (cut(left), cut(right));
        if left.len().abs_diff(right.len()) > usize::from(most) {
            return most + 1;
        }
        let [before, above, row] = &mut self.rows;
        for (place, cell) in (0..=u8::MAX).zip(above.iter_mut().take(right.len() + 1)) {
            *cell = place;
        }
        let mut previous = 0;
        for (down, l) in (1..=u8::MAX).zip(left) {
            row[0] = down;
            let mut least = down;
            let mut previous_right = 0;
            for (across, r) in right.iter().enumerate() {
                let replaced = above[across] + u8::from(l != r);
                let mut slips = replaced.min(above[across + 1] + 1).min(row[across] + 1);
                if across > 0 && down > 1 && *l == previous_right && *r == previous {
                    slips = slips.min(before[across - 1] + 1);
                }
                row[across + 1] = slips;
                least = least.min(slips);
                previous_right = *r;
            }
            if least > most {
                return most + 1;
            }
            previous = *l;
            std::mem::swap(before, above);
            std::mem::swap(above, row);
        }
        above[right.len()].min(most + 1)
    }
}

/// How much of their letters two texts share whatever their order, 0 to 1 (Dice).
pub(super) fn shared_letters(left: &str, right: &str) -> f32 {
    let (left, right) = (cut(left), cut(right));
    let mut counts = [0_i8; 256];
    for letter in left {
        counts[usize::from(*letter)] += 1;
    }
    let mut shared = 0_u8;
    for r in right {
        let count = &mut counts[usize::from(*r)];
        if *count > 0 {
            *count -= 1;
            shared += 1;
        }
    }
    dice(shared, left.len(), right.len())
}

/// How many of their pairs of neighbouring letters two texts share, 0 to 1 (Dice).
pub(super) fn shared_pairs(left: &str, right: &str) -> f32 {
    let (left, right) = (cut(left), cut(right));
    if left.len() < 2 || right.len() < 2 {
        return 0.0;
    }
    let mut used = 0_u64;
    let mut shared = 0_u8;
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
    dice(shared, left.len() - 1, right.len() - 1)
}

#[expect(clippy::cast_precision_loss, reason = "no text here is longer than 64")]
fn dice(shared: u8, left: usize, right: usize) -> f32 {
    if left + right == 0 { 0.0 } else { 2.0 * f32::from(shared) / (left + right) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_up_to_a_limit() {
        let slips = |l, r| Letters::default().slips(l, r, 2);
        assert_eq!(slips("muller", "muller"), 0);
        assert_eq!(slips("muller", "mulller"), 1);
        assert_eq!(slips("muller", "mulelr"), 1);
        assert_eq!(slips("meier", "mayer"), 2);
        assert_eq!(slips("weber", "muller"), 3);
        assert_eq!(slips("", "ab"), 2);
        assert_eq!(slips(&"a".repeat(500), &"a".repeat(501)), 0);
    }

    #[test]
    fn letters_are_shared_in_any_order() {
        assert!(shared_letters("luke", "gluae") > 0.6);
        assert!(shared_letters("anna", "bernd") < 0.4);
        assert!(shared_pairs("exempla", "exampla") > 0.6);
        assert!(shared_pairs("a", "a") < f32::EPSILON);
    }
}
