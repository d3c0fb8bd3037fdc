//! Reaching the operator's part of a server: of the one that runs, or of a database that none runs on.

use std::path::PathBuf;

use peerbrain_core::Config;

use super::{Operator, Reply, Request};
use crate::error::Error;
use crate::{admin_client, first_start};

/// Whom to ask.
pub enum Reached {
    /// The server that runs on this data folder.
    Running(PathBuf),
    /// Ourselves, with the database open.
    Opened(Operator),
}

impl Reached {
    /// Asks the running server, or else opens the database; gives the reply, and whom to ask further.
    ///
    /// # Errors
    /// A server that does not answer, or a database that cannot be opened.
    pub async fn ask_first(config: &Config, request: Request) -> Result<(Self, Reply), Error> {
        let data_dir = config.server.data_dir.clone();
        if let Some(reply) = admin_client::ask(&data_dir, &request)? {
            return Ok((Self::Running(data_dir), reply));
        }
        // Whoever looks in the wrong folder must not make a server there: only the first user does.
        let key = config.server.signing_key_path();
        if !matches!(request, Request::CreateUser { .. }) && matches!(key.try_exists(), Ok(false)) {
            return Err(Error::plain(format!(
                "no server is here, for there is no {}: run this in the server's folder",
                key.display()
            )));
        }
        first_start::make_data_folder(config)?;
        let operator = match Operator::open(config).await {
            // A server that is just starting has the database before it can be asked; by now it should have come up.
            Err(in_use @ Error::Store(store::Error::InUse(_))) => {
                let reply = admin_client::ask(&data_dir, &request)?.ok_or(in_use)?;
                return Ok((Self::Running(data_dir), reply));
            }
            opened => opened?,
        };
        let reply = operator.perform(request).await;
        Ok((Self::Opened(operator), reply))
    }

    /// Asks again.
    ///
    /// # Errors
    /// A server that has stopped meanwhile.
    pub async fn ask(&self, request: Request) -> Result<Reply, Error> {
        match self {
            Self::Opened(operator) => Ok(operator.perform(request).await),
            Self::Running(data_dir) => {
                admin_client::ask(data_dir, &request)?.ok_or_else(|| Error::plain("the server has just stopped"))
            }
        }
    }

    /// Closes the database if it was opened.
    pub async fn close(self) {
        if let Self::Opened(operator) = self {
            operator.close().await;
        }
    }
}
