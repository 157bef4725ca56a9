//! A sealed value as text: `v1.k1.iv.ciphertext.tag`, the last three in base64url without padding.

use super::aead::{Iv, Tag};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use std::fmt;

/// The only form so far.
pub(super) const VERSION: &str = "v1";

/// The number of a key of this database: `k1`, `k2`, …; the highest is the one in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyId(u32);

/// The parts of a sealed value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) key: KeyId,
    pub(super) iv: Iv,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Tag,
}

impl KeyId {
    /// The first key of a database.
    pub(super) const FIRST: Self = Self(1);

    /// The key that follows.
    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Reads `k1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('k')?.parse().ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "k{}", self.0)
    }
}

impl Sealed {
    /// Takes the text apart; `None` when it is not of this form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let (version, key, iv, ciphertext, tag) = (next()?, next()?, next()?, next()?, next()?);
        if version != VERSION || next().is_some() {
            return None;
        }
        Some(Self {
            key: KeyId::parse(key)?,
            iv: array(iv)?,
            ciphertext: BASE64.decode(ciphertext).ok()?,
            tag: array(tag)?,
        })
    }
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [iv, ciphertext, tag] =
            [&self.iv[..], &self.ciphertext, &self.tag].map(|bytes| BASE64.encode(bytes));
        write!(f, "{VERSION}.{}.{iv}.{ciphertext}.{tag}", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_parts_are_the_same() {
        let sealed =
            Sealed { key: KeyId::FIRST, iv: [1; 16], ciphertext: vec![2; 16], tag: [3; 32] };
        assert_eq!(Sealed::parse(&sealed.to_string()), Some(sealed));
    }

    #[test]
    fn anything_else_is_refused() {
        let good = Sealed { key: KeyId(7), iv: [1; 16], ciphertext: vec![], tag: [3; 32] };
        let good = good.to_string();
        assert!(Sealed::parse(&good).is_some());
        for bad in [
            String::new(),
            "v1".into(),
            good.replacen("v1", "v2", 1),
            good.replacen("k7", "7", 1),
            format!("{good}.x"),
            good[..good.len() - 1].to_owned(),
        ] {
            assert_eq!(Sealed::parse(&bad), None, "{bad}");
        }
    }
}
