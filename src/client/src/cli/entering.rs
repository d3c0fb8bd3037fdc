//! `register` and `login`: the commands for which there is no account yet.

use std::io::BufRead;

use crate::account::AccountFolder;
use crate::cli::arguments::{Login, Options, Register};
use crate::console::{Console, Question};
use crate::error::{Error, Result};
use crate::login;
use crate::report::Report;

/// The longest line that is read as a password or a key.
const MAX_SECRET_BYTES: usize = 4_096;

/// Makes an account; asks for the password twice where a person types it.
pub async fn register(options: &Options, register: &Register, console: &mut dyn Console) -> Result<()> {
    let password = match register.password_stdin {
        true => secret(&mut std::io::stdin().lock(), "password")?,
        false => {
            let password = console.ask(Question::secret("A password for the new account:")).await?;
            if console.ask(Question::secret("The same once more:")).await? != password {
                return Err(Error::Input("The two passwords differ. Nothing was done.".to_owned()));
            }
            password
        }
    };
    let folder = AccountFolder::create(options.data.as_deref(), options.account.as_deref(), &register.name)?;
    let token = register.token.as_deref();
    let onboarded = login::register(&folder, &register.server, &register.name, &password, token, console).await?;
    console.report(Report::Onboarded(onboarded));
    Ok(())
}

/// Logs in; asks for what is missing.
pub async fn login(options: &Options, login: &Login, console: &mut dyn Console) -> Result<()> {
    let name = match (&login.name, login.server.starts_with('@')) {
        (None, false) => return Err(Error::Input("Say who you are: `thoughts login @alice:example.org`.".to_owned())),
        (name, _) => name.as_deref(),
    };
    let (mut password, mut key) = (None, None);
    if login.password_stdin || login.recovery_key_stdin {
        let mut stdin = std::io::stdin().lock();
        password = login.password_stdin.then(|| secret(&mut stdin, "password")).transpose()?;
        key = login.recovery_key_stdin.then(|| secret(&mut stdin, "recovery key")).transpose()?;
    }
    let password = match password {
        Some(password) => password,
        None => console.ask(Question::secret("Password:")).await?,
    };
    let hint = name.unwrap_or_else(|| login.server.trim_start_matches('@').split(':').next().unwrap_or_default());
    let folder = AccountFolder::create(options.data.as_deref(), options.account.as_deref(), hint)?;
    let onboarded = login::login(&folder, &login.server, name, &password, key.as_deref(), console).await?;
    console.report(Report::Onboarded(onboarded));
    Ok(())
}

/// The next line of standard input, which is `what`.
fn secret(stdin: &mut dyn BufRead, what: &str) -> Result<String> {
    let mut line = Vec::new();
    std::io::Read::take(&mut *stdin, MAX_SECRET_BYTES as u64).read_until(b'\n', &mut line)?;
    let line = String::from_utf8(line).unwrap_or_default().trim_end_matches(['\n', '\r']).to_owned();
    if line.is_empty() {
        return Err(Error::Input(format!("There was no {what} on standard input.")));
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_lines() {
        let mut stdin = "one two \r\nEsTx yyyy\n\n".as_bytes();
        assert_eq!(secret(&mut stdin, "password").unwrap(), "one two ");
        assert_eq!(secret(&mut stdin, "recovery key").unwrap(), "EsTx yyyy");
        assert!(matches!(secret(&mut stdin, "password"), Err(Error::Input(_))));
        assert!(matches!(secret(&mut stdin, "password"), Err(Error::Input(_))));
    }
}
