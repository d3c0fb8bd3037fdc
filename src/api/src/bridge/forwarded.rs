//! Where a request comes from, if a proxy has passed it on.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;

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
