//! How the exporter of traces sends: HTTP on its own thread, with the TLS that the rest of the process has.

use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// What one delivery may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Blocks whoever waits for it.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    /// Whether the collector could not be reached the last time: the reason is told once, and not at every try.
    is_cut_off: AtomicBool,
}

impl Client {
    /// One that trusts the authorities in this file, in PEM, or the public ones.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn new(authorities: Option<&Path>) -> Result<Client, String> {
        let mut tls = TlsConfig::builder();
        if let Some(file) = authorities {
            let refused = |reason: String| format!("OTEL_EXPORTER_OTLP_CERTIFICATE={file:?}: {reason}");
            let text = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
            let found = parse_pem(&text).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            let found: Vec<_> = found.collect();
            if found.is_empty() {
                return Err(refused("must be a file with at least one certificate in PEM".to_owned()));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&found));
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(LIMIT))
            // The exporter knows which statuses are worth another try.
            .http_status_as_error(false);
        Ok(Client { agent: config.build().into(), is_cut_off: AtomicBool::new(false) })
    }
}

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            // Without what may be a password before it.
            let collector = head.uri.host().map(str::to_owned);
            let answer = self.agent.run(Request::from_parts(head, &*body));
            if let Err(error) = &answer
                && !self.is_cut_off.load(Ordering::Relaxed)
            {
                tracing::warn!(collector, %error, "the collector of traces cannot be reached: traces are lost until it can");
            }
            self.is_cut_off.store(answer.is_err(), Ordering::Relaxed);
            let (head, mut body) = answer?.into_parts();
            Ok(Response::from_parts(head, body.read_to_vec()?.into()))
        })
    }
}
