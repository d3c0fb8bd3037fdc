//! Coming and going: a new account, a login on this computer, a logout.

mod profile;
mod server;

use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::account::register::v3::Request as RegisterRequest;
use matrix_sdk::ruma::api::client::uiaa::{AuthData, AuthType, Dummy, RegistrationToken, UiaaInfo};

pub use profile::profile;
use server::Address;

use crate::account::{Account, AccountFolder, Session, builder, cannot_open};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::process::Lock;
use crate::report::{Identity, LoggedOut, Onboarded};
use crate::{onboarding, pending};

/// What this device is called in the list of the account's devices.
const DEVICE_NAME: &str = "thoughts";

/// Makes an account on a server, with cross-signing, a key backup and timelines to come.
///
/// * `server`: its name, or the address where it answers.
/// * `token`: what some servers ask of newcomers.
///
/// # Errors
/// The name is taken, the server takes nobody, or not like this.
pub async fn register(
    folder: &AccountFolder,
    server: &str,
    name: &str,
    password: &str,
    token: Option<&str>,
    console: &mut dyn Console,
) -> Result<Onboarded> {
    let address = Address::of(server)?;
    let _lock = begin_anew(folder)?;
    let client = address.apply(builder(folder)).build().await.map_err(cannot_open)?;
    let mut request = RegisterRequest::new();
    request.username = Some(name.to_owned());
    request.password = Some(password.to_owned());
    request.initial_device_display_name = Some(DEVICE_NAME.to_owned());
    let auth = client.matrix_auth();
    if let Err(refusal) = auth.register(request.clone()).await {
        let Some(asked) = refusal.as_uiaa_response().cloned() else { return Err(refusal.into()) };
        let mut answer = Some(stage(&asked, token)?);
        // A token is followed by one more stage on some servers.
        for _ in 0..2 {
            request.auth = answer.take();
            match auth.register(request.clone()).await {
                Ok(_) => break,
                Err(refusal) => {
                    let Some(asked) = refusal.as_uiaa_response() else { return Err(refusal.into()) };
                    if let Some(error) = &asked.auth_error {
                        return Err(Error::Refused(error.message.clone()));
                    }
                    answer = Some(stage(asked, token)?);
                }
            }
        }
    }
    let login =
        auth.session().ok_or_else(|| Error::Refused("it wants more than a password of newcomers".to_owned()))?;
    finish(folder, client, login, password, None, console).await
}

/// The next stage that we can do.
fn stage(asked: &UiaaInfo, token: Option<&str>) -> Result<AuthData> {
    let left = |stages: &[AuthType]| stages.iter().find(|stage| !asked.completed.contains(stage)).cloned();
    let can = |stage: &AuthType| {
        matches!(stage, AuthType::Dummy) || (matches!(stage, AuthType::RegistrationToken) && token.is_some())
    };
    let flow = asked.flows.iter().find(|flow| flow.stages.iter().all(can));
    match flow.and_then(|flow| left(&flow.stages)) {
        Some(AuthType::RegistrationToken) => {
            let mut data = RegistrationToken::new(token.unwrap_or_default().to_owned());
            data.session = asked.session.clone();
            Ok(AuthData::RegistrationToken(data))
        }
        Some(_) => {
            let mut data = Dummy::new();
            data.session = asked.session.clone();
            Ok(AuthData::Dummy(data))
        }
        None => {
            let wants_token = asked.flows.iter().any(|flow| flow.stages.contains(&AuthType::RegistrationToken));
            Err(Error::Refused(if wants_token {
                "newcomers need a token. Ask who runs it for one, and give it with --token".to_owned()
            } else {
                "it wants more of newcomers than can be done here. Register on its web page, then `thoughts login`"
                    .to_owned()
            }))
        }
    }
}

