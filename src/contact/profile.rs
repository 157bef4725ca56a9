//! Which links lead to a profile: somebody's page at a social network or a messenger, and never the site of
//! an employer.

use super::Link;

/// Where a page is a profile, by hosts; theirs are also the hosts below them.
const HOSTS: &[&str] = &[
    "linkedin.com",
    "xing.com",
    "x.com",
    "twitter.com",
    "facebook.com",
    "fb.com",
    "instagram.com",
    "youtube.com",
    "youtu.be",
    "github.com",
    "gitlab.com",
    "wa.me",
    "whatsapp.com",
    "t.me",
    "tiktok.com",
    "threads.net",
    "vimeo.com",
    "behance.net",
    "kununu.com",
    "pinterest.com",
    "medium.com",
    "researchgate.net",
    "orcid.org",
    "weixin.qq.com",
    "vk.com",
    "bsky.app",
    "dribbble.com",
    "telegram.me",
    "line.me",
];

impl Link {
    /// Whether it leads to a profile, a person's or a firm's.
    pub fn is_profile(&self) -> bool {
        let host = self.host();
        let is_at = |network: &&str| {
            host.strip_suffix(*network)
                .is_some_and(|below| below.is_empty() || below.ends_with('.'))
        };
        HOSTS.iter().any(is_at)
            || host.starts_with("mastodon.")
            || (self.path().starts_with("/@") && !self.path().trim_start_matches('/').contains('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_at_a_network_is_a_profile_and_a_site_is_none() {
        let is_profile = |text: &str| Link::parse(text).expect("a link").is_profile();
        for text in [
            "https://www.facebook.com/exempla",
            "de.linkedin.com/in/anna-exempla",
            "https://wa.me/491701234567",
            "https://api.whatsapp.com/send?phone=491701234567",
            "https://chat.whatsapp.com/abc",
            "https://mastodon.example/@anna",
            "https://exempla.example/@anna",
        ] {
            assert!(is_profile(text), "{text}");
        }
        for text in ["exempla.example", "notfacebook.com/exempla", "exempla.example/team/@anna"] {
            assert!(!is_profile(text), "{text}");
        }
    }
}
