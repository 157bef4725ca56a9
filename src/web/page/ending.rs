//! What ends by itself, as a line of a page.

use super::consent::title;
use crate::clock::Millis;
use crate::store::crm_connections::Kind;
use crate::store::oauth::AppView;

/// How long before its end a consent is said to end.
pub(super) const WARN_SECS: i64 = 30 * 86_400;

/// Something that ends.
pub(super) struct Warning {
    /// Its name in the style sheet.
    pub(super) class: &'static str,
    /// What ends.
    pub(super) what: String,
    /// When.
    pub(super) when: String,
    /// What to do.
    pub(super) heal: &'static str,
}

impl Warning {
    /// What ends then.
    pub(super) fn new(
        what: impl Into<String>,
        at: Millis,
        heal: &'static str,
        now: Millis,
    ) -> Self {
        let (class, when) = ends(at, now);
        Self { class, what: what.into(), when, heal }
    }

    /// The secrets of the apps at sign-in services that open mailboxes, or else `a_crm`.
    pub(super) fn of_apps(apps: &[AppView], a_crm: bool, now: Millis) -> Vec<Self> {
        let shown = apps.iter().filter(|app| Kind::parse(&app.service).is_some() == a_crm);
        shown.filter_map(|app| Self::of_oauth_app(app, now)).collect()
    }

    /// Of some services only who entered the secret knows whether it ends; at Microsoft each does.
    fn of_oauth_app(app: &AppView, now: Millis) -> Option<Self> {
        let what = format!("The client secret of the app at {}", title(&app.service));
        let heal = "Make a new one there and enter it (PUT /api/v1/oauth-apps); consents stay.";
        match app.secret_expires_at {
            Some(at) => Some(Self::new(what, at, heal, now)),
            None if app.service == "microsoft" => Some(Self {
                class: "busy",
                what,
                when: "ends on a day that is not known".to_owned(),
                heal: "Enter it with the day (secret_expires_at), so that you are warned.",
            }),
            None => None,
        }
    }
}

/// When something ends, in words, and how urgent that is.
fn ends(at: Millis, now: Millis) -> (&'static str, String) {
    let days = (at.0 - now.0).div_euclid(86_400_000);
    let on = day(at);
    match days {
        ..0 => ("ill", format!("ended on {on}")),
        0 => ("ill", format!("ends on {on}, within a day")),
        1 => ("ill", format!("ends on {on}, in 1 day")),
        2..=7 => ("ill", format!("ends on {on}, in {days} days")),
        8..=30 => ("busy", format!("ends on {on}, in {days} days")),
        _ => ("well", format!("ends on {on}, in {days} days")),
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(at: Millis) -> String {
    let text = at.to_rfc3339();
    text.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_soon_is_said_more_urgently() {
        let now = Millis(1_795_000_000_000);
        let of = |days: i64| ends(now.plus_secs(days * 86_400), now);
        assert_eq!(of(90).0, "well");
        assert_eq!(of(30), ("busy", "ends on 2026-12-18, in 30 days".to_owned()));
        assert_eq!(of(14).0, "busy");
        assert_eq!(of(7).0, "ill");
        assert_eq!(of(1).1, "ends on 2026-11-19, in 1 day");
        assert_eq!(of(0).1, "ends on 2026-11-18, within a day");
        assert_eq!(of(-2).1, "ended on 2026-11-16");
    }
}
