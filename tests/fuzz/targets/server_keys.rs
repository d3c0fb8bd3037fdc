//! What servers say about their keys. The input is such an answer; it is also tried with a key and a signature put in.
#![no_main]

use std::sync::LazyLock;

use events::{SigningKey, canonical};
use federation::fuzzing::{Told, server_keys};
use libfuzzer_sys::fuzz_target;
use ruma::{CanonicalJsonObject, CanonicalJsonValue, ServerName};
use serde_json::json;

const NOW: i64 = 1_700_000_000_000;
const WEEK: i64 = 7 * 24 * 3_600_000;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate([7; 32]).expect("a key"));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(told) = server_keys(text, NOW) {
        check(&told);
    }
    let Ok(object) = canonical::object(text) else { return };
    let Some(signed) = with_signature(object) else { return };
    let Ok(told) = server_keys(&text_of(&signed), NOW) else { return };
    check(&told);
    assert!(told.keys.iter().any(|(id, key, _)| *id == KEY.key_id() && *key == KEY.public_key_base64()));
    let mut changed = signed.clone();
    changed.insert("more".to_owned(), CanonicalJsonValue::String(text.to_owned()));
    assert!(server_keys(&text_of(&changed), NOW).is_err(), "changed after it was signed");
    changed = signed;
    changed.insert("signatures".to_owned(), CanonicalJsonValue::Object(CanonicalJsonObject::new()));
    assert!(server_keys(&text_of(&changed), NOW).is_err(), "not signed");
});

fn text_of(object: &CanonicalJsonObject) -> String {
    canonical::text(object).expect("it was read")
}

/// The answer with a key of ours among those in use, signed with it.
fn with_signature(mut object: CanonicalJsonObject) -> Option<CanonicalJsonObject> {
    let server = ServerName::parse(object.get("server_name")?.as_str()?).ok()?;
    object.remove("signatures");
    let key = json!({ "key": KEY.public_key_base64() }).try_into().ok()?;
    object.get_mut("verify_keys")?.as_object_mut()?.insert(KEY.key_id(), key);
    KEY.sign_json(&server, &mut object).ok()?;
    Some(object)
}

fn check(told: &Told) {
    assert_eq!(ServerName::parse(told.server.as_str()).as_ref(), Ok(&told.server));
    assert!(!told.keys.is_empty() && told.keys.len() <= 100);
    for (id, key, good_until) in &told.keys {
        assert!(id.starts_with("ed25519:") && id.len() <= 255 && !id.contains('\0'));
        assert!(events::PublicKey::from_base64(key).is_ok());
        assert!(*good_until >= 0);
    }
    assert!(
        told.keys.iter().any(|(.., good_until)| *good_until <= NOW + WEEK),
        "those in use are good for a week at most"
    );
}
