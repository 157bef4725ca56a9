//! Messages that Graph lists and does not hand over: asked for again one by one, ever less often. How
//! often that was so while others were handed over is counted [in the database](crate::store::graph::refused) alone.

use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How soon a message is asked for again, at first and at last.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(10);

/// How long one is remembered that was to be asked for again and is not listed any more.
const REMEMBERED: Duration = Duration::from_hours(1);

/// Those of what one look, or pass through older mail, has met; by their keys.
#[derive(Debug, Default)]
pub(super) struct Withheld(HashMap<String, Tried>);

#[derive(Debug)]
struct Tried {
    /// How long it was left alone when it was asked for last, and until when.
    wait: Duration,
    due: Instant,
    /// How many others had been handed over by then.
    handed: usize,
    /// Whether the look or pass at hand came by.
    met: bool,
}

impl Withheld {
    /// Begins a look or a pass.
    pub(super) fn begin(&mut self) {
        let now = Instant::now();
        self.0.retain(|_, tried| now.saturating_duration_since(tried.due) < REMEMBERED);
        for tried in self.0.values_mut() {
            tried.met = false;
        }
    }

    /// Whether a message was asked for in vain before, and if so, whether it is time to ask again.
    pub(super) fn meet(&mut self, key: &str) -> Option<bool> {
        let tried = self.0.get_mut(key)?;
        tried.met = true;
        Some(tried.due <= Instant::now())
    }

    /// Whether a message was asked for in vain before.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Whether others were handed over since a message was asked for last, `handed` being how many
    /// were by now; nothing if it was not asked for before.
    pub(super) fn proves(&self, key: &str, handed: usize) -> Option<bool> {
        Some(handed > self.0.get(key)?.handed)
    }

    /// Notes that a message was not handed over, for how often that is counted (0: it is not), and how
    /// many others were by now; it is not asked for before `asked` has passed.
    pub(super) fn note(&mut self, key: &str, tries: i64, asked: Duration, handed: usize) {
        let doublings = u32::try_from(tries - 1).unwrap_or_default().min(16);
        let counted = FIRST.saturating_mul(2_u32.saturating_pow(doublings));
        let before = self.0.get(key).map_or(Duration::ZERO, |tried| tried.wait);
        let wait = before.saturating_mul(2).max(counted).min(LONGEST);
        let due = Instant::now() + wait.max(asked);
        self.0.insert(key.to_owned(), Tried { wait, due, handed, met: true });
    }

    /// Notes that a message is dealt with.
    pub(super) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// How many the look or pass at hand has met and not got.
    pub(super) fn count(&self) -> usize {
        self.0.values().filter(|tried| tried.met).count()
    }

    /// How long it is until one of them is to be asked for again.
    pub(super) fn next(&self) -> Option<Duration> {
        let due = self.0.values().filter(|tried| tried.met).map(|tried| tried.due).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_message_is_asked_for_ever_less_often_and_forgotten_when_it_is_gone() {
        let mut withheld = Withheld::default();
        assert_eq!(withheld.meet("one"), None);
        let mut hours = Duration::ZERO;
        for tries in 1..=20 {
            withheld.note("one", tries, Duration::ZERO, 7);
            assert_eq!(withheld.meet("one"), Some(false));
            let wait = withheld.next().expect("a wait");
            hours += wait;
            advance(wait).await;
            assert_eq!(withheld.meet("one"), Some(true));
        }
        assert!((6_000..9_000).contains(&hours.as_secs()), "about two hours: {hours:?}");
        assert_eq!(withheld.proves("one", 7), Some(false));
        assert_eq!(withheld.proves("one", 8), Some(true));
        assert_eq!(withheld.proves("two", 8), None);
        withheld.note("two", 1, Duration::from_secs(30), 8);
        assert_eq!((withheld.count(), withheld.next()), (2, Some(Duration::ZERO)));
        withheld.forget("one");
        assert_eq!(withheld.next(), Some(Duration::from_secs(30)));
        withheld.begin();
        assert_eq!((withheld.count(), withheld.next()), (0, None), "it is not listed any more");
        advance(Duration::from_mins(90)).await;
        withheld.begin();
        assert_eq!(withheld.meet("two"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn who_begins_anew_waits_as_long_as_the_tries_that_are_counted_and_an_outage_is_waited_out()
     {
        let mut anew = Withheld::default();
        anew.note("one", 9, Duration::ZERO, 0);
        assert_eq!(anew.next(), Some(FIRST * 256));
        let mut outage = Withheld::default();
        for _ in 0..20 {
            outage.note("one", 0, Duration::ZERO, 0);
        }
        assert_eq!(outage.next(), Some(LONGEST), "what is not counted is put off all the same");
    }
}
