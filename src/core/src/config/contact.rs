//! Whom users and strangers can turn to.

use ruma::OwnedUserId;

use super::describe::{settings, unset_when_empty};
use super::{ConfigError, validate::require};

settings! {
    /// A way to reach those who run this server.
    pub struct Contact {
        /// What it is for: "m.role.admin" for everything, "m.role.security" for what must not become known.
        role: String = "m.role.admin".to_owned(),
        /// A user, perhaps of another server, who can be reached when this one is down.
        #[serde(deserialize_with = "unset_when_empty", skip_serializing_if = "Option::is_none")]
        matrix_id: Option<OwnedUserId> = None,
        /// An address for mail.
        #[serde(deserialize_with = "unset_when_empty", skip_serializing_if = "Option::is_none")]
        email_address: Option<String> = None,
    }
}

impl Contact {
    /// Checks what the types of the settings cannot say.
    ///
    /// # Errors
    /// What makes no sense, with what is allowed.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let key = "well_known.support_contacts";
        let known = "contacts of role \"m.role.admin\", \"m.role.security\" or one such as \"org.example.abuse\"";
        require(is_role(&self.role), key, &self.role, known)?;
        let reachable = self.matrix_id.is_some() || self.email_address.is_some();
        require(reachable, key, "without an address", "contacts that have a matrix_id or an email_address")?;
        let Some(address) = &self.email_address else { return Ok(()) };
        let parts = address.split_once('@');
        let fits = parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
            && !address.contains(char::is_whitespace);
        require(fits, key, address, "contacts with an email_address such as \"admin@example.org\"")
    }
}

/// One of the two roles that are specified, or a name of one's own by the grammar of appendices
/// §common-namespaced-identifier-grammar, which keeps "m." for the specification.
fn is_role(role: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let own = (1..=255).contains(&role.len())
        && role.starts_with(|first: char| first.is_ascii_lowercase())
        && role.bytes().all(allowed)
        && !role.starts_with("m.");
    own || ["m.role.admin", "m.role.security"].contains(&role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(role: &str, matrix_id: Option<&str>, email_address: Option<&str>) -> Contact {
        let matrix_id = matrix_id.map(|id| id.try_into().unwrap());
        Contact { role: role.to_owned(), matrix_id, email_address: email_address.map(str::to_owned) }
    }

    #[test]
    fn a_contact_has_a_role_and_an_address() {
        let (admin, user, mail) = ("m.role.admin", Some("@admin:example.org"), Some("admin@example.org"));
        for (fits, contact) in [
            (true, contact(admin, user, mail)),
            (true, contact("m.role.security", user, None)),
            (true, contact("org.example.abuse", None, mail)),
            (false, contact(admin, None, None)),
            (false, contact(admin, user, Some("admin"))),
            (false, contact(admin, None, Some("@example.org"))),
            (false, contact(admin, None, Some("mailto: admin@example.org"))),
            (false, contact("", user, None)),
            (false, contact("Admin", user, None)),
            (false, contact("m.role.cook", user, None)),
        ] {
            assert_eq!(contact.validate().is_ok(), fits, "{contact:?}");
        }
    }

    #[test]
    fn what_a_contact_does_not_have_is_not_shown() {
        let shown = toml::to_string(&contact("m.role.admin", None, Some("admin@example.org"))).unwrap();
        assert_eq!(shown, "role = \"m.role.admin\"\nemail_address = \"admin@example.org\"\n");
    }
}
