//! What is told of the server under `/.well-known/matrix`.

use crate::config::Contact;
use crate::config::describe::{settings, unset_when_empty};

settings! {
    /// What is answered under /.well-known/matrix of this server.
    pub struct WellKnown {
        /// Where clients find this server: the base_url of /.well-known/matrix/client. Unset: server.public_base_url.
        #[serde(deserialize_with = "unset_when_empty")]
        client: Option<String> = None,
        /// Where other servers find this one: the m.server of /.well-known/matrix/server, such as "matrix.example.org:443".
        /// Unset: host and port of server.public_base_url, if it is a plain https address.
        #[serde(deserialize_with = "unset_when_empty")]
        server: Option<String> = None,
        /// A page that helps users of this server, such as "https://example.org/support.html": the support_page of
        /// /.well-known/matrix/support.
        #[serde(deserialize_with = "unset_when_empty")]
        support_page: Option<String> = None,
        /// Who runs this server and can be asked, as /.well-known/matrix/support tells everybody, such as
        /// [{ role = "m.role.admin", matrix_id = "@admin:example.org", email_address = "admin@example.org" }]. The role is
        /// "m.role.admin" unless another one is given; "m.role.security" is for what must not become known. Each contact
        /// has at least one of the two addresses.
        support_contacts: Vec<Contact> = Vec::new(),
    }
}
