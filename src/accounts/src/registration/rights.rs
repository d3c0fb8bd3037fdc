//! Who may register: what the configuration says, registration tokens, and the token of the first administrator.

use peerbrain_core::{config::RegistrationMode, random};
use store::{
    Conn, Tx,
    accounts::{RegistrationTokenRow, registration_tokens, users},
    meta,
};
use subtle::ConstantTimeEq;

use crate::{Accounts, Error, Result, Stage, storable::is_storable, tokens};

/// Where the first administrator's token is kept. In plain text, because it is printed at every start until it is used;
/// who can read the database needs no token.
const FIRST_ADMIN: &str = "first_admin_token";
/// Characters of a registration token at most (client-server §token-authenticated-registration).
const TOKEN_CHARS: usize = 64;

/// What a registration token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// To become the first administrator, whatever the mode.
    FirstAdmin,
    /// To register: the token is in the configuration.
    Configured,
    /// To register: the token is in the database, which counts its uses.
    Stored,
}

/// What the database says about registration.
struct Situation {
    any_user: bool,
    /// The token that makes its user the first administrator.
    first_admin: Option<String>,
    token: Option<RegistrationTokenRow>,
}

impl Accounts {
    /// The flows of which one allows to register now.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where nobody may.
    pub async fn registration_flows(&self) -> Result<Vec<Vec<Stage>>> {
        let situation = self.situation("").await?;
        let first_admin = situation.first_admin.is_some();
        Ok(match self.registration.mode {
            RegistrationMode::Closed if first_admin && !situation.any_user => vec![vec![Stage::RegistrationToken]],
            RegistrationMode::Closed => return Err(closed()),
            RegistrationMode::Token => vec![vec![Stage::RegistrationToken]],
            RegistrationMode::Open if first_admin => vec![vec![Stage::Dummy], vec![Stage::RegistrationToken]],
            RegistrationMode::Open => vec![vec![Stage::Dummy]],
        })
    }

    /// Whether somebody may register with this token now.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where nobody may register at all.
    pub async fn registration_token_valid(&self, token: &str) -> Result<bool> {
        self.registration_flows().await?;
        Ok(self.registration_right(token).await?.is_some())
    }

    /// What this registration token allows; none where it is not valid.
    pub(crate) async fn registration_right(&self, token: &str) -> Result<Option<Right>> {
        if token.is_empty() || token.len() > TOKEN_CHARS || !is_storable(token) {
            return Ok(None);
        }
        let situation = self.situation(token).await?;
        let given = tokens::hash(token);
        // Hashes are compared, so that the time tells nothing of the token.
        let is = |known: &str| bool::from(tokens::hash(known).ct_eq(&given));
        if situation.first_admin.as_deref().is_some_and(is) {
            return Ok(Some(Right::FirstAdmin));
        }
        if self.registration.mode == RegistrationMode::Closed {
            return Ok(None);
        }
        if self.registration.tokens.iter().any(|known| is(known.expose())) {
            return Ok(Some(Right::Configured));
        }
        let now = self.clock.now_ms();
        Ok(situation.token.filter(|token| token.is_valid(now)).map(|_| Right::Stored))
    }

    /// # Errors
    /// [`Error::Forbidden`] where that right does not allow to register.
    pub(crate) fn require_right(&self, right: Option<Right>) -> Result<()> {
        match (self.registration.mode, right) {
            (_, Some(Right::FirstAdmin)) | (RegistrationMode::Open, _) => Ok(()),
            (RegistrationMode::Token, Some(_)) => Ok(()),
            (RegistrationMode::Token, None) => Err(Error::forbidden("a registration token is needed")),
            (RegistrationMode::Closed, _) => Err(closed()),
        }
    }

    /// The one-time token that makes who registers with it an administrator: it is printed at the start, so that no
    /// stranger can be first. The same until it is used; none once there is an administrator.
    pub async fn first_admin_token(&self) -> Result<Option<String>> {
        let fresh = random::token(&*self.random, random::TOKEN_CHARS);
        let write = move |tx: &mut Tx<'_>| {
            if users::any_admin(tx.conn())? {
                meta::remove(tx.conn(), FIRST_ADMIN)?;
                return Ok(None);
            }
            if let Some(known) = meta::get(tx.conn(), FIRST_ADMIN)? {
                return Ok(Some(known));
            }
            meta::set(tx.conn(), FIRST_ADMIN, &fresh)?;
            Ok(Some(fresh.clone()))
        };
        Ok(self.store.write(write).await?)
    }

    /// Makes a registration token; `text` none makes one up. It allows `uses` registrations until `expires_at`
    /// (milliseconds since 1970), each without limit where none is given.
    ///
    /// # Errors
    /// [`Error::InvalidParam`] for a text that is no token or is taken.
    pub async fn create_registration_token(
        &self,
        text: Option<&str>,
        uses: Option<i64>,
        expires_at: Option<i64>,
    ) -> Result<String> {
        let token = text.map_or_else(|| random::opaque_id(&*self.random), str::to_owned);
        let fits = |c: char| c.is_ascii_alphanumeric() || "._~-".contains(c);
        if token.is_empty() || token.len() > TOKEN_CHARS || !token.chars().all(fits) {
            return Err(Error::invalid_param("a registration token has 1 to 64 of the characters A-Z a-z 0-9 . _ ~ -"));
        }
        let row = RegistrationTokenRow { token: token.clone(), uses_allowed: uses, uses: 0, expires_at };
        let added = self.store.write(move |tx| registration_tokens::insert(tx, &row)).await?;
        if added { Ok(token) } else { Err(Error::invalid_param("there is such a registration token already")) }
    }

    /// The registration tokens in the database.
    pub async fn registration_tokens(&self) -> Result<Vec<RegistrationTokenRow>> {
        Ok(self.store.read(registration_tokens::list).await?)
    }

    /// Takes a registration token out of use. False where it was not known.
    pub async fn delete_registration_token(&self, token: &str) -> Result<bool> {
        let token = token.to_owned();
        Ok(self.store.write(move |tx| registration_tokens::delete(tx, &token)).await?)
    }

    async fn situation(&self, token: &str) -> Result<Situation> {
        let token = token.to_owned();
        let read = move |conn: &mut Conn| {
            Ok(Situation {
                any_user: users::any(conn)?,
                first_admin: if users::any_admin(conn)? { None } else { meta::get(conn, FIRST_ADMIN)? },
                token: registration_tokens::get(conn, &token)?,
            })
        };
        Ok(self.store.read(read).await?)
    }
}

/// Uses a right up. False where it is no longer there: somebody else was quicker. Writes nothing then.
pub(crate) fn use_right(tx: &mut Tx<'_>, right: Right, token: &str, now: i64) -> store::Result<bool> {
    match right {
        Right::Configured => Ok(true),
        Right::Stored => registration_tokens::use_once(tx, token, now),
        Right::FirstAdmin => {
            if users::any_admin(tx.conn())? || meta::get(tx.conn(), FIRST_ADMIN)?.as_deref() != Some(token) {
                return Ok(false);
            }
            meta::remove(tx.conn(), FIRST_ADMIN)?;
            Ok(true)
        }
    }
}

fn closed() -> Error {
    Error::forbidden("registration is closed on this server")
}
