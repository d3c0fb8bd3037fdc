//! `POST /register`.

use accounts::{JsonObject, Limit, NewAccount, Registered};
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    App, Error, Result,
    bridge::Call,
    client::{
        arguments::{limit_address, required_session},
        device_parameters::DeviceParameters,
        login::answer,
        uia::{authorize, early, parameters},
    },
};

#[derive(Deserialize)]
struct Query {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Parameters {
    username: Option<String>,
    password: Option<String>,
    inhibit_login: Option<bool>,
    #[serde(rename = "type")]
    login_type: Option<String>,
    guest_access_token: Option<String>,
    #[serde(flatten)]
    device: DeviceParameters,
}

/// Registers a user, through the user-interactive flows that the operator has chosen.
pub(super) async fn register(call: Call) -> Result<HttpResponse> {
    match call.query::<Query>()?.kind.as_deref() {
        None | Some("user") => {}
        Some("guest") => return guest(&call).await,
        Some(_) => return Err(Error::invalid_param("This kind of account is not known")),
    }
    limit_address(&call, Limit::RegistrationCheck)?;
    let body: JsonObject = call.json()?;
    let accounts = &call.app.accounts;
    let flows = accounts.registration_flows().await?;
    // What cannot succeed is refused before anybody authenticates for it.
    if let Some(early) = early::<Parameters>(&body)? {
        refuse_service(&call, &early).await?;
        match (&early.guest_access_token, &early.username) {
            (Some(token), username) => drop(accounts.guest_of(token, username.as_deref()).await?),
            (None, Some(username)) => drop(accounts.check_username(username).await?),
            (None, None) => {}
        }
        if let Some(password) = &early.password {
            accounts.check_new_password(password)?;
        }
    }
    let authorized = authorize(&call, None, flows, body).await?;
    limit_address(&call, Limit::Registration)?;
    let parameters: Parameters = parameters(authorized.body)?;
    let token = authorized.registration_token.as_deref();
    let registered = match parameters.guest_access_token.clone() {
        Some(guest) => {
            let guest = accounts.guest_of(&guest, parameters.username.as_deref()).await?;
            accounts.upgrade_guest(&guest, new_account(&call, parameters)?, token).await?
        }
        None => accounts.register(new_account(&call, parameters)?, token).await?,
    };
    Ok(respond(&call.app, registered))
}

/// Makes a guest. Nothing of the request counts but its device's name: guests are nameless.
async fn guest(call: &Call) -> Result<HttpResponse> {
    limit_address(call, Limit::Registration)?;
    let body: JsonObject = call.json()?;
    let mut device = parameters::<DeviceParameters>(body)?.into_device(call);
    device.device_id = None;
    Ok(respond(&call.app, call.app.accounts.register_guest(device).await?))
}

/// Application services may register without any flow. None is known yet, so none has a token.
async fn refuse_service(call: &Call, parameters: &Parameters) -> Result<()> {
    if parameters.login_type.as_deref() != Some("m.login.application_service") {
        return Ok(());
    }
    // The token of a user, or of nobody: either way not that of an application service.
    required_session(call).await?;
    Err(Error::forbidden("This is not the token of an application service"))
}

fn new_account(call: &Call, parameters: Parameters) -> Result<NewAccount> {
    let password = parameters.password.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "password is missing"))?;
    Ok(NewAccount {
        username: parameters.username,
        password,
        device: parameters.device.into_device(call),
        login: !parameters.inhibit_login.unwrap_or(false),
    })
}

/// The answer to a registration.
pub(super) fn respond(app: &App, registered: Registered) -> HttpResponse {
    match registered.login {
        Some(login) => HttpResponse::Ok().json(answer(app, login)),
        None => HttpResponse::Ok().json(json!({ "user_id": registered.user_id })),
    }
}
