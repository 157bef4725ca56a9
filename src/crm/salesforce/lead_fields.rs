//! The fields of leads: as the mapping has it for contacts, without those that the app's user may not see.

use super::Salesforce;
use super::object::{self, Object};
use super::refusal::Trouble;
use crate::crm::mapping::{Mapping, Slot};

impl Salesforce {
    /// Whether to ask once more what was answered so: it was for a field of leads that is not shown, and which
    /// are is known from now on. There is no mapping in which somebody could hide it.
    pub(super) async fn knows_better<T: Sync>(
        &self,
        object: &Object,
        answered: &Result<T, Trouble>,
    ) -> Result<bool, Trouble> {
        let is_unseen = object.is_lead() && matches!(answered, Err(Trouble::NoField(_)));
        if !is_unseen || self.shown_leads.get().is_some() {
            return Ok(false);
        }
        self.look_at_leads().await?;
        Ok(true)
    }

    /// Looks which fields of leads are shown.
    pub(super) async fn look_at_leads(&self) -> Result<(), Trouble> {
        if self.shown_leads.get().is_some() {
            return Ok(());
        }
        let shown = self.api.describe(object::LEAD.name).await?;
        self.shown_leads.get_or_init(|| {
            let mut leads = self.leads.clone();
            // Where no lead is shown, queries say so.
            if shown.has("Id") {
                leads.hide(|field| !shown.has(field));
            }
            leads
        });
        Ok(())
    }
}

/// Which field of a lead holds what, where the mapping says it of contacts: what is hidden, locked, required,
/// shortened or has a default there is and has so here, and where a contact's country or state is written as a code
/// in a field of its own, a lead's is. A lead's company and web site are its own, a contact's are the account's.
pub(in crate::crm) fn lead_mapping(contacts: &Mapping) -> Mapping {
    let usual = Mapping::of_file(include_str!("../data/salesforce_lead.toml"));
    let mut leads = usual.clone();
    for field in &mut leads.fields {
        let shown = || contacts.fields.iter().filter(|it| !it.hidden && it.holds == field.holds);
        let is_own = matches!(field.holds, Some(Slot::Organization | Slot::Website));
        let code = format!("{}Code", field.property);
        let has_code = shown().any(|it| it.property.strip_prefix("Mailing") == Some(&code));
        (field.locked, field.hidden) = (
            shown().any(|it| it.locked) && !is_own,
            shown().next().is_none() && !is_own && !field.required,
        );
        if has_code {
            field.property = code;
        }
        if let Some(first) = shown().next().filter(|_| !is_own) {
            field.required |= first.required;
            field.max_length = field.max_length.into_iter().chain(first.max_length).min();
            field.default = first.default.clone().or(field.default.take());
        }
    }
    leads.beside(&usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::crm_connections::Kind;

    #[test]
    fn what_is_said_of_the_fields_of_contacts_is_so_for_leads() {
        let mut contacts = Mapping::usual(Kind::Salesforce).expect("fields");
        let usual = lead_mapping(&contacts);
        assert_eq!(usual.check(), Ok(()));
        assert!(usual.fields.iter().all(|field| !field.hidden && !field.locked));
        for field in &mut contacts.fields {
            field.hidden = field.property == "MobilePhone" || field.property == "Account.Name";
            field.locked = field.property == "Title";
            field.required |= field.property == "Phone";
            if field.property == "Title" {
                (field.max_length, field.default) = (Some(40), Some("Frau".into()));
            }
            if field.property == "MailingCountry" {
                field.property = "MailingCountryCode".into();
            }
        }
        let leads = lead_mapping(&contacts);
        let of = |name: &str| leads.fields.iter().find(|it| it.property == name).expect("a field");
        assert!(of("MobilePhone").hidden && of("Title").locked);
        assert!(of("Phone").required && of("LastName").required && !of("Title").required);
        let title = (of("Title").max_length, of("Title").default.as_deref());
        assert_eq!(title, (Some(40), Some("Frau")));
        assert_eq!((of("Fax").max_length, of("Fax").default.as_ref()), (Some(40), None));
        assert!(!of("Company").hidden && !of("Website").hidden && !of("Phone").locked);
        assert!(!of("CountryCode").hidden && !of("State").hidden && !of("PostalCode").hidden);
    }
}
