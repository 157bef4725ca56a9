//! Which records are compared: those that share a kept key, or several of the further ones.
//!
//! The records under each key stand in a row, and every record knows its places in all rows. Whom it
//! meets is then counted, record by record; no list of pairs is made.

use crate::matching::keys::{ALONE, TOGETHER, kept_in_tables, met};
use crate::matching::person::Person;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher as _;
use std::iter::once;
use std::mem::take;

/// Most records under one kept key; more share it only because it says nothing.
const MOST_KEPT: usize = 100;
/// The same of the further keys.
const MOST_MET: usize = 60;
/// Records under a key that few share: it counts twice, as a kept one does.
const SMALL: usize = 10;
/// How much two records must share.
const ENOUGH: u8 = 2;

/// Marks the last record of a row.
const LAST: u32 = 1 << 31;
/// Marks a record of a row that counts twice.
const TWICE: u32 = 1 << 30;
/// Most records; more have no place beside the marks.
pub(super) const MOST: u32 = TWICE;

/// Who meets whom.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    /// The records under each key in their order, one key after another.
    rows: Vec<u32>,
    /// Where each record stands in the rows: first all places of the first record, and so on.
    standing: Vec<u32>,
    /// Where the places of each record begin, and where the last end.
    begin: Vec<u32>,
}

/// Whom a record has met so far, and room for counting.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Vec<u8>,
    met: Vec<u32>,
}

impl Tally {
    /// Room for so many records.
    pub(super) fn of(records: u32) -> Self {
        Self { counts: vec![0; records as usize], met: Vec::new() }
    }
}

impl Meetings {
    /// The meetings of records.
    pub(super) fn of(people: &[Person]) -> Self {
        let things = things(people);
        let couples =
            (0..TOGETHER).flat_map(|one| (one + 1..TOGETHER).map(move |b| (one, Some(b))));
        let alone = (TOGETHER..TOGETHER + ALONE).map(|one| (one, None));
        let keys: Vec<(usize, Option<usize>)> = couples.chain(alone).collect();
        let width = usize::BITS - people.len().leading_zeros();
        let further = keys.par_iter().map(|(one, other)| {
            let entries = match other {
                Some(other) => together(&things[*one], &things[*other], width),
                None => {
                    things[*one].iter().map(|(at, h)| entry(u64::from(*h), *at, width)).collect()
                }
            };
            rows(entries, width, MOST_MET, SMALL)
        });
        let (further, known) = rayon::join(
            || further.collect::<Vec<_>>(),
            || rows(kept_keys(people, width), width, MOST_KEPT, MOST_KEPT),
        );
        Self::standing(
            people.len(),
            further.into_iter().chain(once(known)).collect::<Vec<_>>().concat(),
        )
    }

    /// Finds where every record stands.
    fn standing(records: usize, rows: Vec<u32>) -> Self {
        let mut begin = vec![0_u32; records + 2];
        for place in &rows {
            begin[(place % TWICE) as usize + 2] += 1;
        }
        for record in 2..begin.len() {
            begin[record] += begin[record - 1];
        }
        let mut standing = vec![0_u32; rows.len()];
        for (at, place) in (0..).zip(&rows) {
            let next = &mut begin[(place % TWICE) as usize + 1];
            standing[*next as usize] = at;
            *next += 1;
        }
        Self { rows, standing, begin }
    }

    /// Every later record that a record meets, in their order.
    pub(super) fn of_record<'t>(&self, record: u32, tally: &'t mut Tally) -> &'t mut Vec<u32> {
        tally.met.clear();
        let (first, end) = (self.begin[record as usize], self.begin[record as usize + 1]);
        for at in &self.standing[first as usize..end as usize] {
            let mut row = self.rows[*at as usize..].iter();
            let mut last = row.next().is_none_or(|own| own & LAST > 0);
            while !last && let Some(other) = row.next() {
                last = other & LAST > 0;
                let place = other % TWICE;
                let count = &mut tally.counts[place as usize];
                if *count == 0 {
                    tally.met.push(place);
                }
                *count = count.saturating_add(if other & TWICE > 0 { 2 } else { 1 });
            }
        }
        tally.met.sort_unstable();
        let Tally { counts, met } = tally;
        met.retain(|other| take(&mut counts[*other as usize]) >= ENOUGH);
        met
    }
}

/// Every thing of every record by its kind, as the record's place and a hash of the thing.
type Things = [Vec<(u32, u32)>; TOGETHER + ALONE];

fn things(people: &[Person]) -> Things {
    let some = |(number, people): (usize, &[Person])| {
        let mut things = Things::default();
        for (place, person) in (number * CHUNK..).zip(people) {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            met(person, &mut |kind, thing| things[kind].push((place, short(hash(thing)))));
        }
        things
    };
    let chunks: Vec<Things> = people.par_chunks(CHUNK).enumerate().map(some).collect();
    let mut all = Things::default();
    for chunk in chunks {
        for (all, some) in all.iter_mut().zip(chunk) {
            all.extend(some);
        }
    }
    all
}

/// Records whose keys are made at once.
const CHUNK: usize = 4096;

fn kept_keys(people: &[Person], width: u32) -> Vec<u64> {
    let of_person = |(place, person): (u32, &Person)| {
        let mut keys = Vec::new();
        kept_in_tables(person, &mut |key| keys.push(entry(hash(&key), place, width)));
        keys
    };
    let places = 0_u32..MOST;
    places.into_par_iter().zip(people).flat_map_iter(of_person).collect()
}

fn hash(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

#[expect(clippy::cast_possible_truncation, reason = "half of a hash is enough of it")]
fn short(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

/// A key and a record in one number; the record takes `width` bits.
fn entry(key: u64, record: u32, width: u32) -> u64 {
    let mixed = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 32) << width | u64::from(record)
}

/// The keys of every two things that one record has of two kinds.
fn together(one: &[(u32, u32)], other: &[(u32, u32)], width: u32) -> Vec<u64> {
    let mut entries = Vec::with_capacity(one.len().min(other.len()));
    let mut others = other.chunk_by(|a, b| a.0 == b.0).peekable();
    for (record, thing) in one {
        while others.next_if(|of_one| of_one[0].0 < *record).is_some() {}
        for (_, other) in
            others.peek().copied().unwrap_or_default().iter().filter(|o| o.0 == *record)
        {
            entries.push(entry(u64::from(*thing) << 32 | u64::from(*other), *record, width));
        }
    }
    entries
}

/// The rows of all keys that some records share, but not too many.
fn rows(mut entries: Vec<u64>, width: u32, most: usize, small: usize) -> Vec<u32> {
    entries.par_sort_unstable();
    entries.dedup();
    let mut rows = Vec::new();
    for row in entries.chunk_by(|one, other| one >> width == other >> width) {
        if row.len() < 2 || row.len() > most {
            continue;
        }
        let weight = if row.len() <= small { TWICE } else { 0 };
        rows.extend(row.iter().map(|entry| place(*entry, width) | weight));
        if let Some(last) = rows.last_mut() {
            *last |= LAST;
        }
    }
    rows
}

#[expect(clippy::cast_possible_truncation, reason = "a place has fewer bits than that")]
fn place(entry: u64, width: u32) -> u32 {
    (entry & ((1 << width) - 1)) as u32
}
