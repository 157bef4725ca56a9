//! Which fields a change of a contact touches.

use super::{Field, Fields, Mapping, Slot};
use crate::contact::{Contact, Countries, title_of, titled};
use crate::matching::fold::{fold, fold_street};

/// A field that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The CRM's name of it.
    pub property: String,
    /// What is in it now; empty: nothing.
    pub from: String,
    /// What shall be in it; empty: nothing.
    pub to: String,
}

/// What a change of a contact is in the CRM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The fields to be written.
    pub edits: Vec<Edit>,
    /// What cannot be written, each as a sentence without a value.
    pub left_out: Vec<String>,
    /// Required fields that a new record would not have.
    pub missing: Vec<String>,
}

impl Change {
    /// The fields to be written, with what shall be in them.
    pub fn fields(&self) -> Fields {
        self.edits.iter().map(|edit| (edit.property.clone(), edit.to.clone())).collect()
    }

    /// The same, with one more field as it shall be, in place of a default.
    #[must_use]
    pub fn with(mut self, edit: Option<Edit>) -> Self {
        if let Some(edit) = edit {
            self.edits.retain(|it| it.property != edit.property);
            self.missing.retain(|property| *property != edit.property);
            self.edits.push(edit);
        }
        self
    }

    /// What could not be written, as one sentence; none if everything can.
    pub fn remark(&self) -> Option<String> {
        (!self.left_out.is_empty()).then(|| self.left_out.join("; "))
    }
}

/// What somebody is called by.
const CALLED: [Slot; 3] = [Slot::Name, Slot::Given, Slot::Family];

/// The record while the change is worked out.
struct Draft<'a> {
    countries: Countries<'a>,
    /// Those of the country that the change brings, if it brings one.
    then: Option<Countries<'a>>,
    now: &'a Fields,
    change: Change,
}

impl Mapping {
    /// The fields of a new record.
    pub fn create(&self, contact: &Contact, country: &str) -> Change {
        let now = Fields::new();
        let countries = Countries::usual(country);
        let mut draft = Draft { countries, then: None, now: &now, change: Change::default() };
        self.move_to(&mut draft, &Contact::default(), contact);
        for field in self.shown() {
            if let Some(default) = &field.default
                && draft.text(field).is_empty()
            {
                draft.set(field, default);
            }
            if field.required && draft.text(field).is_empty() {
                draft.change.missing.push(field.property.clone());
            }
        }
        draft.change
    }

    /// The fields that bring a record with the fields `now` from `before` to `after`, value by value:
    /// one that goes is taken out where it stands, one that comes takes its place or an empty one.
    /// Names and postal addresses change as a whole.
    pub fn change(&self, now: &Fields, before: &Contact, after: &Contact, country: &str) -> Change {
        let own = self.country_of(now);
        let countries = Countries::usual(country).or_own(own.as_deref());
        let then = (before.country() != after.country())
            .then(|| Countries::usual(country).or_own(after.country()));
        let mut draft = Draft { countries, then, now, change: Change::default() };
        self.move_to(&mut draft, before, after);
        draft.change
    }

    fn move_to(&self, draft: &mut Draft<'_>, before: &Contact, after: &Contact) {
        for whole in [Slot::NAME, Slot::ADDRESS] {
            self.move_whole(draft, &whole, before, after);
        }
        for slot in Slot::SEVERAL {
            self.move_each(draft, slot, before, after);
        }
        if after.addresses.len() > before.addresses.len().max(1) {
            draft.leave_out("the CRM has room for one address");
        }
    }

