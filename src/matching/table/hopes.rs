//! How likely two records can be of one person at best: where little is hoped for, nobody need look
//! any further.

use crate::matching::counted::of_few;
use crate::matching::model::Model;
use crate::matching::similarity::{Agreement, Degree, Field};
use crate::matching::weights::{are_colleagues, bits_of};

const FIELDS: usize = Field::ALL.len();
const DEGREES: usize = Degree::ALL.len();

/// What is seen of two values before they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    /// One of them is not known.
    Missing,
    /// They are two values.
    Two,
    /// They are one value, or there are several of which one may be the same.
    MayBeOne,
}

/// The most bits that a degree of a field may add.
type Most = [[f64; DEGREES]; FIELDS];

/// The most bits that may be added.
#[derive(Debug)]
pub(super) struct Hopes {
    /// For two who have a phone number in common: they may work elsewhere now.
    moved: Bounds,
    /// For all others.
    settled: Bounds,
    /// For companies: they are few, and judged by themselves.
    pub(super) firms: Bounds,
}

/// The most bits that may be added, if they may have moved or if not.
#[derive(Debug)]
pub(super) struct Bounds {
    /// For people of two employers, and for colleagues.
    most: [Most; 2],
    /// Whichever they are.
    either: Most,
    /// After a glance.
    glances: [[f64; 3]; FIELDS],
    prior: f64,
    /// How many bits are enough.
    enough: f64,
}

/// What sums of many numbers may differ by that are the same.
const ROUNDING: f64 = 1e-6;

impl Hopes {
    /// Everything is hoped for.
    pub(super) fn all() -> Self {
        Self { moved: Bounds::all(), settled: Bounds::all(), firms: Bounds::all() }
    }

    /// What a model hopes for among so many records.
    pub(super) fn of(model: &Model, records: u32) -> Self {
        let [moved, settled] = [true, false].map(|moved| Bounds::of(model, records, moved));
        Self { moved, settled, firms: Bounds::all() }
    }

    /// What is hoped for after a glance.
    pub(super) fn after(&self, glances: &[Glance; FIELDS]) -> &Bounds {
        let one_number = glances[Field::Phone as usize] == Glance::MayBeOne;
        if one_number { &self.moved } else { &self.settled }
    }

    /// Whether two records that agree so far may be of one person.
    pub(super) fn has(&self, agreement: Agreement) -> bool {
        // Companies, perhaps.
        let unknown = |field| agreement.of(field) == Degree::Missing;
        if unknown(Field::Given) && unknown(Field::Family) && unknown(Field::Email) {
            return true;
        }
        let one_number = agreement.of(Field::Phone) == Degree::Same;
        let bounds = if one_number { &self.moved } else { &self.settled };
        let most = &bounds.most[usize::from(are_colleagues(agreement))];
        let bits = agreement.fields().map(|(f, degree)| most[f as usize][degree as usize]);
        bounds.suffice(bounds.prior + bits.sum::<f64>())
    }
}

impl Bounds {
    fn all() -> Self {
        Self {
            most: [Most::default(); 2],
            either: Most::default(),
            glances: [[0.0; 3]; FIELDS],
            prior: 0.0,
            enough: f64::NEG_INFINITY,
        }
    }

    fn of(model: &Model, records: u32, moved: bool) -> Self {
        let [apart, together] = [false, true].map(|together| most(model, records, together, moved));
        let at = |most: &Most, field, degree| most[field as usize][degree as usize];
        let either = Field::ALL.map(|field| {
            Degree::ALL.map(|degree| at(&apart, field, degree).max(at(&together, field, degree)))
        });
        let glances = Field::ALL.map(|field| {
            let most = |degrees: &[f64]| degrees.iter().copied().fold(0.0, f64::max);
            let of_field = &either[field as usize];
            let written_otherwise = model.weights.bits(field, Degree::Same, false);
            let two = most(&of_field[..Degree::Same as usize]).max(written_otherwise);
            [0.0, two, most(of_field)]
        });
        Self {
            most: [apart, together],
            either,
            glances,
            prior: model.weights.prior_bits(),
            enough: bits_of(model.thresholds.possible) - ROUNDING,
        }
    }

    /// The bits that two records may have at most, by what is seen of their values.
    pub(super) fn at_a_glance(&self, glances: &[Glance; FIELDS]) -> f64 {
        let bits = self.glances.iter().zip(glances).map(|(bits, glance)| bits[*glance as usize]);
        self.prior + bits.sum::<f64>()
    }

    /// How many bits more there may be, now that two values were compared.
    pub(super) fn change(&self, field: Field, glance: Glance, degree: Degree) -> f64 {
        let at = field as usize;
        self.either[at][degree as usize] - self.glances[at][glance as usize]
    }

    /// Whether two records of at most so many bits may be of one person.
    pub(super) fn suffice(&self, bits: f64) -> bool {
        bits >= self.enough
    }
}

fn most(model: &Model, records: u32, together: bool, moved: bool) -> Most {
    let weights = &model.weights;
    // Two at least have what two have in common.
    let rarest = 2.0 / f64::from(records.max(2));
    let of_degree = |field: Field, degree| {
        let of_colleagues = weights.bits(field, degree, true);
        // The number may be their own, and the domain may be what tells the employer.
        let may_be_own = matches!(field, Field::Phone | Field::Domain);
        if together && field.of_place() && !may_be_own {
            return of_colleagues;
        }
        let mut most = weights.bits(field, degree, false);
        if together && may_be_own {
            most = most.max(of_colleagues);
        }
        if degree == Degree::Same {
            most = most.max(weights.bits_of_shared(field, rarest));
            most = most.max(of_few(field, f64::from(records)));
        }
        most
    };
    Field::ALL.map(|field| {
        let stays = matches!(field, Field::Given | Field::Family | Field::Profile | Field::Country);
        Degree::ALL.map(|degree| {
            let most = of_degree(field, degree);
            // With the employer all that belongs to the job may be another one.
            if moved && !stays { most.max(0.0) } else { most }
        })
    })
}
