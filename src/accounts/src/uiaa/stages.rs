//! Stages, flows, and the answer that asks for them.

use serde::Serialize;

use crate::{JsonObject, PasswordProof};

/// A stage of authentication that we offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Stage {
    /// The password of the account.
    #[serde(rename = "m.login.password")]
    Password,
    /// Nothing at all.
    #[serde(rename = "m.login.dummy")]
    Dummy,
    /// A token that allows to register.
    #[serde(rename = "m.login.registration_token")]
    RegistrationToken,
}

impl Stage {
    /// Reads the `type` of an `auth` dictionary.
    pub(crate) fn from_type(name: &str) -> Option<Self> {
        match name {
            "m.login.password" => Some(Self::Password),
            "m.login.dummy" => Some(Self::Dummy),
            "m.login.registration_token" => Some(Self::RegistrationToken),
            _ => None,
        }
    }
}

/// What has been proven so far.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    /// The stages that were completed, in the order in which they were.
    pub completed: Vec<Stage>,
    /// The password that was given.
    pub password: Option<PasswordProof>,
    /// The registration token that was given.
    pub registration_token: Option<String>,
}

impl Progress {
    /// Whether all stages of one flow are completed.
    pub fn completes(&self, flows: &[Vec<Stage>]) -> bool {
        flows.iter().any(|stages| stages.iter().all(|stage| self.completed.contains(stage)))
    }
}

/// Why a stage was not completed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StageFailure {
    pub code: &'static str,
    pub text: &'static str,
}

/// The body of the 401 that asks for authentication.
#[derive(Clone, Debug, Serialize)]
pub struct UiaChallenge {
    flows: Vec<Flow>,
    /// None of our stages has parameters; clients expect the object all the same.
    params: JsonObject,
    session: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    completed: Vec<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
struct Flow {
    stages: Vec<Stage>,
}

impl UiaChallenge {
    pub(crate) fn new(
        flows: Vec<Vec<Stage>>,
        session: String,
        completed: Vec<Stage>,
        failure: Option<StageFailure>,
    ) -> Self {
        Self {
            flows: flows.into_iter().map(|stages| Flow { stages }).collect(),
            params: JsonObject::new(),
            session,
            completed,
            errcode: failure.map(|failure| failure.code),
            error: failure.map(|failure| failure.text),
        }
    }

    /// The session that the client is to name when it goes on.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The stages that are completed.
    pub fn completed(&self) -> &[Stage] {
        &self.completed
    }

    /// The Matrix error code of the attempt that failed, if one did.
    pub fn errcode(&self) -> Option<&'static str> {
        self.errcode
    }
}
