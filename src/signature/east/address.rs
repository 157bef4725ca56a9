//! Addresses from the large to the small: 〒100-0005 東京都千代田区丸の内1-1-1, 浙江省杭州市…,
//! 서울특별시 강남구 테헤란로 152.

use super::{READ, list};
use crate::signature::country::atlas;
use crate::signature::fold::{has_ideograph, is_ideograph, words};
use crate::signature::language::{Sense, lexicon};
use std::ops::Range;

/// Longest name of a city below a region, in letters.
const LONGEST_CITY: usize = 8;
/// Words before a postcode.
const POSTCODE_WORDS: [&str; 8] =
    ["邮政编码", "郵遞區號", "郵政編碼", "우편번호", "邮编", "郵編", "〒", "(우)"];

/// An address in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::signature) struct Address {
    /// ISO 3166-1 alpha-2.
    pub(in crate::signature) country: String,
    /// Whether the country is written.
    pub(in crate::signature) postcode: Option<String>,
    /// Prefecture or province.
    pub(in crate::signature) region: Option<String>,
    /// City.
    pub(in crate::signature) city: Option<String>,
    /// Everything smaller.
    pub(in crate::signature) street: Option<String>,
}

/// The address in a text and where it stands, in bytes.
pub(in crate::signature) fn find(text: &str) -> Option<(Range<usize>, Address)> {
    if !has_ideograph(text) {
        return None;
    }
    let (at, country) = opening(text)?;
    let units = READ.places.get(country).map_or("", |places| places.units.as_str());
    let (start, before_code) = before(text, at, country);
    let end = at + end(text.get(at..)?);
    let mut address =
        Address { country: country.to_owned(), postcode: before_code, ..Address::default() };
    let rest = address.take_places(text.get(at..end)?, units);
    let street = address.take_postcode(rest);
    let street = street.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | '，' | '、' | '(' | '-' | '。')
    });
    let numbered = street.chars().any(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
    let whole = street.is_empty() && text.get(..start)?.trim().is_empty();
    if !(numbered || whole && address.city.is_some() || address.postcode.is_some()) {
        return None;
    }
    address.street = (!street.is_empty()).then(|| street.to_owned());
    Some((start..end, address))
}

/// Where a region or city opens an address, and in which country; the first, of several there the
/// longest name.
fn opening(text: &str) -> Option<(usize, &'static str)> {
    let names = READ.places.iter().flat_map(|(country, places)| {
        list(&places.regions).chain(list(&places.cities)).map(move |name| (country.as_str(), name))
    });
    names
        .filter_map(|(country, name)| Some((text.find(name)?, name.len(), country)))
        .min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)))
        .map(|(at, _, country)| (at, country))
}

/// Where the address begins with country and postcode before the region, and the postcode.
fn before(text: &str, at: usize, country: &str) -> (usize, Option<String>) {
    let trim = |text: &str| {
        text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | ']' | '-'))
            .len()
    };
    let mut start = at;
    let front = text.get(..at).unwrap_or_default();
    if let Some((named, place)) = atlas().named_at_end(front, &words(front))
        && named == country
        && trim(front) > place
    {
        start = place;
    }
    let front = text.get(..start).unwrap_or_default();
    let bare = front.get(..trim(front)).unwrap_or_default();
    let digits = bare.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    let code = bare.get(digits.len()..).unwrap_or_default();
    if !is_postcode(code, country) {
        return (start, None);
    }
    let opened = digits.trim_end_matches(['[', '(', ' ', '〒']);
    let marked =
        POSTCODE_WORDS.iter().fold(opened, |text, word| text.strip_suffix(word).unwrap_or(text));
    (marked.len(), Some(code.to_owned()))
}

fn is_postcode(code: &str, country: &str) -> bool {
    let digits = code.chars().filter(char::is_ascii_digit).count();
    match country {
        "JP" => digits == 7,
        "CN" => digits == 6 && !code.contains('-'),
        "TW" => matches!(digits, 3 | 5 | 6) && !code.contains('-'),
        "KR" => matches!(digits, 5 | 6),
        _ => false,
    }
}

/// Where the address ends: before the label of another value, or a sign that parts values.
fn end(text: &str) -> usize {
    let sign = text.find(['|', '\t', '•', '·', ';', '¦', '｜']).unwrap_or(text.len());
    let words = words(text);
    let label = lexicon()
        .find(text, &words)
        .into_iter()
        .filter(|hit| {
            matches!(
                hit.means.sense,
                Sense::Phone | Sense::Mobile | Sense::Fax | Sense::Email | Sense::Web
            )
        })
        .filter_map(|hit| {
            let span = &words.get(hit.first)?.span;
            let apart = text.get(..span.start)?.ends_with([' ', ')', '/', '☎']) || span.start == 0;
            let marked = text
                .get(words.get(hit.last)?.span.end..)?
                .trim_start()
                .starts_with([':', '.', '：', '+', '0']);
            (apart && marked).then_some(span.start)
        })
        .min();
    let end = label.map_or(sign, |label| label.min(sign));
    text.get(..end).unwrap_or_default().trim_end_matches([' ', '/', '(', '☎']).len()
}

