//! Signing in and out, and who is kept out.

use crate::support::databases::{Database, on_each_database, on_sqlite};
use crate::support::site::{PASSWORD, Site, form};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode};
use undersigned::store::users::Role;
use undersigned::store::{sessions, tenants};

const ANNA: &str = "anna@example.test";

async fn site_with_anna(database: &Database, url: &str) -> Site {
    let site = Site::open(database, url).await;
    let (tenant, _) = site.tenant("Acme").await;
    site.user(&tenant.id, ANNA, Role::Member).await;
    site
}

#[tokio::test]
async fn a_person_signs_in_reviews_and_signs_out() {
    on_each_database(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        assert_eq!(site.look("/review", "").await.header("location"), "/sign-in");

        let cookie = site.sign_in("Anna@Example.test").await;
        let page = site.look("/review", &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("Nothing to review"), "{}", page.text);

        let csrf = page.field("csrf");
        let out = site.post("/sign-out", &cookie, &[("csrf", &csrf)]).await;
        assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
        assert_eq!(site.look("/review", &cookie).await.header("location"), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    on_sqlite(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        let tries = [(ANNA, "wrong password"), ("nobody@example.test", PASSWORD), ("x", PASSWORD)];
        for (email, password) in tries {
            let fields = [("email", email), ("password", password)];
            let answer = site.post("/sign-in", "", &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text.contains("do not belong together"), "{}", answer.text);
            assert!(answer.headers.get("set-cookie").is_none());
            assert!(!answer.text.contains(password), "a password is not sent back");
        }
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    on_sqlite(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        let fields = [("email", ANNA), ("password", "guess")];
        for _ in 0..10 {
            site.post("/sign-in", "", &fields).await;
        }
        let answer = site.post("/sign-in", "", &fields).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_by_idling_and_by_age() {
    on_each_database(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        let cookie = site.sign_in(ANNA).await;
        for _ in 0..8 {
            site.clock.advance_secs(11 * 3600);
            assert_eq!(site.look("/review", &cookie).await.status, StatusCode::OK);
        }
        site.clock.advance_secs(13 * 3600);
        assert_eq!(site.look("/review", &cookie).await.header("location"), "/sign-in");

        let cookie = site.sign_in(ANNA).await;
        for _ in 0..15 {
            site.clock.advance_secs(11 * 3600);
            site.look("/review", &cookie).await;
        }
        site.clock.advance_secs(4 * 3600);
        assert_eq!(site.look("/review", &cookie).await.header("location"), "/sign-in");

        let now = site.clock.now();
        let mut tx = site.db.begin_write().await.unwrap();
        let tenant = tenants::list_all(&mut tx).await.unwrap().remove(0);
        assert_eq!(sessions::forget_expired(&mut tx, &tenant.id, now).await.unwrap(), 2);
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn forms_of_another_site_or_session_are_refused() {
    on_sqlite(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        let cookie = site.sign_in(ANNA).await;
        for token in ["", "wrong", "undefined"] {
            let out = site.post("/sign-out", &cookie, &[("csrf", token)]).await;
            assert_eq!(out.status, StatusCode::FORBIDDEN);
        }
        let csrf = site.look("/review", &cookie).await.field("csrf");
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")] {
            let mut request = form("/sign-out", &cookie, &[("csrf", &csrf)]);
            request.headers_mut().remove("sec-fetch-site");
            request.headers_mut().insert(name, HeaderValue::from_static(value));
            assert_eq!(site.send(request).await.status, StatusCode::FORBIDDEN, "{name}");
        }
        let other = site.sign_in(ANNA).await;
        let out = site.post("/sign-out", &other, &[("csrf", &csrf)]).await;
        assert_eq!(out.status, StatusCode::FORBIDDEN, "a token belongs to its session");
        assert_eq!(site.look("/review", &cookie).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    on_sqlite(async |database| {
        let site = site_with_anna(database, "https://crm.example.test").await;
        let fields = [("email", ANNA), ("password", PASSWORD)];
        let answer = site.post("/sign-in", "", &fields).await;
        let cookie = answer.header("set-cookie");
        for part in ["__Host-undersigned=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/;"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
    })
    .await;
}

#[tokio::test]
async fn every_answer_keeps_the_browser_in_bounds_and_tells_nothing_of_a_fault() {
    on_sqlite(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        for path in
            ["/sign-in", "/review", "/nothing-here", "/api/v1/lists", "/api/v1/openapi.json"]
        {
            let answer = site.look(path, "").await;
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self'"),
                "{path}: {policy}"
            );
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        }
        site.db.close().await;
        let mut request = Request::get("/api/v1/lists").body(Body::empty()).unwrap();
        let token = HeaderValue::from_static("Bearer und_x");
        request.headers_mut().insert("authorization", token);
        let answer = site.send(request).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["type"], "urn:undersigned:problem:internal");
        assert!(!answer.text.contains("pool") && !answer.text.contains("SELECT"), "{answer:?}");
    })
    .await;
}

#[tokio::test]
async fn methods_and_bodies_that_do_not_fit_are_problems_too() {
    on_sqlite(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        let answer = site.call("und_x", Method::DELETE, "/lists", None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.json()["type"], "urn:undersigned:problem:method-not-allowed");
        let large = "x".repeat(300 * 1024);
        let fields = [("email", ANNA), ("password", &large)];
        let answer = site.post("/sign-in", "", &fields).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{answer:?}");
        assert!(answer.text.contains("This is too large"), "people get a page");
    })
    .await;
}

#[tokio::test]
async fn an_auditor_does_not_review_and_a_disabled_user_does_not_sign_in() {
    on_each_database(async |database| {
        let site = site_with_anna(database, "http://localhost:8080").await;
        let mut conn = site.db.read().await.unwrap();
        let tenant = tenants::list_all(&mut conn).await.unwrap().remove(0);
        drop(conn);
        site.user(&tenant.id, "audit@example.test", Role::Auditor).await;
        let cookie = site.sign_in("audit@example.test").await;
        let page = site.look("/review", &cookie).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.text.contains("role auditor"), "{}", page.text);

        let mut tx = site.db.begin_write().await.unwrap();
        sqlx::query("UPDATE users SET disabled = 1").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(site.look("/review", &cookie).await.header("location"), "/sign-in");
        let fields = [("email", ANNA), ("password", PASSWORD)];
        let answer = site.post("/sign-in", "", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}