/// Logs in to an account that exists.
///
/// * `server`: its name, the address where it answers, or a Matrix id, which says both.
/// * `name`: the user's, unless `server` says it.
///
/// # Errors
/// The password or the recovery key is wrong; then nothing is left of the login.
pub async fn login(
    folder: &AccountFolder,
    server: &str,
    name: Option<&str>,
    password: &str,
    recovery_key: Option<&str>,
    console: &mut dyn Console,
) -> Result<Onboarded> {
    let user_id = name.unwrap_or(server);
    let user = match <&UserId>::try_from(user_id) {
        Ok(user_id) => user_id.to_string(),
        Err(_) => {
            name.ok_or_else(|| Error::Input("Say who you are: `thoughts login SERVER NAME`.".to_owned()))?.to_owned()
        }
    };
    let address = Address::of(server)?;
    let _lock = begin_anew(folder)?;
    let client = address.apply(builder(folder)).build().await.map_err(cannot_open)?;
    let auth = client.matrix_auth();
    auth.login_username(&user, password).initial_device_display_name(DEVICE_NAME).send().await?;
    let login = auth.session().ok_or_else(|| Error::Sdk("The login came to nothing.".to_owned()))?;
    finish(folder, client, login, password, recovery_key, console).await
}

/// Holds a folder while its account comes into being, and removes what a login has left there that broke off: its keys
/// are those of another device.
fn begin_anew(folder: &AccountFolder) -> Result<Lock> {
    let lock = Lock::try_take(folder)?
        .ok_or_else(|| Error::Busy("Another command is logging in to this account just now.".to_owned()))?;
    if let Ok(session) = folder.session() {
        return Err(Error::LoggedInAlready(session.login.meta.user_id.to_string()));
    }
    match std::fs::remove_dir_all(folder.file("store")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(lock),
    }
}

async fn finish(
    folder: &AccountFolder,
    client: matrix_sdk::Client,
    login: MatrixSession,
    password: &str,
    recovery_key: Option<&str>,
    console: &mut dyn Console,
) -> Result<Onboarded> {
    let session = Session { homeserver: client.homeserver().to_string(), login, secret_storage_key: None };
    folder.keep_session(&session)?;
    let account = Account::of(client, folder.clone(), session).await;
    match onboarding::begin(&account, password, recovery_key, console).await {
        Ok(key) => onboarded(&account, key).await,
        // The keys are nowhere else: without them nobody could ever be let in again.
        Err(error) if onboarding::has_identity_keys(&account).await => {
            console.notice(&format!(
                "You are logged in, but have no recovery key yet: {error} Make one with `thoughts recovery setup`."
            ));
            onboarded(&account, None).await
        }
        Err(error) => {
            // A device that nobody vouches for would stay in the account's list.
            let _ = account.client().matrix_auth().logout().await;
            folder.remove()?;
            Err(error)
        }
    }
}

async fn onboarded(account: &Account, recovery_key: Option<String>) -> Result<Onboarded> {
    // The store learns from the server, as everybody else does, that the device is signed now.
    account.client().encryption().request_user_identity(account.user_id()).await?;
    Ok(Onboarded {
        user_id: account.user_id().to_owned(),
        device_id: device_id(account)?,
        homeserver: account.homeserver(),
        recovery_key,
        vouched: account.is_vouched().await?,
    })
}

/// Logs out, and removes the account from this computer.
///
/// # Errors
/// The server cannot be reached: then the account stays, so that nobody believes the login is gone.
pub async fn logout(account: &Account) -> Result<LoggedOut> {
    match account.client().matrix_auth().logout().await.map_err(Error::from) {
        Ok(_) | Err(Error::LoggedOut) => {}
        Err(error) => return Err(error),
    }
    account.folder().remove()?;
    Ok(LoggedOut { user_id: account.user_id().to_owned() })
}

/// Who one is here, and whether all is well.
///
/// # Errors
/// The account's files cannot be read.
pub async fn whoami(account: &Account) -> Result<Identity> {
    Ok(Identity {
        user_id: account.user_id().to_owned(),
        device_id: device_id(account)?,
        homeserver: account.homeserver(),
        cross_signed: account.is_vouched().await?,
        backup: account.client().encryption().backups().are_enabled().await,
        pending: pending::count(account)?,
    })
}

fn device_id(account: &Account) -> Result<matrix_sdk::ruma::OwnedDeviceId> {
    let device_id = account.client().device_id().ok_or(Error::LoggedOut)?;
    Ok(device_id.to_owned())
}