impl Address {
    /// Takes region and city off the front.
    fn take_places<'t>(&mut self, text: &'t str, units: &str) -> &'t str {
        let Some(places) = READ.places.get(&self.country) else { return text };
        let longest = |names: &str, text: &str| {
            list(names).filter(|name| text.starts_with(*name)).map(str::len).max()
        };
        let mut rest = text;
        if let Some(length) = longest(&places.regions, rest) {
            self.region = rest.get(..length).map(str::to_owned);
            rest = rest.get(length..).unwrap_or_default().trim_start_matches([' ', ',', '，']);
        }
        let listed = longest(&places.cities, rest);
        let length = match listed {
            Some(length) if self.country != "JP" => Some(length),
            _ if self.region.is_some() || listed.is_some() => {
                city_length(rest, units, &self.country)
            }
            _ => None,
        };
        if let Some(length) = length.or(listed) {
            self.city = rest.get(..length).map(|city| city.trim().to_owned());
            rest = rest.get(length..).unwrap_or_default();
        }
        rest
    }

    /// Takes a postcode out of the rest: "… 邮编:310013", "… (우) 13494", "… 13494".
    fn take_postcode(&mut self, text: &str) -> String {
        let marked = POSTCODE_WORDS.iter().find_map(|word| {
            let at = text.find(word)?;
            let behind = text.get(at + word.len()..)?;
            let lead = behind.len() - behind.trim_start_matches([' ', ':', '.']).len();
            let code: String = behind
                .get(lead..)?
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '-')
                .collect();
            is_postcode(&code, &self.country)
                .then(|| (at, at + word.len() + lead + code.len(), code))
        });
        let last = || {
            let bare = text.trim_end_matches([' ', ')', ']', ',']);
            let front = bare.trim_end_matches(|c: char| c.is_ascii_digit());
            let code = bare.get(front.len()..)?.to_owned();
            let apart = front.ends_with([' ', '(', '[', ',']) && code.len() >= 5;
            (apart && is_postcode(&code, &self.country)).then_some((front.len(), text.len(), code))
        };
        let Some((from, to, code)) = marked.or_else(last) else { return text.to_owned() };
        self.postcode.get_or_insert(code);
        let front = text.get(..from).unwrap_or_default().trim_end_matches([' ', '(', '[', ',']);
        let behind = text.get(to..).unwrap_or_default().trim_start_matches([')', ']', ' ']);
        format!("{front} {behind}").trim().to_owned()
    }
}

/// The length of the city's name at the beginning, in bytes.
fn city_length(text: &str, units: &str, country: &str) -> Option<usize> {
    if country == "KR" {
        let word = text.split(' ').next()?;
        return list(units).any(|unit| word.ends_with(unit)).then_some(word.len());
    }
    let is_unit = |c: char| list(units).any(|unit| unit.starts_with(c));
    let letters: Vec<(usize, char)> = text.char_indices().take(LONGEST_CITY * 2).collect();
    let found = letters
        .iter()
        .enumerate()
        .position(|(at, (_, c))| at > 0 && at < LONGEST_CITY && is_unit(*c))?;
    let mut last = found;
    // "四日市市", and the ward of a city: "大阪市北区".
    if letters.get(last + 1).is_some_and(|(_, c)| *c == '市') {
        last += 1;
    }
    if country == "JP" && letters.get(last).is_some_and(|(_, c)| *c == '市') {
        let ward = letters
            .iter()
            .enumerate()
            .skip(last + 2)
            .take(4)
            .find(|(_, (_, c))| *c == '区')
            .map(|(at, _)| at);
        let plain = |to: usize| {
            letters.get(last + 1..to).unwrap_or_default().iter().all(|(_, c)| is_ideograph(*c))
        };
        last = ward.filter(|to| plain(*to)).unwrap_or(last);
    }
    letters.get(last).map(|(at, c)| at + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, [Option<String>; 4]) {
        let (_, address) = find(text).expect("an address");
        (address.country, [address.postcode, address.region, address.city, address.street])
    }

    #[test]
    fn addresses_are_taken_apart() {
        let some = |parts: [&str; 4]| parts.map(|part| (!part.is_empty()).then(|| part.to_owned()));
        for (text, country, expected) in [
            (
                "〒100-0005 東京都千代田区丸の内1-1-1 青葉ビル5F TEL: 03-3211-1234",
                "JP",
                ["100-0005", "東京都", "千代田区", "丸の内1-1-1 青葉ビル5F"],
            ),
            (
                "〒530-0001 大阪府大阪市北区梅田2丁目4番9号",
                "JP",
                ["530-0001", "大阪府", "大阪市北区", "梅田2丁目4番9号"],
            ),
            (
                "地址:浙江省杭州市西湖区文三路478号 邮编:310013",
                "CN",
                ["310013", "浙江省", "杭州市", "西湖区文三路478号"],
            ),
            ("中国上海市浦东新区世纪大道100号", "CN", ["", "", "上海市", "浦东新区世纪大道100号"]),
            (
                "10491 台北市中山區南京東路三段219號8樓",
                "TW",
                ["10491", "", "台北市", "中山區南京東路三段219號8樓"],
            ),
            (
                "06236 서울특별시 강남구 테헤란로 152, 10층",
                "KR",
                ["06236", "", "서울특별시", "강남구 테헤란로 152, 10층"],
            ),
            (
                "경기도 성남시 분당구 판교로 235 (우) 13494",
                "KR",
                ["13494", "경기도", "성남시", "분당구 판교로 235"],
            ),
        ] {
            assert_eq!(parts(text), (country.to_owned(), some(expected)), "{text}");
        }
        assert_eq!(find("上海华信机械有限公司"), None);
    }
}
