//! What a tenant lets happen without a rep, and who may accept, set by an admin.

use super::assets::Links;
use super::mailboxes::access;
use super::render::page;
use crate::store::policies::{self, Companies, FillBlanks, NewOwner, Policies, WhoMayAccept};
use crate::store::{StoreError, audit};
use crate::web::State;
use crate::web::auth::{Access, SignedForm, SignedIn};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

pub(super) fn router() -> Router<State> {
    Router::new().route("/policies", get(show).post(save))
}

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage<'a> {
    links: Links,
    csrf: &'a str,
    user: &'a str,
    fields: Fields,
    is_saved: bool,
    failure: Option<&'static str>,
}

/// What the form holds.
struct Fields {
    fills: bool,
    /// The least confidence, in percent.
    percent: String,
    is_for_admins: bool,
    /// As [`NewOwner::to_text`].
    owner: String,
    makes_companies: bool,
}

/// The confidence that is offered where nothing is filled yet, in percent.
const USUAL: &str = "95";

impl From<&Policies> for Fields {
    fn from(set: &Policies) -> Self {
        let confidence = set.fill_blanks.confidence();
        Self {
            fills: confidence.is_some(),
            percent: confidence.map_or_else(|| USUAL.to_owned(), percent_of),
            is_for_admins: set.who_may_accept == WhoMayAccept::Admins,
            owner: set.owner.to_text(),
            makes_companies: set.companies == Companies::Make,
        }
    }
}

/// A share of one in percent, without what its binary form adds: 0.57 is 57.
fn percent_of(confidence: f64) -> String {
    let text = format!("{:.3}", confidence * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Fields {
    /// As they were sent.
    fn sent(form: &SignedForm) -> Self {
        Self {
            fills: form.field("fills").is_some(),
            percent: form.field("percent").unwrap_or_default().trim().to_owned(),
            is_for_admins: form.field("who_may_accept").and_then(WhoMayAccept::parse)
                == Some(WhoMayAccept::Admins),
            owner: form.field("owner").unwrap_or_default().to_owned(),
            makes_companies: form.field("companies").and_then(Companies::parse)
                == Some(Companies::Make),
        }
    }

    /// The owner that is set by id; one is chosen by API or command, which ask the CRM who there is.
    fn fixed_owner(&self) -> Option<&str> {
        self.owner.strip_prefix("id:")
    }

    /// Puts them in the place of what is set; what the form does not hold stays.
    fn put_into(&self, set: &mut Policies) -> Result<(), &'static str> {
        set.fill_blanks = if self.fills {
            let percent: Option<f64> = self.percent.replace(',', ".").parse().ok();
            let fills = percent.and_then(|percent| FillBlanks::from(percent / 100.0));
            fills.ok_or("The least confidence must be 50 to 100 percent.")?
        } else {
            FillBlanks::Off
        };
        set.who_may_accept =
            if self.is_for_admins { WhoMayAccept::Admins } else { WhoMayAccept::Reps };
        set.companies = if self.makes_companies { Companies::Make } else { Companies::Link };
        match NewOwner::parse(&self.owner) {
            Some(NewOwner::Fixed(_)) | None => {}
            Some(owner) => set.owner = owner,
        }
        Ok(())
    }
}

fn render(
    signed_in: &SignedIn,
    fields: Fields,
    is_saved: bool,
    failure: Option<&'static str>,
) -> Response {
    let status = if failure.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = PoliciesPage {
        links: Links::new(),
        csrf: signed_in.csrf_token(),
        user: &signed_in.user().name,
        fields,
        is_saved,
        failure,
    };
    page(status, &shown)
}

async fn show(
    extract::State(state): extract::State<State>,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    let tenant = access(&signed_in)?.tenant;
    let set = policies::get(&mut *state.db.read().await?, &tenant).await?;
    Ok(render(&signed_in, Fields::from(&set), false, None))
}

async fn save(
    extract::State(state): extract::State<State>,
    form: SignedForm,
) -> Result<Response, Problem> {
    let Access { tenant, actor } = access(&form.signed_in)?;
    let fields = Fields::sent(&form);
    let mut tx = state.db.begin_write().await?;
    let mut set = policies::get(&mut tx, &tenant).await?;
    if let Err(failure) = fields.put_into(&mut set) {
        return Ok(render(&form.signed_in, fields, false, Some(failure)));
    }
    policies::set(&mut tx, &tenant, &set).await?;
    let (subject, now) = (tenant.as_str(), state.clock.now());
    audit::record(&mut tx, &tenant, &actor, "policies.put", subject, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(render(&form.signed_in, Fields::from(&set), true, None))
}
