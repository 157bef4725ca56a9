//! The country in which a phone number without a prefix is dialled.

use super::{Phone, PhoneKind};

/// The countries (ISO 3166) of one record in which its numbers without a prefix may be dialled.
#[derive(Debug, Clone, Copy)]
pub struct Countries<'a> {
    own: Option<&'a str>,
    usual: &'a str,
}

impl<'a> Countries<'a> {
    /// Of a record that does not say its country; may be empty.
    pub const fn usual(usual: &'a str) -> Self {
        Self { own: None, usual }
    }

    /// With the country that the record itself names, if it does and none was named before.
    #[must_use]
    pub fn or_own(mut self, own: Option<&'a str>) -> Self {
        self.own = self.own.or(own);
        self
    }

    /// The country in which a number is dialled as it is written: the record's own. Who lives abroad may
    /// keep numbers of home: one that the own country gives to nobody and the usual one does is of that.
    pub fn of_number(self, text: &str) -> &'a str {
        let has_prefix = text.trim_start().starts_with('+');
        let own = self.own.filter(|own| *own != self.usual && !has_prefix);
        let Some(own) = own else { return self.usual };
        let is_own = Phone::is_given_in(text, own)
            || (!Phone::is_given_in(text, self.usual)
                && Phone::parse_in(PhoneKind::Work, text, own).is_some());
        if is_own { own } else { self.usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_of_the_records_country_unless_only_the_usual_one_gives_it_to_anybody() {
        let in_country = |own: &str, text: &str| {
            let countries = Countries::usual("DE").or_own(Some(own).filter(|own| !own.is_empty()));
            let country = countries.of_number(text);
            let phone = Phone::parse_in(PhoneKind::Work, text, country).expect("a number");
            phone.number().to_owned()
        };
        for (own, text, number) in [
            ("AT", "0664 1234567", "+436641234567"),
            ("CH", "079 123 45 67", "+41791234567"),
            ("", "0170 1234567", "+491701234567"),
            ("AT", "0911 3000021", "+499113000021"),
            ("CH", "0170 1234567", "+491701234567"),
            ("AT", "+41 79 123 45 67", "+41791234567"),
            ("AT", "0041 79 123 45 67", "+41791234567"),
            ("XX", "0170 1234567", "+491701234567"),
        ] {
            assert_eq!(in_country(own, text), number, "{text} in {own}");
        }
        let first = Countries::usual("DE").or_own(Some("AT")).or_own(Some("CH"));
        assert_eq!(first.of_number("0664 1234567"), "AT");
    }
}
