//! Push rules of users (client-server §push-rules-api). They are kept as the account data `m.push_rules`, so syncs hear
//! of each change.

use events::push::{Kind, NewRule, Place, RuleError, Ruleset};
use ruma::UserId;
use serde_json::Value;
use store::{
    Conn, Tx,
    accounts::account_data::{self, GLOBAL},
};

use crate::{Error, Push, Result};

/// Where they are kept.
pub const PUSH_RULES: &str = "m.push_rules";
/// Bytes of all rules of a user.
const BYTES: usize = 262_144;

/// Stands for the user in [`Predefined`]; no user id has such a character.
const USER: &str = "\u{7f}";

/// The content of `m.push_rules` before anybody has changed a rule. Every first sync tells it, so the text is made once.
#[derive(Debug)]
pub struct Predefined(String);

impl Default for Predefined {
    fn default() -> Self {
        Self(content(USER, None))
    }
}

impl Predefined {
    /// The text for a user.
    pub fn content(&self, user_id: &str) -> String {
        // What stands between the quotes.
        let quoted = Value::from(user_id).to_string();
        self.0.replace(USER, quoted.trim_start_matches('"').trim_end_matches('"'))
    }
}

/// The content of `m.push_rules` as clients see it, from what is stored of it.
pub fn content(user_id: &str, stored: Option<&str>) -> String {
    rules(user_id, stored).content().to_string()
}

fn rules(user_id: &str, stored: Option<&str>) -> Ruleset {
    stored.map_or_else(|| Ruleset::predefined(user_id), |content| Ruleset::read(user_id, content))
}

fn read(conn: &mut Conn, user_id: &str) -> store::Result<Ruleset> {
    Ok(rules(user_id, account_data::get(conn, user_id, GLOBAL, PUSH_RULES)?.as_deref()))
}

impl Push {
    /// All rules of a user.
    pub async fn rules(&self, user_id: &UserId) -> Result<Ruleset> {
        let user = user_id.to_string();
        Ok(self.store().read(move |conn| read(conn, &user)).await?)
    }

    /// Makes or changes a rule.
    ///
    /// # Errors
    /// [`Error::InvalidParam`], [`Error::TooLarge`]; nothing has changed then.
    pub async fn set_rule(
        &self,
        user_id: &UserId,
        kind: Kind,
        rule_id: &str,
        rule: NewRule,
        (before, after): (Option<String>, Option<String>),
    ) -> Result<()> {
        let rule_id = rule_id.to_owned();
        let change = move |rules: &mut Ruleset| {
            let place = Place { before: before.as_deref(), after: after.as_deref() };
            rules.set(kind, &rule_id, rule.clone(), place)
        };
        self.change(user_id, change).await
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::InvalidParam`] for a predefined one.
    pub async fn delete_rule(&self, user_id: &UserId, kind: Kind, rule_id: &str) -> Result<()> {
        let rule_id = rule_id.to_owned();
        self.change(user_id, move |rules| rules.delete(kind, &rule_id)).await
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn enable_rule(&self, user_id: &UserId, kind: Kind, rule_id: &str, enabled: bool) -> Result<()> {
        let rule_id = rule_id.to_owned();
        self.change(user_id, move |rules| rules.enable(kind, &rule_id, enabled)).await
    }

    /// Gives a rule other actions.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::InvalidParam`].
    pub async fn set_rule_actions(
        &self,
        user_id: &UserId,
        kind: Kind,
        rule_id: &str,
        actions: Vec<Value>,
    ) -> Result<()> {
        let rule_id = rule_id.to_owned();
        self.change(user_id, move |rules| rules.act(kind, &rule_id, actions.clone())).await
    }

    async fn change(
        &self,
        user_id: &UserId,
        change: impl Fn(&mut Ruleset) -> Result<(), RuleError> + Send + 'static,
    ) -> Result<()> {
        let user = user_id.to_string();
        let write = move |tx: &mut Tx<'_>| {
            let before = read(tx.conn(), &user)?;
            let mut rules = before.clone();
            if let Err(error) = change(&mut rules) {
                return Ok(Err(Error::from(error)));
            }
            let content = rules.content().to_string();
            if content.len() > BYTES {
                return Ok(Err(Error::from(RuleError::TooMany)));
            }
            if rules != before {
                account_data::set(tx, &user, GLOBAL, PUSH_RULES, &content)?;
            }
            Ok(Ok(()))
        };
        self.store().write(write).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_made_once_is_the_content() {
        for user in ["@alice:example.org", "@a/=_-.:x"] {
            assert_eq!(Predefined::default().content(user), content(user, None));
        }
    }
}
