//! What became of a decision: how it fares in the CRM, and the list of all of them.

use super::{Review, otto};
use crate::support::databases::on_sqlite;
use axum::http::StatusCode;
use undersigned::contact::{EmailAddress, Found, Origin, PersonName};
use undersigned::store::WriteId;

#[tokio::test]
async fn the_page_says_how_what_was_accepted_fares_in_the_crm() {
    on_sqlite(async |database| {
        let review = Review::open(database).await;
        let (tenant, list) = (&review.tenant.id, &review.list);
        let id = review.site.suggest(tenant, list, otto(), None).await.to_string();
        let write = async |state: &str, withdrawn: i64, detail: &str| {
            let mut tx = review.site.db.begin_write().await.unwrap();
            let row = sqlx::query(
                "INSERT INTO crm_writes (id, tenant_id, suggestion_id, contact_id, before, after,
                     state, withdrawn, detail, created_at, changed_at)
                 VALUES ($1, $2, $3, 'c', '', '{}', $4, $5, $6, 0, 0)",
            );
            let row = row.bind(WriteId::new().to_string()).bind(tenant.to_string());
            let row = row.bind(id.clone()).bind(state.to_owned()).bind(withdrawn);
            row.bind(detail.to_owned()).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            review.page().await.text
        };
        let refused = write("failed", 0, "the required field `fax` would be empty").await;
        assert!(refused.contains("Not in the CRM: the required field `fax` would be empty."));
        assert!(!refused.contains("take it out of the CRM"));
        let stuck = write("failed", 1, "the CRM did not take it for four days").await;
        assert!(stuck.contains("It is still in the CRM: "));
        assert!(stuck.contains("Try again to take it out of the CRM"));

        review.decide(&id, &[("decision", "accept-all")]).await;
        assert!(write("waiting", 0, "").await.contains("waits for the CRM"));
        let partly = write("written", 0, "the field `jobtitle` is locked").await;
        assert!(partly.contains("in the CRM: the field `jobtitle` is locked"));
    })
    .await;
}

#[tokio::test]
async fn every_decision_is_listed_with_what_it_wrote_and_can_be_taken_back() {
    on_sqlite(async |database| {
        let review = Review::open(database).await;
        let (tenant, list) = (&review.tenant.id, &review.list);
        let mut ids = Vec::new();
        for number in 0..31 {
            let mut person = otto();
            person.name =
                Some(Found::new(PersonName::of(format!("Otto B{number}")), 0.98, Origin::Header));
            person.emails = EmailAddress::parse(&format!("otto{number}@berg{number}.example"))
                .map(|email| Found::certain(email, Origin::Header))
                .into_iter()
                .collect();
            let id = review.site.suggest(tenant, list, person, None).await.to_string();
            review.decide(&id, &[("decision", "accept-all")]).await;
            ids.push(id);
        }
        assert!(review.page().await.text.contains("/review/decided"));

        // The CRM had another title of the first one.
        let (mut before, after) = (otto(), otto());
        before.titles[0].value = "Head of Purchasing".into();
        let mut tx = review.site.db.begin_write().await.unwrap();
        let row = sqlx::query(
            "INSERT INTO crm_writes (id, tenant_id, suggestion_id, contact_id, before, after, state,
                 withdrawn, detail, created_at, changed_at)
             VALUES ($1, $2, $3, 'c', $4, $5, 'written', 0, '', 0, 0)",
        );
        let row =
            row.bind(WriteId::new().to_string()).bind(tenant.to_string()).bind(ids[0].clone());
        let row = row.bind(serde_json::to_string(&before).unwrap());
        row.bind(serde_json::to_string(&after).unwrap()).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();

        let newest = review.site.look("/review/decided", &review.cookie).await;
        assert!(newest.text.contains("Otto B30") && !newest.text.contains("Otto B0<"));
        let older = newest.text.split("href=\"").find(|it| it.contains("before=")).unwrap();
        let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let oldest = review.site.look(&older, &review.cookie).await;
        assert!(oldest.text.contains("Otto B0<") && !oldest.text.contains("Otto B1<"));
        for told in ["in the CRM", "Head of Purchasing", "Head of Sales", "1 value for the CRM"] {
            assert!(oldest.text.contains(told), "{told}: {}", oldest.text);
        }

        let back = [("decision", "undo"), ("back", "decided")];
        let undone = review.decide(&ids[5], &back).await;
        assert!(undone.header("location").starts_with("/review/decided?"), "{undone:?}");
        let page = review.site.look(undone.header("location"), &review.cookie).await;
        assert!(page.text.contains("<strong>Otto B5</strong> is"), "{}", page.text);
        // What cannot be taken back is told where it was asked.
        let again = review.decide(&ids[5], &back).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(again.text.contains("<h1>Decisions</h1>") && again.text.contains("role=\"alert\""));
    })
    .await;
}
