//! [`Client`]: who sent a request, as far as the network can tell; and what we do not take from it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::header::ACCEPT_ENCODING;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::app::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: the peer's, or where the peer is one of `TRUSTED_PROXIES`, the one it speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client(pub(super) IpAddr);

impl Client {
    /// What limits count by: one IPv6 customer has at least a /64 of addresses, and may use all of them.
    pub(super) fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        }
    }
}

/// Leaves the [`Client`] with the request.
pub(super) fn identify(app: &App, mut request: Request) -> Request {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    if let Some(peer) = peer {
        let client = behind(peer.to_canonical(), request.headers(), &app.config.trusted_proxies);
        request.extensions_mut().insert(Client(client));
    }
    request
}

/// Takes away an `Accept-Encoding` that refuses the plain answer. The compression would answer 406 in its place, after the
/// request has been done; RFC 9110 (12.5.3) lets a server disregard the field instead.
pub(super) fn accept_plain(mut request: Request) -> Request {
    let refuses = |part: &str| {
        let mut pieces = part.split(';').map(str::trim);
        let name = pieces.next().unwrap_or_default();
        let zero = |piece: &str| {
            let weight = piece.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
            weight.is_some_and(|(_, weight)| weight.trim().parse::<f32>() == Ok(0.0))
        };
        (name == "*" || name.eq_ignore_ascii_case("identity")) && pieces.any(zero)
    };
    let mut lines = request.headers().get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    if lines.any(|line| line.split(',').any(refuses)) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    request
}

/// The nearest address that is no trusted proxy. Each proxy adds the address it was called from at the right, so what lies
/// left of the first stranger is the stranger's own word.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or("?")).collect();
    let mut told = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while trusted.iter().any(|network| network.contains(&nearest)) {
        match told.next().and_then(address) {
            Some(next) => nearest = next,
            None => break,
        }
    }
    nearest
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
        behind(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_speaks_for_itself_alone() {
        assert_eq!(client("203.0.113.9", &["198.51.100.7"]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_up_to_the_first_stranger() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["1.2.3.4, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["1.2.3.4", "198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("2001:db8::1", &["[2a00::7]"]), "2a00::7");
        assert_eq!(client("2001:db8::1", &["::ffff:198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn what_cannot_be_read_leads_no_further() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, nonsense, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn a_limit_counts_a_whole_ipv6_network_as_one() {
        let network = |text: &str| Client(text.parse().unwrap()).network().to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
    }
}
