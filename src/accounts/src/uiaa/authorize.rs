//! One request to an endpoint that asks for user-interactive authentication.

use peerbrain_core::random::opaque_id;
use ruma::UserId;
use serde_json::Value;

use super::{
    sessions::{Advance, Operation},
    stages::{Progress, Stage, StageFailure, UiaChallenge},
};
use crate::{Accounts, Error, JsonObject, PasswordProof, Result, username::existing_user_id};

/// A request that must be authorised.
#[derive(Clone)]
pub struct UiaRequest<'a> {
    /// Who asks; none where no access token was given.
    pub user: Option<&'a UserId>,
    /// The HTTP method.
    pub method: &'a str,
    /// The path with its arguments.
    pub path: &'a str,
    /// The flows of which one must be completed.
    pub flows: Vec<Vec<Stage>>,
    /// The whole body, `auth` included.
    pub body: JsonObject,
}

/// A request that was authorised.
#[derive(Clone)]
pub struct Authorized {
    /// The parameters of the first request of the session, without `auth`: they are what was authorised.
    pub body: JsonObject,
    /// The password that was given.
    pub password: Option<PasswordProof>,
    /// The registration token that was given. It is not used up yet.
    pub registration_token: Option<String>,
}

/// What the client sent as `auth`.
struct Attempt {
    session: Option<String>,
    stage: Option<String>,
    fields: JsonObject,
}

impl Accounts {
    /// Takes a request one step further through its authentication.
    ///
    /// A session is bound to user, method, path and the parameters of its first request. A repeat that omits
    /// parameters means those; one that changes them, or names a session that is not known, starts over.
    ///
    /// # Errors
    /// [`Error::Uia`] with the answer to the client as long as there is something to do.
    pub async fn authorize(&self, request: UiaRequest<'_>) -> Result<Authorized> {
        let UiaRequest { user, method, path, flows, mut body } = request;
        let auth = body.remove("auth");
        let operation = Operation { user: user.map(ToOwned::to_owned), method: method.into(), path: path.into() };
        let now = self.clock.now_ms();
        let Some(attempt) = read_attempt(auth)? else {
            return Err(self.begin_uia(flows, operation, body, Progress::default(), None));
        };
        let known = match &attempt.session {
            Some(id) => match self.uia.resume(id, &operation, &body, now) {
                Some(progress) => Some((id.clone(), progress)),
                None => return Err(self.begin_uia(flows, operation, body, Progress::default(), None)),
            },
            None => None,
        };
        let completed = known.as_ref().map_or_else(Vec::new, |(_, progress)| progress.completed.clone());
        let stage = match attempt.stage.as_deref() {
            Some(name) => offered(&flows, name),
            // Nothing is tried: the answer says how far it is.
            None => match known {
                Some((id, progress)) => {
                    return Err(challenge(flows, id, progress.completed, None));
                }
                None => return Err(self.begin_uia(flows, operation, body, Progress::default(), None)),
            },
        };
        // A stage that is completed is not tried again.
        let outcome = match stage {
            Err(failure) => Err(failure),
            Ok(stage) if completed.contains(&stage) => Ok((stage, Progress::default())),
            Ok(stage) => self.try_stage(stage, user, &attempt.fields).await?.map(|proof| (stage, proof)),
        };
        match (outcome, known) {
            (Ok((stage, proof)), Some((id, _))) => match self.uia.advance(&id, &flows, stage, |p| add(p, proof)) {
                Advance::Complete(body, progress) => Ok(authorized(body, progress)),
                Advance::More(progress) => Err(challenge(flows, id, progress.completed, None)),
                Advance::Gone => Err(self.begin_uia(flows, operation, body, Progress::default(), None)),
            },
            (Ok((stage, mut progress)), None) => {
                progress.completed.push(stage);
                if progress.completes(&flows) {
                    return Ok(authorized(body, progress));
                }
                Err(self.begin_uia(flows, operation, body, progress, None))
            }
            (Err(failure), Some((id, _))) if self.uia.fail(&id) => Err(challenge(flows, id, completed, Some(failure))),
            (Err(failure), _) => Err(self.begin_uia(flows, operation, body, Progress::default(), Some(failure))),
        }
    }

    /// Begins a session and asks for its first stage.
    fn begin_uia(
        &self,
        flows: Vec<Vec<Stage>>,
        operation: Operation,
        body: JsonObject,
        progress: Progress,
        failure: Option<StageFailure>,
    ) -> Error {
        let id = opaque_id(&*self.random);
        let completed = progress.completed.clone();
        self.uia.begin(id.clone(), operation, body, progress, self.clock.now_ms());
        challenge(flows, id, completed, failure)
    }