    fn move_whole(&self, draft: &mut Draft<'_>, slots: &[Slot], before: &Contact, after: &Contact) {
        let has_whole_name = self.places(Slot::Name).next().is_some();
        let has_parts = [Slot::Given, Slot::Family].map(|slot| self.places(slot).next().is_some());
        let texts = |contact: &Contact| -> Vec<(Slot, String)> {
            let texts = slots.iter().map(|slot| (*slot, slot.texts(contact).into_iter().next()));
            texts.map(|(slot, text)| (slot, text.unwrap_or_default())).collect()
        };
        let (old, new) = (texts(before), texts(after));
        if old == new {
            return;
        }
        // Who compares with nothing asks what a record lacks.
        let is_update = *before != Contact::default();
        if slots == Slot::ADDRESS && is_update && self.is_elsewhere(draft, &old, &new) {
            draft.leave_out("the CRM has another address, which nobody has looked at: it stays");
            return;
        }
        if slots == Slot::ADDRESS
            && is_update
            && let Some(part) = self.left_behind(draft.now, &new, draft.countries)
        {
            draft.leave_out(&format!(
                "the address stays, since the CRM has a part of it in `{}` that is not written here: \
                 change it there",
                part.property
            ));
            return;
        }
        let is_name = slots == Slot::NAME;
        let (edits, mut fits) = (draft.change.edits.clone(), true);
        for (slot, text) in new {
            let Some(field) = self.places(slot).next() else {
                let said_elsewhere = match slot {
                    Slot::Name => has_parts.contains(&true),
                    Slot::Given | Slot::Family => has_whole_name,
                    _ => false,
                };
                if !text.is_empty() && !said_elsewhere {
                    draft.leave_out(&format!(
                        "the CRM has no field for a part of the {}",
                        slot.label()
                    ));
                }
                continue;
            };
            let now = draft.text(field);
            if !slot.same(&now, &text, draft.countries) {
                let is_apart = is_name && !CALLED.contains(&slot); // a title goes with any name
                fits &= draft.set(field, &beside_form(slot, &now, text)) || is_apart;
            }
        }
        if !fits && is_name {
            self.keep_called(draft);
        } else if !fits {
            draft.change.edits = edits; // the old street in the new town is nobody's address
        }
    }

    /// Leaves somebody called as the record has it, if it has a name: the new given name beside the old family
    /// name is nobody's.
    fn keep_called(&self, draft: &mut Draft<'_>) {
        let fields = CALLED.into_iter().filter_map(|slot| self.places(slot).next());
        let fields: Vec<&str> = fields.map(|field| field.property.as_str()).collect();
        let has = |name: &&str| draft.now.get(*name).is_some_and(|text| !text.trim().is_empty());
        if fields.iter().any(has) {
            draft.change.edits.retain(|edit| !fields.contains(&edit.property.as_str()));
        }
    }

    /// Whether a record has an address that is neither the one that goes nor the one that comes, however
    /// they are written, and whatever it has beyond their street.
    fn is_elsewhere(
        &self,
        draft: &Draft<'_>,
        old: &[(Slot, String)],
        new: &[(Slot, String)],
    ) -> bool {
        // A country may be written in words that nobody can read.
        let of_place = [Slot::Street, Slot::Postcode, Slot::City];
        let there: Vec<(Slot, String)> = of_place
            .into_iter()
            .filter_map(|slot| Some((slot, folded(slot, &draft.text(self.places(slot).next()?)))))
            .collect();
        let is = |address: &[(Slot, String)]| {
            let mut parts = there.iter().filter_map(|(slot, now)| {
                let (_, text) = address.iter().find(|(of, _)| of == slot)?;
                let text = folded(*slot, text);
                (*slot == Slot::Street || !text.is_empty()).then(|| text == *now)
            });
            let is_some = address.iter().any(|(_, text)| !text.is_empty());
            is_some && parts.all(|same| same)
        };
        there.iter().any(|(_, now)| !now.is_empty()) && !is(old) && !is(new)
    }

