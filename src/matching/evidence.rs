//! What a match rests on, as data that is kept: no value of either contact.

use super::decide::{Level, Match};
use super::similarity::{Degree, Field};
use serde::{Deserialize, Serialize};

/// How sure a match is, and what speaks for and against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The probability that both are one person.
    pub probability: f64,
    /// What was compared, in the order of the sentences ([`Match::sentences`]).
    pub grounds: Vec<Ground>,
}

/// One thing that was compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ground {
    /// What it is.
    pub field: Field,
    /// How far it agrees.
    pub degree: Degree,
    /// How many bits it adds to the odds; what speaks against adds less than nothing.
    pub bits: f64,
}

impl Match {
    /// What it rests on; nothing if nobody is known.
    pub fn evidence(&self) -> Option<Evidence> {
        if self.level == Level::None && self.reasons.is_empty() {
            return None;
        }
        let ground = |it: &super::Reason| {
            let (field, degree, bits) = (it.field, it.degree, it.bits);
            Ground { field, degree, bits }
        };
        let grounds = self.reasons.iter().map(ground).collect();
        Some(Evidence { probability: self.probability, grounds })
    }
}
