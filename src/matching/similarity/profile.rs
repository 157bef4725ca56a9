//! How far two profiles agree.

use super::degree::Degree;
use crate::matching::person::of_one;
use crate::matching::text::Text;

/// The same if it is one person's page, and loose if it may be a firm's. Only two pages of one network that
/// are one person's each differ: anybody may have one at another network too, and know of several firms'.
pub(super) fn compare(left: &Text, right: &Text) -> Degree {
    match (of_one(left), of_one(right)) {
        (Some(_), Some(_)) if left == right => Degree::Same,
        (Some(one), Some(other)) if one == other => Degree::Different,
        (None, None) if left == right => Degree::Loose,
        _ => Degree::Missing,
    }
}
