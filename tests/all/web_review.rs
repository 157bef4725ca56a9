//! The review page as a browser without scripts uses it, and what makes it live with them.

mod decided;

use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::site::{Answer, Site};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures::StreamExt;
use std::time::Duration;
use tokio::time::timeout;
use undersigned::contact::{
    Contact, EmailAddress, Found, Link, Origin, PersonName, Phone, PhoneKind, PostalAddress,
};
use undersigned::store::lists::ContactList;
use undersigned::store::tenants::Tenant;
use undersigned::store::users::Role;
use undersigned::store::{contacts, lists};

const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}";

struct Review {
    site: Site,
    tenant: Tenant,
    list: ContactList,
    cookie: String,
}

impl Review {
    async fn open(database: &Database) -> Self {
        let site = Site::open(database, "http://localhost:8080").await;
        let (tenant, list) = site.tenant("Acme").await;
        site.user(&tenant.id, "anna@example.test", Role::Member).await;
        let cookie = site.sign_in("anna@example.test").await;
        Self { site, tenant, list, cookie }
    }

    async fn page(&self) -> Answer {
        self.site.look("/review", &self.cookie).await
    }

    /// Sends a card's form with these fields beside its own.
    async fn decide(&self, id: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.page().await.field("csrf");
        let mut all = vec![("csrf", csrf.as_str()), ("list", "")];
        all.extend_from_slice(fields);
        self.site.post(&format!("/review/{id}"), &self.cookie, &all).await
    }

    async fn contacts(&self) -> Vec<Contact> {
        let mut conn = self.site.db.read().await.unwrap();
        let found = contacts::page(&mut conn, &self.tenant.id, None, None, 10).await.unwrap();
        found.into_iter().map(|found| found.contact).collect()
    }
}

fn otto() -> Contact {
    let phone =
        |kind, number| Phone::parse(kind, number).map(|p| Found::new(p, 0.9, Origin::Label));
    Contact {
        name: Some(Found::new(PersonName::of("Otto Berg"), 0.98, Origin::Header)),
        titles: vec![Found::new("Head of Sales".into(), 0.7, Origin::Layout)],
        phones: [phone(PhoneKind::Work, "+49931123456"), phone(PhoneKind::Mobile, "+491701234567")]
            .into_iter()
            .flatten()
            .collect(),
        emails: EmailAddress::parse("otto@berg.example")
            .map(|email| Found::certain(email, Origin::Header))
            .into_iter()
            .collect(),
        ..Contact::default()
    }
}

#[tokio::test]
async fn a_rep_decides_value_by_value_and_takes_it_back() {
    on_each_database(async |database| {
        let review = Review::open(database).await;
        let mut known = otto();
        known.titles[0].value = "Sales".into();
        known.phones.truncate(1);
        let id = review.site.suggest(&review.tenant.id, &review.list, otto(), Some(known)).await;
        let id = id.as_str();
        let page = review.page().await;
        for words in [
            "1 open",
            "Otto Berg",
            "Known",
            "Update",
            "differs",
            "Head of Sales",
            "unsure",
            "70 %",
            "from its place in the signature",
            "Sales",
            "nothing",
            "3 values stay",
        ] {
            assert!(page.text.contains(words), "{words} in {}", page.text);
        }
        let seen = page.field("seen");
        let taken = [
            ("seen", seen.as_str()),
            ("take", "phones/2"),
            ("typed:titles/1", "Director"),
            ("decision", "accept"),
        ];
        let answer = review.decide(id, &taken).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let page = review.site.look(answer.header("location"), &review.cookie).await;
        for words in ["0 open", "Accepted <strong>Otto Berg</strong>", "by you", "Undo"] {
            assert!(page.text.contains(words), "{words} in {}", page.text);
        }
        let accepted = review.contacts().await.remove(0);
        assert_eq!(accepted.titles[0].value, "Director");
        assert_eq!(accepted.phones.len(), 1, "{accepted:?}");

        let answer = review.decide(id, &[("decision", "undo")]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(review.contacts().await.is_empty());
        assert!(review.page().await.text.contains("1 open"));

        let answer = review.decide(id, &taken).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "what was seen is older now");
        assert!(answer.text.contains("role=\"alert\"") && answer.text.contains("look at it again"));
        review.decide(id, &[("decision", "dismiss")]).await;
        assert!(review.page().await.text.contains("Dismissed"));
    })
    .await;
}

