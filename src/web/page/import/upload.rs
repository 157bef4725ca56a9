//! The form that carries a file: what is to be done with it, and what its columns hold.

use crate::crm::table::{Chosen, Column};
use crate::web::auth::SignedIn;
use crate::web::problem::{Kind, Problem};
use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum What {
    /// Say what would come in.
    #[default]
    Look,
    /// Import it.
    Import,
    /// Give back the rows of which something is left out.
    LeftOut,
}

/// A file that the page sent.
#[derive(Debug, Default)]
pub(super) struct Upload {
    pub(super) what: What,
    /// What the admin says that columns hold.
    pub(super) chosen: Chosen,
    /// Who is not in the file is not in the CRM.
    pub(super) whole: bool,
    pub(super) file: Bytes,
}

/// Reads the form. Its token comes before its file, and without it nothing is read.
pub(super) async fn read(
    signed_in: &SignedIn,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Upload, Problem> {
    let mut form = form.map_err(|_| Problem::new(Kind::UnsupportedMediaType, "send the form"))?;
    let mut upload = Upload::default();
    let mut token = String::new();
    let mut column = None;
    let mut is_file_there = false;
    while let Some(field) = form.next_field().await.map_err(|error| refused(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "csrf" {
            token = field.text().await.map_err(|error| refused(&error))?;
            continue;
        }
        signed_in.check_form(&token)?;
        if name == "file" {
            is_file_there = field.file_name().is_some_and(|name| !name.is_empty());
            upload.file = field.bytes().await.map_err(|error| refused(&error))?;
            continue;
        }
        let text = field.text().await.map_err(|error| refused(&error))?;
        match (name.as_str(), text.as_str()) {
            ("column", _) => column = Some(text),
            ("meaning", meaning) => {
                // One that is not known leaves the column out.
                upload.chosen.extend(column.take().map(|name| (name, Column::parse(meaning))));
            }
            ("whole", _) => upload.whole = true,
            ("do", "import") => upload.what = What::Import,
            ("do", "left-out") => upload.what = What::LeftOut,
            _ => {}
        }
    }
    signed_in.check_form(&token)?;
    if is_file_there {
        return Ok(upload);
    }
    Err(Problem::invalid("file", "Choose a file: CSV, or an Excel workbook (.xlsx)."))
}

fn refused(error: &MultipartError) -> Problem {
    let kind = Problem::of_status(error.status()).kind;
    let detail = match kind {
        Kind::TooLarge => {
            "this file is larger than 64 MiB; split it, or import it with `undersigned crm import`"
        }
        _ => "the file did not arrive whole; send it again",
    };
    Problem::new(kind, detail)
}
