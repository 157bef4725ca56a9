//! How many records of a table have what two of them have in common, and what that says.

use super::similarity::{Degree, Field};
use super::weights::Weights;

/// Most records that a handful are.
const FEW: u32 = 8;

/// Most records of a small table.
const SMALL: f64 = 10_000.0;

/// How many records have the values that two have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// How many have the value of each field; 0 where the two have none in common.
    having: [u32; Field::ALL.len()],
    /// How many records there are.
    records: f64,
}

impl Counted {
    /// Nothing counted yet among so many records.
    #[expect(clippy::cast_precision_loss, reason = "a number of records need not be exact")]
    pub(super) fn among(records: usize) -> Self {
        Self { having: [0; Field::ALL.len()], records: records as f64 }
    }

    /// So many records have the value of a field.
    pub(super) fn have(&mut self, field: Field, records: u32) {
        self.having[field as usize] = records;
    }

    /// How many bits the value of a field adds, by how rare it is, and `most` at most; nothing if none was
    /// counted.
    pub(super) fn bits(&self, weights: &Weights, field: Field, most: f64) -> Option<f64> {
        let having = self.having[field as usize];
        if having == 0 {
            return None;
        }
        let counted = weights.bits_of_shared(field, f64::from(having) / self.records).min(most);
        Some(if having <= FEW { counted.max(of_few(field, self.records)) } else { counted })
    }
}

/// The fewest bits of a value that a handful of so many records have. How rare it is, a small table does
/// not tell: what is believed before holds.
pub(super) fn of_few(field: Field, records: f64) -> f64 {
    if records > SMALL {
        return f64::NEG_INFINITY;
    }
    Weights::before_learning().bits(field, Degree::Same, false)
}
