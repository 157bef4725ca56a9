//! Style, scripts and icon: embedded, and served under a path that carries their hash, so that a
//! browser keeps them for ever and still has the right ones after an upgrade.

use crate::web::State;
use crate::web::problem::Problem;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tower_http::compression::CompressionLayer;

/// One embedded file.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    hash: LazyLock<String>,
}

impl Asset {
    fn path(&self) -> String {
        format!("/assets/{}/{}", *self.hash, self.name)
    }
}

static STYLE: Asset = Asset {
    name: "style.css",
    media_type: "text/css; charset=utf-8",
    bytes: include_bytes!("assets/style.css"),
    hash: LazyLock::new(|| short_hash(include_bytes!("assets/style.css"))),
};
static SCRIPT: Asset = Asset {
    name: "review.js",
    media_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("assets/review.js"),
    hash: LazyLock::new(|| short_hash(include_bytes!("assets/review.js"))),
};
static IMPORT_SCRIPT: Asset = Asset {
    name: "import.js",
    media_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("assets/import.js"),
    hash: LazyLock::new(|| short_hash(include_bytes!("assets/import.js"))),
};
static ICON: Asset = Asset {
    name: "icon.svg",
    media_type: "image/svg+xml",
    bytes: include_bytes!("assets/icon.svg"),
    hash: LazyLock::new(|| short_hash(include_bytes!("assets/icon.svg"))),
};

/// Where a page finds its style, scripts and icon.
#[derive(Debug, Clone)]
pub(super) struct Links {
    pub(super) style: String,
    pub(super) script: String,
    pub(super) import_script: String,
    pub(super) icon: String,
}

impl Links {
    pub(super) fn new() -> Self {
        Self {
            style: STYLE.path(),
            script: SCRIPT.path(),
            import_script: IMPORT_SCRIPT.path(),
            icon: ICON.path(),
        }
    }
}

/// 96 bits of SHA-256: enough to tell versions apart.
fn short_hash(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    URL_SAFE_NO_PAD.encode(hash.get(..12).unwrap_or_default())
}

pub(super) fn router() -> Router<State> {
    Router::new().route("/assets/{hash}/{name}", get(serve)).layer(CompressionLayer::new())
}

async fn serve(
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = [&STYLE, &SCRIPT, &IMPORT_SCRIPT, &ICON]
        .into_iter()
        .find(|asset| asset.name == name && *asset.hash == hash)
        .ok_or_else(|| Problem::not_found("file"))?;
    let tag = format!("\"{hash}\"");
    let kept = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.contains(&tag)) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, asset.media_type)], asset.bytes).into_response())
}
