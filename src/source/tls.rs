//! TLS towards mail servers: 1.2 at least, certificates always checked against the system's roots
//! and, for servers of one's own, the authorities of a file.

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls_platform_verifier::Verifier;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why no TLS connection can be made at all.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificates cannot be used.
    #[error("cannot read certificates in PEM form from {0}; check ca_file")]
    CaFile(PathBuf),
    /// The system's certificates cannot be used.
    #[error("cannot use the system's root certificates; install ca-certificates")]
    Roots(#[source] rustls::Error),
}

/// How connections are made; `ca_file` holds further certificate authorities in PEM form.
pub fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(ca_file, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(TlsError::Roots)?
        .dangerous() // rustls calls every verifier of one's choice so; this one is the system's
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn verifier(ca_file: Option<&Path>, provider: &Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    let Some(path) = ca_file else {
        return Verifier::new(Arc::clone(provider)).map_err(TlsError::Roots);
    };
    let unreadable = || TlsError::CaFile(path.to_owned());
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|_| unreadable())?;
    if certificates.is_empty() {
        return Err(unreadable());
    }
    Verifier::new_with_extra_roots(certificates, Arc::clone(provider)).map_err(|_| unreadable())
}
