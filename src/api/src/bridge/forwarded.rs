//! Where a request comes from, if a proxy has passed it on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use accounts::rate_limits::address_key;

use actix_web::HttpRequest;

use peerbrain_core::Config;

use crate::App;

/// The peer, or what the nearest proxy that we trust says: the last address in `X-Forwarded-For` that is not itself one
/// of them, for everything before it can be invented.
pub(super) fn client_address(app: &App, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|address| address.ip());
    let server = &app.config.server;
    if !server.trusts(peer) {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let parts: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    // What cannot be read ends it: whatever stands before it may be invented.
    let mut known = parts.iter().rev().map_while(|part| forwarded_address(part.trim()));
    known.find(|address| !server.trusts(Some(*address))).or(peer)
}

/// The address against which something counts that each may have a part of. None for a proxy, which brings many clients, and
/// one on this machine need not be listed.
pub fn counted_address(config: &Config, address: Option<IpAddr>) -> Option<IpAddr> {
    let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let is_proxy = |address: &IpAddr| own.contains(address) || config.server.trusts(Some(*address));
    address.map(|address| address.to_canonical()).filter(|address| !is_proxy(address)).map(address_key)
}

/// An address as proxies write it, some of them with a port.
fn forwarded_address(part: &str) -> Option<IpAddr> {
    let with_port = || part.parse::<SocketAddr>().map(|address| address.ip());
    let in_brackets = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    in_brackets.unwrap_or(part).parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_have_a_port() {
        for (written, address) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("192.0.2.7:4711", Some("192.0.2.7")),
            ("2001:db8::7", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("unknown", None),
            ("[192.0.2.7", None),
            ("192.0.2.7:port", None),
            ("", None),
        ] {
            assert_eq!(forwarded_address(written), address.map(|address| address.parse().unwrap()), "{written:?}");
        }
    }
}