#[tokio::test]
async fn a_number_is_put_in_place_of_the_one_that_a_rep_chooses() {
    on_sqlite(async |database| {
        let review = Review::open(database).await;
        let mut known = otto();
        known.phones[1].value = Phone::parse(PhoneKind::Mobile, "+491717654321").unwrap();
        let (tenant, list) = (&review.tenant.id, &review.list);
        let first = review.site.suggest(tenant, list, known.clone(), None).await;
        review.decide(first.as_str(), &[("decision", "accept-all")]).await;
        let id = review.site.suggest(tenant, list, otto(), Some(known)).await;
        let mut tx = review.site.db.begin_write().await.unwrap();
        let of_his = "UPDATE suggestions SET known_id = (SELECT id FROM contacts) WHERE id = $1";
        sqlx::query(of_his).bind(id.to_string()).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let page = review.page().await;
        let old = "+49 171 7654321";
        let option = format!("<option value=\"{old}\">in place of {old}</option>");
        assert!(page.text.contains("name=\"instead:phones/2\""), "{}", page.text);
        assert!(page.text.contains(&option), "{}", page.text);
        let instead = [("take", "phones/2"), ("instead:phones/2", old), ("decision", "accept")];
        let wrong = [&instead[..], &[("typed:phones/2", "call me")]].concat();
        let answer = review.decide(id.as_str(), &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let chosen = format!("<option value=\"{old}\" selected>");
        assert!(answer.text.contains(&chosen), "what was chosen stays: {}", answer.text);
        review.decide(id.as_str(), &instead).await;
        let accepted = review.contacts().await.remove(0);
        let numbers: Vec<_> = accepted.phones.iter().map(|phone| phone.value.number()).collect();
        assert_eq!(numbers, ["+49931123456", "+491701234567"]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_right_is_said_at_the_card_and_nothing_typed_is_lost() {
    on_sqlite(async |database| {
        let review = Review::open(database).await;
        let id = review.site.suggest(&review.tenant.id, &review.list, otto(), None).await;
        let wrong = [
            ("take", "name"),
            ("typed:phones/1", "call me <maybe>"),
            ("typed:titles/1", "Director"),
            ("decision", "accept"),
        ];
        let answer = review.decide(id.as_str(), &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["phone number", "value=\"call me &#60;maybe&#62;\"", "value=\"Director\""] {
            assert!(answer.text.contains(words), "{words} in {}", answer.text);
        }
        assert_eq!(answer.text.matches(" checked").count(), 1, "the ticks are as they were sent");
        assert!(review.contacts().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_strangers_wrote_is_text_wherever_it_stands() {
    on_sqlite(async |database| {
        let review = Review::open(database).await;
        let found = |text: &str| Found::new(text.to_owned(), 0.9, Origin::Layout);
        let contact = Contact {
            name: Some(Found::new(
                PersonName {
                    prefix: Some(EVIL.into()),
                    suffix: Some(EVIL.into()),
                    ..PersonName::of(EVIL)
                },
                0.9,
                Origin::Header,
            )),
            titles: vec![found(EVIL)],
            departments: vec![found(EVIL)],
            organizations: vec![found(EVIL)],
            emails: EmailAddress::parse("o'brien&co@evil.example")
                .map(|email| Found::certain(email, Origin::Header))
                .into_iter()
                .collect(),
            links: Link::parse("https://evil.example/?a=<script>alert(3)</script>")
                .map(|link| Found::new(link, 0.9, Origin::HtmlLink))
                .into_iter()
                .collect(),
            addresses: vec![Found::new(
                PostalAddress {
                    street: Some(EVIL.into()),
                    city: Some(EVIL.into()),
                    ..PostalAddress::default()
                },
                0.9,
                Origin::Layout,
            )],
            ..Contact::default()
        };
        let mut known = contact.clone();
        known.titles = vec![found(&format!("{EVIL}!"))];
        let id = review.site.suggest(&review.tenant.id, &review.list, contact, Some(known)).await;
        let mut tx = review.site.db.begin_write().await.unwrap();
        lists::create(&mut tx, &review.tenant.id, EVIL, review.site.clock.now()).await.unwrap();
        sqlx::query("UPDATE users SET name = $1").bind(EVIL).execute(&mut *tx).await.unwrap();
        let evidence = serde_json::json!({"probability": 0.83, "grounds": []});
        let update = "UPDATE suggestions
             SET match_reasons = $1, match_level = 'possible', match_evidence = $2";
        sqlx::query(update)
            .bind(serde_json::json!([EVIL]).to_string())
            .bind(evidence.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let harmless = |page: &Answer| {
            assert!(page.text.contains("alert(1)"), "it is shown");
            assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"));
            assert!(!page.text.contains("\"'><"), "no attribute is left");
            assert!(!page.text.contains("&49"), "nothing is computed");
        };
        let page = review.page().await;
        assert!(page.text.contains("probability of 83 %"), "{}", page.text);
        harmless(&page);
        let typed = [("typed:titles/1", EVIL), ("typed:phones/1", EVIL), ("decision", "accept")];
        harmless(&review.decide(id.as_str(), &typed).await);
        review.decide(id.as_str(), &[("decision", "dismiss")]).await;
        harmless(&review.page().await);
        let answer = review
            .site
            .look(&format!("/{EVIL}").replace([' ', '"', '<', '>', '{', '}'], ""), &review.cookie)
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn another_tenant_sees_nothing_and_decides_nothing() {
    on_each_database(async |database| {
        let review = Review::open(database).await;
        let id = review.site.suggest(&review.tenant.id, &review.list, otto(), None).await;
        let (other, _) = review.site.tenant("Other").await;
        review.site.user(&other.id, "eve@example.test", Role::Admin).await;
        let cookie = review.site.sign_in("eve@example.test").await;
        let path = format!("/review?list={}", review.list.id);
        let page = review.site.look(&path, &cookie).await;
        assert!(!page.text.contains("Otto"), "{}", page.text);
        let csrf = page.field("csrf");
        for decision in ["accept", "accept-all", "dismiss", "undo"] {
            let fields = [("csrf", csrf.as_str()), ("decision", decision)];
            let answer = review.site.post(&format!("/review/{id}"), &cookie, &fields).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{decision}");
        }
        assert!(review.page().await.text.contains("1 open"));
    })
    .await;
}

#[tokio::test]
async fn an_open_page_hears_of_a_change_and_is_let_go_at_the_end() {
    on_each_database(async |database| {
        let review = Review::open(database).await;
        let request = |cookie: &str| {
            Request::get("/events").header(header::COOKIE, cookie).body(Body::empty()).unwrap()
        };
        let nobody = review.site.send(request("")).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);

        let response = review.site.begin(request(&review.cookie)).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert!(response.headers().get(header::CONTENT_ENCODING).is_none());
        let mut events = response.into_body().into_data_stream();
        let patience = Duration::from_secs(10);
        let mut next = async || timeout(patience, events.next()).await.expect("in time");
        let first = next().await.unwrap().unwrap();
        assert!(first.starts_with(b"event: change"), "{first:?}");
        review.site.suggest(&review.tenant.id, &review.list, otto(), None).await;
        let second = next().await.unwrap().unwrap();
        assert!(second.starts_with(b"event: change") && second != first, "{second:?}");
        review.site.stop.cancel();
        assert!(next().await.is_none(), "the page is let go");
    })
    .await;
}

#[tokio::test]
async fn style_and_script_are_kept_for_ever_under_a_path_that_changes_with_them() {
    on_sqlite(async |database| {
        let review = Review::open(database).await;
        let page = review.page().await;
        for (kind, mark) in
            [("text/css; charset=utf-8", "href=\""), ("text/javascript; charset=utf-8", "src=\"")]
        {
            let path = page
                .text
                .split(mark)
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .find(|path| path.contains(".css") || path.contains(".js"))
                .unwrap();
            let file = review.site.look(path, "").await;
            assert_eq!(file.status, StatusCode::OK);
            assert_eq!(file.header("content-type"), kind);
            assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
            let known = Request::get(path)
                .header(header::IF_NONE_MATCH, file.header("etag"))
                .body(Body::empty());
            let again = review.site.send(known.unwrap()).await;
            assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
        }
        let gone = review.site.look("/assets/AAAAAAAAAAAAAAAA/style.css", "").await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
    })
    .await;
}
