//! Whoever changes their employer comes to its company, which is found by its name, and so is the former one when
//! that is taken back. Where the name of the former one does not lead back to it, nobody is moved.

use super::{Account, CrmError, Sought};
use crate::contact::Contact;
use crate::crm::Way;
use crate::crm::mapping::{Change, Fields, Mapping};
use crate::matching::fold::fold_company;

/// The change that brings a record with the fields `now` from `before` to `after`. Its company, in the field of this
/// name, is called as the CRM has it: what a contact says of it may differ by legal form or spelling.
pub(in crate::crm) fn change(
    mapping: &Mapping,
    now: &Fields,
    (before, after): (&Contact, &Contact),
    country: &str,
    is_company: impl Fn(&str) -> bool,
) -> Change {
    let mut said = now.clone();
    for (_, company) in said.iter_mut().filter(|(property, _)| is_company(property)) {
        let folded = fold_company(company);
        let mut names = after.organizations.iter().chain(&before.organizations);
        let same = names.find(|name| fold_company(&name.value) == folded);
        if let Some(name) = same.filter(|_| !folded.is_empty()) {
            company.clone_from(&name.value);
        }
    }
    let mut change = mapping.change(&said, before, after, country);
    for edit in change.edits.iter_mut().filter(|edit| is_company(&edit.property)) {
        edit.from = now.get(&edit.property).cloned().unwrap_or_default();
    }
    change
}

/// A company that a record is to leave.
#[derive(Debug, Clone, Copy)]
pub(in crate::crm) struct Left<'a> {
    /// The CRM's id of it.
    pub(in crate::crm) id: &'a str,
    /// What it is called there.
    pub(in crate::crm) name: &'a str,
}

impl Left<'_> {
    /// Whether a record can leave it: taken back, its name leads there, as `named` finds it for who a contact was
    /// `before`.
    pub(in crate::crm) async fn is_found_back<N>(
        self,
        before: &Contact,
        way: Way<'_>,
        named: impl Fn(String) -> N,
    ) -> Result<bool, CrmError>
    where
        N: Future<Output = Result<Sought, CrmError>>,
    {
        if matches!(way, Way::Back { .. }) {
            return Ok(true);
        }
        let folded = fold_company(self.name);
        for name in before.organizations.iter().filter(|it| fold_company(&it.value) == folded) {
            if let Sought::One(Account { id, .. }) = named(name.value.clone()).await?
                && id == self.id
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
