//! The values of one field, each kept once.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// The values of one field, and which of them each record has, by their numbers: the first is 1.
#[derive(Debug)]
pub(super) struct Column<V> {
    values: Vec<V>,
    /// How many records have each value.
    counts: Vec<u32>,
    numbers: Vec<u32>,
    /// Where the numbers of each record end.
    ends: Vec<u32>,
}

impl<V: Clone + Eq + Hash> Column<V> {
    /// The column of records.
    pub(super) fn of<'a, L>(records: impl Iterator<Item = L>) -> Self
    where
        V: 'a,
        L: IntoIterator<Item = &'a V>,
    {
        let mut known: FxHashMap<&V, u32> = FxHashMap::default();
        let mut column =
            Self { values: Vec::new(), counts: Vec::new(), numbers: Vec::new(), ends: Vec::new() };
        for values in records {
            for value in values {
                let number = *known.entry(value).or_insert_with(|| {
                    column.values.push(value.clone());
                    column.counts.push(0);
                    count(column.values.len())
                });
                column.counts[place(number)] += 1;
                column.numbers.push(number);
            }
            column.ends.push(count(column.numbers.len()));
        }
        column.numbers.shrink_to_fit();
        column
    }

    /// The numbers of the values that a record has.
    pub(super) fn of_record(&self, record: u32) -> &[u32] {
        let record = record as usize;
        let begin = record.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[begin as usize..self.ends[record] as usize]
    }

    /// The value of a number.
    pub(super) fn value(&self, number: u32) -> &V {
        &self.values[place(number)]
    }

    /// How many records have the value of a number.
    pub(super) fn count(&self, number: u32) -> u32 {
        self.counts[place(number)]
    }
}

fn place(number: u32) -> usize {
    number as usize - 1
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
