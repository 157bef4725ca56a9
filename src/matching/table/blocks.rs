//! Which records are compared: those that share a kept key, or several of the further ones.

use crate::matching::keys::{kept, met};
use crate::matching::person::Person;
use rayon::prelude::*;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Most records under one key; more share it only because it says nothing.
const MOST_KEPT: usize = 100;
/// The same of the further keys.
const MOST_MET: usize = 60;
/// Records under a key that few share: it counts twice.
const SMALL: usize = 10;
/// How many further keys two records must share.
const FEWEST_MET: usize = 2;

/// Every pair of places worth comparing, each once, in order.
pub(super) fn candidates(people: &[Person], second: Option<u32>) -> Vec<(u32, u32)> {
    let by_kept = pairs(&entries(people, kept), second, MOST_KEPT);
    let mut all = distinct(by_kept, 1);
    let by_met = pairs(&entries(people, met), second, MOST_MET);
    all.extend(distinct(by_met, FEWEST_MET));
    all.par_sort_unstable();
    all.dedup();
    all.into_iter().map(apart).collect()
}

type Give<'a> = &'a mut dyn FnMut(String);

fn entries(people: &[Person], keys: fn(&Person, Give<'_>)) -> Vec<(u64, u32)> {
    let mut found: Vec<(u64, u32)> = people
        .par_iter()
        .zip(0_u32..1u32 << 31)
        .flat_map_iter(|(person, place)| {
            let mut given = Vec::new();
            keys(person, &mut |key| {
                let mut hasher = DefaultHasher::new();
                key.hash(&mut hasher);
                given.push((hasher.finish(), place));
            });
            given
        })
        .collect();
    found.par_sort_unstable();
    found.dedup();
    found
}

fn pairs(entries: &[(u64, u32)], second: Option<u32>, most: usize) -> Vec<u64> {
    let mut pairs = Vec::new();
    for block in entries.chunk_by(|one, other| one.0 == other.0) {
        if block.len() > most {
            continue;
        }
        for (at, (_, a)) in block.iter().enumerate() {
            for (_, b) in block.get(at + 1..).unwrap_or_default() {
                if second.is_none_or(|second| (*a < second) != (*b < second)) {
                    pairs.push(u64::from(*a) << 32 | u64::from(*b));
                    if block.len() <= SMALL {
                        pairs.push(u64::from(*a) << 32 | u64::from(*b));
                    }
                }
            }
        }
    }
    pairs
}

fn distinct(mut pairs: Vec<u64>, fewest: usize) -> Vec<u64> {
    pairs.par_sort_unstable();
    pairs
        .chunk_by(|one, other| one == other)
        .filter(|same| same.len() >= fewest)
        .filter_map(|same| same.first().copied())
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "two places were packed into one number")]
fn apart(pair: u64) -> (u32, u32) {
    ((pair >> 32) as u32, pair as u32)
}
