//! [`Tls`]: the server's certificate, for HTTPS by rustls.

mod own;

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConnection, ServerConfig, StreamOwned};

/// A certificate chain and its key, ready to serve TLS 1.2 and 1.3 with HTTP/2 and HTTP/1.1.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
}

impl Tls {
    /// Reads both from PEM files; `None` if one cannot be read or the key is not the certificate's.
    pub fn read(certificate: &Path, key: &Path) -> Option<Tls> {
        let chain = CertificateDer::pem_file_iter(certificate).ok()?.collect::<Result<Vec<_>, _>>().ok()?;
        let certificate = chain.first()?.clone();
        let key = PrivateKeyDer::from_pem_file(key).ok()?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .ok()?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .ok()?;
        config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
        Some(Tls { config: Arc::new(config), certificate })
    }

    /// From when on and until when the certificate is valid; `None` if it cannot be read.
    pub(crate) fn validity(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (_, certificate) = x509_parser::parse_x509_certificate(&self.certificate).ok()?;
        let time = |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
        let validity = certificate.validity();
        Some((time(validity.not_before)?, time(validity.not_after)?))
    }

    /// The other end, for a check of the service by itself: it takes no other certificate than this.
    pub(crate) fn connect(&self, stream: TcpStream) -> io::Result<impl Read + Write + use<>> {
        let config = own::client(self.certificate.clone()).map_err(io::Error::other)?;
        // The name is not looked at.
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    }

    /// What takes connections.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

/// HTTP/2's name in ALPN (RFC 9113).
pub(super) const H2: &[u8] = b"h2";

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls")
    }
}
