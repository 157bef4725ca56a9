//! A change of a record, and what it did there: that, and nothing more, is what can be taken back.

use super::Written;
use super::noting::Noting;
use crate::contact::Contact;

/// A change of a record from `before` to `after`, to be made if it still has the version.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// The CRM's id of the record.
    pub id: &'a str,
    /// The version that it was compared in; none has the empty one, with which it is only looked at.
    pub version: &'a str,
    /// What goes, where `after` has it not.
    pub before: &'a Contact,
    /// What comes, where `before` has it not.
    pub after: &'a Contact,
    /// Which way it goes.
    pub way: Way<'a>,
    /// Where it is noted that it is asked for; `None`: it is only looked at, or taken back.
    pub(super) noting: Option<Noting<'a>>,
}

/// Which way a change goes.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// Something accepted is written.
    Forth {
        /// What the record said before the CRM was asked for it by an earlier try whose end nobody saw; `None`:
        /// there was none.
        tried: Option<&'a Contact>,
    },
    /// That is taken back.
    Back {
        /// The CRM's id of the company to which it had brought the record, empty if to none; `None`: nobody saw
        /// that.
        linked: Option<&'a str>,
    },
}

/// What came of a change.
#[derive(Debug)]
pub struct Updated {
    /// What the CRM has made of it.
    pub written: Written,
    /// What the record said right before it was changed; `None`: nothing of it was changed.
    pub said: Option<Contact>,
    /// The CRM's id of the company to which the record was brought, and with which it was not before; empty:
    /// none.
    pub linked: String,
}

impl Updated {
    /// A record that said this was changed.
    pub(super) const fn edited(written: Written, said: Contact) -> Self {
        Self { written, said: Some(said), linked: String::new() }
    }

    /// The same, with the company to which it was brought.
    #[must_use]
    pub(super) fn linking(mut self, company: String) -> Self {
        self.linked = company;
        self
    }
}

/// Nothing was changed.
impl From<Written> for Updated {
    fn from(written: Written) -> Self {
        Self { written, said: None, linked: String::new() }
    }
}
