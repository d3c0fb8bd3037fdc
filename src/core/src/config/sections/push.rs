//! Notifications.

use crate::config::Network;
use crate::config::describe::settings;

settings! {
    /// Delivery of notifications to push gateways, whose addresses the apps of users name.
    pub struct Push {
        /// Networks that gateways may be in although they are private, such as ["127.0.0.1", "10.0.0.0/8"].
        allowed_networks: Vec<Network> = Vec::new(),
        /// Whether gateways may be reached without TLS. Everybody on the way reads the notifications then.
        allow_http: bool = false,
    }
}
