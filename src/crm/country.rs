//! Countries as CRMs write them: a code, or a name in any language.

pub(super) use crate::signature::country_code;
