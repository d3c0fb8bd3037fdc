//! Which addresses may be reached: strangers choose where pushers and server names point to, and must not make us reach
//! what is private.

use std::net::IpAddr;

use crate::config::Network;

/// Networks that are not the internet: private, local, shared, for documentation, multicast, translated.
const CLOSED: [&str; 26] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// Lets addresses through or not.
#[derive(Clone, Debug)]
pub struct AddressFilter {
    closed: Vec<Network>,
    open: Vec<Network>,
}

impl AddressFilter {
    /// * `open`: networks that may be reached although they are private.
    pub fn new(open: &[Network]) -> Self {
        Self { closed: CLOSED.iter().filter_map(|network| network.parse().ok()).collect(), open: open.to_vec() }
    }

    /// Whether this address may be reached.
    pub fn allows(&self, address: IpAddr) -> bool {
        let within = |networks: &[Network]| networks.iter().any(|network| network.contains(address));
        within(&self.open) || !within(&self.closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_is_not_reached() {
        let filter = AddressFilter::new(&["10.1.0.0/16".parse().unwrap()]);
        assert_eq!(filter.closed.len(), CLOSED.len());
        for (address, want) in [
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("10.1.2.3", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("fd00::1", false),
            ("8.8.8.8", true),
            ("2606:4700::1111", true),
        ] {
            assert_eq!(filter.allows(address.parse().unwrap()), want, "{address}");
        }
    }
}
