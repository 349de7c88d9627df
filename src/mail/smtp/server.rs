//! [`SmtpServer`]: where the mail server is and how it is spoken to, read from `SMTP_URL` and `SMTP_CA_FILE`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::connect::connect;
use super::{Trouble, within};

/// A mail server; neither `Debug` nor `Display` shows user and password.
#[derive(Clone)]
pub struct SmtpServer {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    /// What we call ourselves to it.
    hello: ClientId,
    limit: Duration,
}

/// Certificates that are trusted besides those of the public authorities.
#[derive(Clone)]
pub struct Roots(Certificate);

impl Roots {
    /// The certificates of a PEM file, if it has any and all of them can be used.
    pub fn read(file: &Path) -> Option<Roots> {
        let pem = std::fs::read(file).ok()?;
        let roots = Roots(Certificate::from_pem(&pem).ok()?);
        // lettre takes a file without certificates for an empty list, and looks into a certificate only when it builds.
        let any = pem.windows(27).any(|text| text == b"-----BEGIN CERTIFICATE-----");
        (any && tls_parameters("localhost", Some(&roots)).is_some()).then_some(roots)
    }
}

impl SmtpServer {
    /// Reads a URL, `smtp://` or `smtps://`, with the meaning that lettre gives it. `limit` is how long the server may take
    /// for one step.
    pub fn new(url: &str, roots: Option<&Roots>, limit: Duration) -> Option<SmtpServer> {
        let url = Url::parse(url).ok()?;
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let parameters = tls_parameters(&host, roots)?;
        let (port, tls) = match (url.scheme(), url.query()) {
            ("smtp", None) => (SMTP_PORT, Tls::None),
            ("smtp", Some("tls=opportunistic")) => (SUBMISSION_PORT, Tls::Opportunistic(parameters)),
            ("smtp", Some("tls=required")) => (SUBMISSION_PORT, Tls::Required(parameters)),
            ("smtps", None) => (SUBMISSIONS_PORT, Tls::Wrapper(parameters)),
            _ => return None,
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) => Some(Credentials::new(decoded(user)?, decoded(password)?)),
            (_, None) => return None,
        };
        let hello = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        (!host.is_empty()).then(|| SmtpServer {
            port: url.port().unwrap_or(port),
            host,
            tls,
            credentials,
            hello,
            limit,
        })
    }

    /// Whether a password goes over the network as it is.
    pub(crate) fn shows_password(&self) -> bool {
        self.credentials.is_some() && matches!(self.tls, Tls::None | Tls::Opportunistic(_))
    }

    /// How long the server may take for one step.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Opens a connection, up to where the server takes messages.
    pub(super) async fn open(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let wrapper = if let Tls::Wrapper(parameters) = &self.tls { Some(parameters.clone()) } else { None };
        let connected = connect((&self.host, self.port), self.limit, wrapper, &self.hello);
        let mut connection = within(self.limit, connected).await?;
        match &self.tls {
            Tls::Opportunistic(parameters) if connection.can_starttls() => {
                within(self.limit, connection.starttls(parameters.clone(), &self.hello)).await?;
            }
            Tls::Required(parameters) => {
                within(self.limit, connection.starttls(parameters.clone(), &self.hello)).await?;
            }
            Tls::None | Tls::Opportunistic(_) | Tls::Wrapper(_) => {}
        }
        if let Some(credentials) = &self.credentials {
            within(self.limit, connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials)).await?;
        }
        Ok(connection)
    }
}

/// What TLS with `host` needs; `None` where a root cannot be used.
fn tls_parameters(host: &str, roots: Option<&Roots>) -> Option<TlsParameters> {
    let parameters = TlsParameters::builder(host.to_owned());
    match roots {
        Some(Roots(certificates)) => parameters.add_root_certificate(certificates.clone()).build().ok(),
        None => parameters.build().ok(),
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if matches!(self.tls, Tls::Wrapper(_)) { "smtps" } else { "smtp" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}://{host}:{}", self.port)
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Option<SmtpServer> {
        SmtpServer::new(url, None, Duration::from_secs(10))
    }

    #[test]
    fn scheme_and_query_pick_security_and_port() {
        for (url, shown, tls) in [
            ("smtp://mail.example", "smtp://mail.example:25", "None"),
            ("smtp://mail.example?tls=opportunistic", "smtp://mail.example:587", "Opportunistic"),
            ("smtp://mail.example/?tls=required", "smtp://mail.example:587", "Required"),
            ("smtps://mail.example", "smtps://mail.example:465", "Wrapper"),
            ("smtp://[::1]:2525/our.example", "smtp://[::1]:2525", "None"),
        ] {
            let server = server(url).unwrap();
            assert_eq!((server.to_string().as_str(), format!("{:?}", server.tls).as_str()), (shown, tls), "{url}");
        }
        assert_eq!(server("smtp://h/our.example").unwrap().hello, ClientId::Domain("our.example".to_owned()));
    }

    #[test]
    fn user_and_password_are_decoded_and_not_shown() {
        let server = server("smtp://me%40example.com:p%3Aw%2F@mail.example").unwrap();
        let expected = Credentials::new("me@example.com".to_owned(), "p:w/".to_owned());
        assert!(server.credentials == Some(expected) && server.shows_password());
        assert_eq!(format!("{server} {server:?}"), "smtp://mail.example:25 smtp://mail.example:25");
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        for url in [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp:mail.example",
            "smtp://user@mail.example",
            "smtp://mail.example:99999",
            "smtp://mail.example?tls=yes",
            "smtp://mail.example?tls=required&tls=opportunistic",
            "smtps://mail.example?tls=opportunistic",
        ] {
            assert!(server(url).is_none(), "{url}");
        }
    }
}
