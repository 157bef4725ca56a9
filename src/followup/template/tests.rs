//! Templates that are accepted, and those that are refused with a sentence.

use super::*;
use std::time::{Duration, Instant};

fn words(subject: &str, body: &str, contact: &Contact) -> Rendered {
    let address = EmailAddress::parse("rep@holm.example").expect("an address");
    let sender = Sender { name: "Rep Süd", address: &address };
    let template = Template::parse(subject, body).expect("a template");
    template.render(contact, &sender).expect("words")
}

#[test]
fn the_texts_that_come_with_us_read_well_for_everybody() {
    let (subject, body) = Template::of(Language::German);
    let full = words(subject, body, &sample());
    assert_eq!(full.subject, "Vielen Dank für Ihre Kontaktdaten, Anna Beispiel");
    assert!(full.body.starts_with("Guten Tag Dr. Anna Beispiel,\n\n"), "{}", full.body);
    assert!(full.body.contains("für Sie und Beispiel GmbH tun kann"), "{}", full.body);
    assert!(full.body.ends_with("Freundliche Grüße\nRep Süd"), "{}", full.body);
    let (subject, body) = Template::of(Language::English);
    let bare = words(subject, body, &Contact::default());
    assert_eq!(bare.subject, "Good to have your details");
    assert!(bare.body.starts_with("Hello,\n\nthank you"), "{}", bare.body);
}

#[test]
fn values_are_filled_in_and_never_read() {
    let mut contact = sample();
    contact.titles[0].value = "{{ sender_address }} {% if\r\n\u{202e}CEO".into();
    let words = words("For {{ title }}", "{{ name|upper }}: {{ title }}", &contact);
    assert_eq!(words.subject, "For {{ sender_address }} {% if CEO");
    assert_eq!(words.body, "ANNA BEISPIEL: {{ sender_address }} {% if CEO");
}

#[test]
fn a_wrong_template_says_what_is_wrong() {
    for (subject, body, says) in [
        ("Hi", "Dear {{ nmae }}", "the text names `nmae`; there are name, given"),
        ("Hi", "{% if title %}Hello", "the text cannot be read, line 1"),
        ("Hi", "one\ntwo {{ name", "this is neither: {{ name"),
        ("Hi {{ title }}\nBcc: x@y.example", "Hello", "the subject must be one line"),
        ("{{ title }}", "Hello", "the subject is empty for a contact"),
        ("Hi", " ", "the text is empty"),
        ("Hi", "{{ name.__class__ }}", ""),
        ("Hi", "{{ name|nonsense }}", "filter"),
    ] {
        let template = Template::parse(subject, body);
        let error = template.expect_err(body).to_string();
        assert!(error.contains(says), "{body:?}: {error}");
    }
    let long = "x".repeat(TEXT_BYTES + 1);
    assert_eq!(Template::parse("Hi", &long), Err(TemplateError::TooLong { part: "text" }));
}

#[test]
fn no_template_can_ask_for_more_than_its_own_length() {
    for greedy in [
        "{{ 'x' * 1000000000 }}",
        "{{ [1] * 1000000000 }}",
        "{% set a = 'xxxxxxxxxxxxxxxxx' %}{% set a = a ~ a %}{{ a }}",
        "{% for a in range(1000000) %}x{% endfor %}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% include \"a\" %}",
        "{# {{ name }} #}",
        "{{ \"}}\" ~ name ~ name }}",
        "{{ '\"' ~ \"}}\" ~ name }}",
        "{{ \"\\\"\" ~ \"}}\" }}",
        "{%- raw -%}{{{% endraw %}",
        "{% if name %}{{ name.split() }}{% endif %}",
    ] {
        let began = Instant::now();
        let result = Template::parse("Hi", greedy);
        assert!(matches!(result, Err(TemplateError::Tag { .. })), "{greedy}: {result:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{greedy}");
    }
    let nested = format!("{}{}", "{% if name %}".repeat(2000), "{% endif %}".repeat(2000));
    assert!(Template::parse("Hi", &nested).is_err(), "too deep to be meant");
    let many = "{{ name }}".repeat(3000);
    assert!(Template::parse("Hi", &format!("x{many}")).is_ok() || many.len() > TEXT_BYTES);
}