    /// Whether what was sent completes a stage, and what that proves.
    async fn try_stage(
        &self,
        stage: Stage,
        user: Option<&UserId>,
        fields: &JsonObject,
    ) -> Result<Result<Progress, StageFailure>> {
        Ok(match stage {
            Stage::Dummy => Ok(Progress::default()),
            Stage::Password => self.try_password(user, fields).await?,
            Stage::RegistrationToken => {
                let token = text(fields, "token")?;
                if self.registration_right(token).await?.is_some() {
                    Ok(Progress { registration_token: Some(token.to_owned()), ..Progress::default() })
                } else {
                    Err(StageFailure { code: "M_UNAUTHORIZED", text: "this registration token is not valid" })
                }
            }
        })
    }

    async fn try_password(&self, user: Option<&UserId>, fields: &JsonObject) -> Result<Result<Progress, StageFailure>> {
        const WRONG: StageFailure = StageFailure { code: "M_FORBIDDEN", text: "wrong user name or password" };
        let password = text(fields, "password")?;
        let named = identified_user(fields)?;
        let Some(named) = existing_user_id(named, &self.server_name) else { return Ok(Err(WRONG)) };
        if user.is_some_and(|user| user != named) {
            return Ok(Err(WRONG));
        }
        Ok(match self.check_password(&named, password).await? {
            Some(row) if row.locked => return Err(Error::Locked),
            Some(row) => {
                let password = Some(PasswordProof::new(named, &row));
                Ok(Progress { password, ..Progress::default() })
            }
            None => Err(WRONG),
        })
    }
}

/// Reads `auth`; none where there is nothing in it.
fn read_attempt(auth: Option<Value>) -> Result<Option<Attempt>> {
    let fields = match auth {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) if fields.is_empty() => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(Error::bad_json("auth must be an object")),
    };
    let optional_text = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::bad_json("type and session of auth must be strings")),
    };
    let (session, stage) = (optional_text("session")?, optional_text("type")?);
    Ok(Some(Attempt { session, stage, fields }))
}

/// The user that a password is said to belong to: an identifier, or the `user` of old clients (client-server
/// §identifier-types).
///
/// # Errors
/// [`Error::Forbidden`] for third-party identifiers: no account has one.
pub(crate) fn identified_user(fields: &JsonObject) -> Result<&str> {
    match fields.get("identifier") {
        Some(Value::Object(identifier)) => match identifier.get("type").and_then(Value::as_str) {
            Some("m.id.user") => text(identifier, "user"),
            Some("m.id.thirdparty" | "m.id.phone") => Err(Error::forbidden("no account has this identifier")),
            Some(_) => Err(Error::Unknown("this type of identifier is not known".into())),
            None if identifier.contains_key("medium") => Err(Error::forbidden("no account has this identifier")),
            None => Err(Error::MissingParam("the identifier has no type".into())),
        },
        Some(Value::Null) | None if fields.contains_key("user") => text(fields, "user"),
        Some(Value::Null) | None if fields.contains_key("medium") => {
            Err(Error::forbidden("no account has this identifier"))
        }
        Some(Value::Null) | None => Err(Error::MissingParam("the identifier is missing".into())),
        Some(_) => Err(Error::bad_json("the identifier must be an object")),
    }
}

/// A field that must be there and be a string.
pub(crate) fn text<'a>(fields: &'a JsonObject, key: &str) -> Result<&'a str> {
    match fields.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Null) | None => Err(Error::MissingParam(format!("{key} is missing").into())),
        Some(_) => Err(Error::BadJson(format!("{key} must be a string").into())),
    }
}

fn offered(flows: &[Vec<Stage>], name: &str) -> Result<Stage, StageFailure> {
    let stage = Stage::from_type(name).filter(|stage| flows.iter().any(|flow| flow.contains(stage)));
    stage.ok_or(StageFailure { code: "M_UNRECOGNIZED", text: "this stage is not offered here" })
}

fn add(progress: &mut Progress, proof: Progress) {
    progress.password = progress.password.take().or(proof.password);
    progress.registration_token = progress.registration_token.take().or(proof.registration_token);
}

fn authorized(body: JsonObject, progress: Progress) -> Authorized {
    Authorized { body, password: progress.password, registration_token: progress.registration_token }
}

fn challenge(flows: Vec<Vec<Stage>>, session: String, completed: Vec<Stage>, failure: Option<StageFailure>) -> Error {
    Error::Uia(Box::new(UiaChallenge::new(flows, session, completed, failure)))
}
