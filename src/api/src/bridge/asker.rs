//! Who asks, for what counts against each of those who ask.

use std::{net::IpAddr, sync::Arc};

use accounts::Seen;
use ruma::{OwnedUserId, api::auth_scheme::extract_bearer_or_query_token};

use crate::{
    App,
    bridge::{Call, Client, forwarded::counted_address, x_matrix},
};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    /// Who has a token.
    User(OwnedUserId),
    /// Who signs as a server.
    Server(String),
    /// Anybody else; none behind a proxy that does not say more.
    Address(Option<IpAddr>),
}

/// What a request says of who asks. Only for requests that were answered: nothing is checked here a second time.
pub(super) struct Credentials {
    app: Arc<App>,
    client: Client,
    token: Option<String>,
    server: Option<String>,
}

impl Credentials {
    /// Reads them.
    pub fn of(call: &Call) -> Self {
        let token = extract_bearer_or_query_token(&call.request).ok().flatten();
        let signed = call.route.starts_with("/_matrix/federation/");
        let server = if signed { x_matrix::read(call.headers()).ok() } else { None };
        Self {
            app: call.app.clone(),
            client: call.client.clone(),
            token: token.map(|token| token.to_string()),
            server: server.and_then(|headers| Some(headers.first()?.origin.to_string())),
        }
    }

    /// Who asks.
    pub async fn asker(self) -> Asker {
        if let Some(server) = self.server {
            return Asker::Server(server);
        }
        if let Some(token) = self.token {
            let seen = Seen { ip: self.client.ip, user_agent: self.client.user_agent.as_deref() };
            if let Ok(session) = self.app.accounts.authenticate(&token, seen).await {
                return Asker::User(session.user_id.clone());
            }
        }
        Asker::Address(counted_address(&self.app.config, self.client.ip))
    }
}
