//! What the targets of `tests/fuzz` call, and nobody else.

use ruma::OwnedServerName;

use super::answer::Answer;

/// What a server told of its keys.
pub struct Told {
    /// Which server.
    pub server: OwnedServerName,
    /// Id, base64, and until when it is good, of each.
    pub keys: Vec<(String, String, i64)>,
}

/// Reads what a server told at that time.
///
/// # Errors
/// Why it is not believed.
pub fn server_keys(json: &str, now: i64) -> Result<Told, String> {
    let answer = Answer::read(json)?;
    let keys = answer
        .keys(now)
        .into_iter()
        .map(|(id, key)| (id.to_string(), key.public.to_base64(), i64::from(key.good_until.get())));
    Ok(Told { server: answer.server.clone(), keys: keys.collect() })
}
