//! Every request names its host once (RFC 9112, section 3.2). Where two readers could see two hosts, or none, a proxy before
//! us may have decided by another one than we do.

use std::net::Ipv6Addr;

use axum::extract::Request;
use axum::http::Version;
use axum::http::header::HOST;

/// Whether the host can be told: by one field that is one, or, where the version has another place for it or none at all, by
/// no field.
pub(super) fn is_told(request: &Request) -> bool {
    let mut fields = request.headers().get_all(HOST).iter();
    match (fields.next(), fields.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(field), None) => field.to_str().is_ok_and(is_host),
        (Some(_), Some(_)) => false,
    }
}

/// `uri-host [":" port]` (RFC 9110, section 7.2). The name may be empty, as that of a target without an authority is.
fn is_host(text: &str) -> bool {
    let (is_good, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, port))) => (address.parse::<Ipv6Addr>().is_ok(), port),
        Some(None) => return false,
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(name), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    is_good && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// `reg-name` (RFC 3986, section 3.2.2), which IPv4 addresses are, too.
fn is_name(name: &str) -> bool {
    let mut parts = name.split('%');
    let plain =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte));
    // Each part but the first begins with the two digits of what is escaped.
    let escaped =
        |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()) && plain(part);
    parts.next().is_some_and(plain) && parts.all(escaped)
}
