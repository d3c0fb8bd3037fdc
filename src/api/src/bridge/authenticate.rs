//! How the credentials of a request become a caller.

use std::{future::Future, sync::Arc};

use accounts::{Limit, Seen, Session};
use http::Method;
use ruma::api::auth_scheme::{
    AccessToken, AccessTokenOptional, AppserviceTokenOptional, AuthScheme, NoAccessToken, NoAuthentication,
    extract_bearer_or_query_token,
};

use crate::{
    Error, Result,
    bridge::{Call, guests},
};

/// Who calls, as the authentication scheme of an endpoint demands it.
pub trait Authenticate: AuthScheme {
    /// What a handler is told: the session, perhaps a session, or nothing.
    type Caller;

    /// Looks at the credentials of a request whose body is not here yet, as far as they can be judged without it.
    ///
    /// # Errors
    /// What [`Authenticate::authenticate`] would say, too.
    fn examine(_: &Call) -> Result<()> {
        Ok(())
    }

    /// Checks the credentials of a request.
    fn authenticate(call: &Call) -> impl Future<Output = Result<Self::Caller>>;
}

macro_rules! nobody {
    ($($scheme:ty),*) => { $(
        impl Authenticate for $scheme {
            type Caller = ();
            async fn authenticate(_: &Call) -> Result<()> { Ok(()) }
        }
    )* };
}
nobody!(NoAuthentication, NoAccessToken, AppserviceTokenOptional);

impl Authenticate for AccessToken {
    type Caller = Arc<Session>;

    async fn authenticate(call: &Call) -> Result<Arc<Session>> {
        session(call).await?.ok_or_else(Error::missing_token)
    }
}

impl Authenticate for AccessTokenOptional {
    type Caller = Option<Arc<Session>>;

    async fn authenticate(call: &Call) -> Result<Option<Arc<Session>>> {
        session(call).await
    }
}

/// The session of the token in the `Authorization` header or, for old programs, in the query; none where there is no
/// token. A locked user may still log out, and nothing else (client-server §account-locking); a guest may do little, and
/// nobody may read without end.
///
/// # Errors
/// 401 for a token that is not known, expired, or of a locked account; 403 for a guest; 429.
pub async fn session(call: &Call) -> Result<Option<Arc<Session>>> {
    let Ok(Some(token)) = extract_bearer_or_query_token(&call.request) else { return Ok(None) };
    let seen = Seen { ip: call.client.ip, user_agent: call.client.user_agent.as_deref() };
    let accounts = &call.app.accounts;
    let session = if call.route.ends_with("/logout") || call.route.ends_with("/logout/all") {
        accounts.authenticate_locked(&token, seen).await?
    } else {
        accounts.authenticate(&token, seen).await?
    };
    if session.guest && !guests::may_call(call.request.method().as_str(), &call.route) {
        return Err(accounts::Error::GuestsForbidden.into());
    }
    if call.request.method() == Method::GET {
        accounts.limits().check(Limit::Read, &session.user_id)?;
    }
    Ok(Some(session))
}
