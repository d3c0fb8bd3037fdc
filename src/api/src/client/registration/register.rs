//! `POST /register`.

use accounts::{JsonObject, Limit, NewAccount, NewDevice, Registered};
use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::{
    App, Error, Result,
    bridge::{Call, session},
    client::{
        arguments::limit_address,
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
    device_id: Option<String>,
    initial_device_display_name: Option<String>,
    inhibit_login: Option<bool>,
    refresh_token: Option<bool>,
    #[serde(rename = "type")]
    login_type: Option<String>,
}

/// Registers a user, through the user-interactive flows that the operator has chosen.
pub(super) async fn register(call: Call) -> Result<HttpResponse> {
    match call.query::<Query>()?.kind.as_deref() {
        None | Some("user") => {}
        Some("guest") => return Err(accounts::Error::GuestsForbidden.into()),
        Some(_) => return Err(Error::invalid_param("This kind of account is not known")),
    }
    limit_address(&call, Limit::RegistrationCheck)?;
    let body: JsonObject = call.json()?;
    let accounts = &call.app.accounts;
    let flows = accounts.registration_flows().await?;
    // What cannot succeed is refused before anybody authenticates for it.
    if let Some(early) = early::<Parameters>(&body)? {
        refuse_service(&call, &early).await?;
        if let Some(username) = &early.username {
            accounts.check_username(username).await?;
        }
        if let Some(password) = &early.password {
            accounts.check_new_password(password)?;
        }
    }
    let authorized = authorize(&call, None, flows, body).await?;
    limit_address(&call, Limit::Registration)?;
    let account = new_account(&call, parameters(authorized.body)?)?;
    let registered = accounts.register(account, authorized.registration_token.as_deref()).await?;
    Ok(respond(&call.app, registered))
}

/// Application services may register without any flow. None is known yet, so none has a token.
async fn refuse_service(call: &Call, parameters: &Parameters) -> Result<()> {
    if parameters.login_type.as_deref() != Some("m.login.application_service") {
        return Ok(());
    }
    // The token of a user, or of nobody: either way not that of an application service.
    session(call).await?.ok_or_else(Error::missing_token)?;
    Err(Error::forbidden("This is not the token of an application service"))
}

fn new_account(call: &Call, parameters: Parameters) -> Result<NewAccount> {
    let password = parameters.password.ok_or_else(|| Error::new(400, "M_MISSING_PARAM", "password is missing"))?;
    Ok(NewAccount {
        username: parameters.username,
        password,
        device: NewDevice {
            device_id: parameters.device_id,
            display_name: parameters.initial_device_display_name,
            refresh: parameters.refresh_token.unwrap_or(false),
            ip: call.client.ip,
            user_agent: call.client.user_agent.clone(),
        },
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