    fn move_each(&self, draft: &mut Draft<'_>, slot: Slot, before: &Contact, after: &Contact) {
        let (old, new) = (slot.texts(before), slot.texts(after));
        let countries = draft.countries;
        let among =
            |text: &String, all: &[String]| all.iter().any(|it| slot.same(it, text, countries));
        let mut freed: Vec<(&Field, bool)> = Vec::new();
        for text in old.iter().filter(|text| !among(text, &new)) {
            let stands = self.room(slot).find(|field| draft.surely_has(field, slot, text));
            let stands = stands.or_else(|| self.room(slot).find(|it| draft.has(it, slot, text)));
            if stands.is_none()
                && has_more(slot, before, after)
                && let Some(field) = self.further(slot, draft, text)
            {
                draft.leave_out(&format!("the field `{}` is only read here", field.property));
            }
            freed.extend(stands.map(|field| (field, draft.surely_has(field, slot, text))));
        }
        for text in new.iter().filter(|text| !among(text, &old)) {
            if self.room(slot).any(|field| draft.has(field, slot, text))
                || self.further(slot, draft, text).is_some()
            {
                continue;
            }
            let place = if freed.is_empty() {
                let empty = self.room(slot).filter(|field| draft.text(field).is_empty());
                empty.min_by_key(|field| field.locked_because.is_some())
            } else {
                Some(freed.remove(0).0)
            };
            if let Some(field) = place {
                draft.set(field, text);
            } else {
                draft.leave_out(&self.no_room(slot));
            }
        }
        for (field, _) in freed.into_iter().filter(|(_, surely)| *surely) {
            draft.set(field, "");
        }
    }

    /// The field in which a value stands among further ones, which are only read.
    fn further(&self, slot: Slot, draft: &Draft<'_>, text: &str) -> Option<&Field> {
        self.places(slot.further()?).find(|field| {
            let texts = draft.now.get(&field.property).into_iter();
            texts
                .flat_map(|texts| texts.split(';'))
                .any(|one| slot.same(one, text, draft.countries))
        })
    }
}

/// What all spellings of a part of an address have in common.
fn folded(slot: Slot, text: &str) -> String {
    if slot == Slot::Street { fold_street(text) } else { fold(text) }
}

/// Whether a value comes that could take the place of one that is only read: a mobile phone of a land line too.
fn has_more(slot: Slot, before: &Contact, after: &Contact) -> bool {
    let is_kin = |other: &Slot| other.further() == slot.further();
    Slot::SEVERAL.into_iter().filter(is_kin).any(|slot| {
        let old = slot.texts(before);
        slot.texts(after).iter().any(|text| !old.contains(text))
    })
}

/// What comes into a field that has `now`: a title stands behind the form of address that a human wrote.
fn beside_form(slot: Slot, now: &str, text: String) -> String {
    match titled(Some(now), None) {
        Some(form) if slot == Slot::Prefix => {
            titled(Some(&form), title_of(&text).as_deref()).unwrap_or_default()
        }
        _ => text,
    }
}

impl Draft<'_> {
    /// What a field has, or will have.
    fn text(&self, field: &Field) -> String {
        let planned = self.change.edits.iter().find(|edit| edit.property == field.property);
        match planned {
            Some(edit) => edit.to.clone(),
            None => self.now.get(&field.property).cloned().unwrap_or_default(),
        }
    }

    /// Whether a field has a value.
    fn has(&self, field: &Field, slot: Slot, text: &str) -> bool {
        slot.same(&self.text(field), text, self.countries)
    }

    /// Whether it has it in the country that the record has and in the one that it gets. A number without a prefix
    /// that is another one in either may be somebody else's, who typed it when the record said another country.
    fn surely_has(&self, field: &Field, slot: Slot, text: &str) -> bool {
        let then = |then| slot.same(&self.text(field), text, then);
        self.has(field, slot, text) && self.then.is_none_or(then)
    }

    /// False if the field cannot have it, which is said then.
    fn set(&mut self, field: &Field, to: &str) -> bool {
        let from = self.now.get(&field.property).cloned().unwrap_or_default();
        let property = &field.property;
        if let Some(because) = &field.locked_because {
            self.leave_out(&format!("the field `{property}` is locked: {because}"));
            false
        } else if field.locked && !from.is_empty() {
            self.leave_out(&format!("the field `{property}` is locked"));
            false
        } else if field.max_length.is_some_and(|most| to.chars().count() > most) {
            self.leave_out(&format!("the field `{property}` takes no text so long"));
            false
        } else {
            self.change.edits.retain(|edit| edit.property != *property);
            if from != to {
                let (property, to) = (property.clone(), to.to_owned());
                self.change.edits.push(Edit { property, from, to });
            }
            true
        }
    }

    fn leave_out(&mut self, why: &str) {
        if !self.change.left_out.iter().any(|told| told == why) {
            self.change.left_out.push(why.to_owned());
        }
    }
}
