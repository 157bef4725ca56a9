//! A program that uses the API with a token, as an admin's scripts do.

use super::daemon::Daemon;
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// The API of one daemon, with a token.
pub(crate) struct Api {
    base: String,
    token: String,
    client: Client,
}

impl Api {
    /// The API at `daemon`.
    pub(crate) fn of(daemon: &Daemon, token: &str) -> Self {
        let base = format!("{}/api/v1", daemon.web);
        Self { base, token: token.to_owned(), client: Client::new() }
    }

    /// What is at `path`, as JSON.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await.json().await.unwrap()
    }

    /// What is at `path`, as text.
    pub(crate) async fn text(&self, path: &str) -> String {
        self.send(Method::GET, path, None).await.text().await.unwrap()
    }

    /// Posts `body` and answers what comes back, null for nothing.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        json(self.send(Method::POST, path, Some(body)).await).await
    }

    /// Puts `body` and answers what comes back, null for nothing.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        json(self.send(Method::PUT, path, Some(body)).await).await
    }

    /// Deletes what is at `path`.
    pub(crate) async fn delete(&self, path: &str) {
        self.send(Method::DELETE, path, None).await;
    }

    /// What is said about a request that is refused.
    pub(crate) async fn refused(&self, method: Method, path: &str, body: Value) -> String {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let response = request.bearer_auth(&self.token).json(&body).send().await.unwrap();
        assert!(response.status().is_client_error(), "{path}: {}", response.status());
        response.text().await.unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let what = format!("{method} {path}");
        let mut request =
            self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        if status.is_success() {
            return response;
        }
        panic!("{what}: {status} {}", response.text().await.unwrap())
    }
}

async fn json(response: Response) -> Value {
    let text = response.text().await.unwrap();
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}
