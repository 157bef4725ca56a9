//! What is to be told now. Where one cause makes many ill, they fall ill and become well within minutes, not
//! at once: those that do so about the same time are told of together.

use super::patient::Patient;
use super::{HANDFUL, News, REMINDER_SECS};
use crate::clock::Millis;
use crate::store::Told;

/// How long those that are well wait for others of many, so that one mail tells of all.
const GATHER_SECS: i64 = 15 * 60;

/// What is due of what is ill, or was while its admins do not know yet that it is not.
pub(super) fn due(found: Vec<Told<Patient>>, now: Millis) -> Vec<(Told<Patient>, News)> {
    let crowd: Vec<&Told<Patient>> =
        found.iter().filter(|told| matches!(told.of, Patient::Mailbox(_))).collect();
    let (takes_along, holds_back) = (many_fall(&crowd, now), many_heal(&crowd, now));
    let of_one = |told: &Told<Patient>| {
        let is_of_many = matches!(told.of, Patient::Mailbox(_));
        match news(told, now) {
            None if takes_along && is_of_many && is_due(told, 2, now) => Some(News::Ill),
            Some(News::Well) if holds_back && is_of_many => None,
            news => news,
        }
    };
    found.into_iter().filter_map(|told| of_one(&told).map(|news| (told, news))).collect()
}

fn news(told: &Told<Patient>, now: Millis) -> Option<News> {
    if told.of.ill_since().is_none() {
        return (told.times > 0).then_some(News::Well);
    }
    match (told.times, told.at) {
        (0, _) => is_due(told, 1, now).then_some(News::Ill),
        (1, Some(at)) => (at.plus_secs(REMINDER_SECS) <= now).then_some(News::StillIll),
        _ => None,
    }
}

/// Whether it is ill, nobody was told of that, and a `part` of the patience with it is over.
fn is_due(told: &Told<Patient>, part: i64, now: Millis) -> bool {
    let until = told.of.ill_since().zip(told.of.patience());
    told.times == 0 && until.is_some_and(|(since, secs)| since.plus_secs(secs / part) <= now)
}

/// Whether many are ill that nobody was told of, and one of them is due: those that have been ill for
/// half of their patience are told of with it.
fn many_fall(crowd: &[&Told<Patient>], now: Millis) -> bool {
    let untold = crowd.iter().filter(|told| told.times == 0);
    untold.count() > HANDFUL && crowd.iter().any(|told| is_due(told, 1, now))
}

/// Whether many were told of, and some are still ill that may be well in a moment, as the others are that
/// have not been so for long.
fn many_heal(crowd: &[&Told<Patient>], now: Millis) -> bool {
    let told: Vec<_> = crowd.iter().filter(|told| told.times > 0).collect();
    let is_new = |since: Millis| now < since.plus_secs(GATHER_SECS);
    let mut well = told.iter().filter(|told| told.of.ill_since().is_none());
    told.len() > HANDFUL
        && told.iter().any(|told| told.of.ill_since().is_some())
        && well.all(|told| told.of.state_since().is_some_and(is_new))
}
