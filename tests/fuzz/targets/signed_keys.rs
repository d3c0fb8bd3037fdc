//! Keys that devices upload. The input is the identity keys of a device, its one-time keys, and below texts: each is
//! signed here, but those that begin with `!` (by the signature of another text) and `=` (the rest of the line).
#![no_main]

use std::{collections::BTreeMap, sync::LazyLock};

use e2ee::fuzzing::{device_keys, one_time_keys, signed, verify};
use events::{SigningKey, canonical};
use libfuzzer_sys::fuzz_target;
use peerbrain_fuzz::lines;
use ruma::{CanonicalJsonObject, CanonicalJsonValue, server_name};
use serde_json::{json, value::RawValue};

const USER: &str = "@a:fuzz.example";
const DEVICE: &str = "D";

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate([7; 32]).expect("a key"));
static OTHER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate([8; 32]).expect("a key"));

type Uploaded = BTreeMap<String, Box<RawValue>>;

fuzz_target!(|data: &[u8]| {
    let Some([identity, one_time, texts]) = lines(data) else { return };
    if let Ok((message, whole)) = signed(identity) {
        assert_eq!(signed(&whole).expect("what is written is read"), (message.clone(), whole));
        let message = canonical::object(&message).expect("it is canonical");
        assert!(!message.contains_key("signatures") && !message.contains_key("unsigned"));
    }
    let _ = device_keys(identity, USER, DEVICE);
    if let Ok(object) = canonical::object(identity) {
        of_device(object);
    }
    if let Ok(keys) = serde_json::from_str::<Uploaded>(one_time) {
        of_messages(&keys);
    }
    many(texts);
});

/// The signature of an object.
fn signature(mut object: CanonicalJsonObject) -> Option<String> {
    object.remove("signatures");
    KEY.sign_json(server_name!("x"), &mut object).ok()?;
    let of_server = object.get("signatures")?.as_object()?.get("x")?.as_object()?;
    Some(of_server.values().next()?.as_str()?.to_owned())
}

/// An object with the signature of the device.
fn with_signature(mut object: CanonicalJsonObject) -> Option<CanonicalJsonObject> {
    let by = json!({ USER: { format!("ed25519:{DEVICE}"): signature(object.clone())? }, "@spy:x": { "k": "s" } });
    object.insert("signatures".to_owned(), by.try_into().ok()?);
    Some(object)
}

fn of_device(mut object: CanonicalJsonObject) {
    let mut set =
        |name: &str, value: &str| object.insert(name.to_owned(), CanonicalJsonValue::String(value.to_owned()));
    set("user_id", USER);
    set("device_id", DEVICE);
    if let Some(CanonicalJsonValue::Object(keys)) = object.get_mut("keys") {
        keys.insert(format!("ed25519:{DEVICE}"), CanonicalJsonValue::String(KEY.public_key_base64()));
    }
    let Some(mut object) = with_signature(object) else { return };
    let Ok(stored) = device_keys(&canonical::text(&object).expect("it was read"), USER, DEVICE) else { return };
    assert_eq!(device_keys(&stored, USER, DEVICE).expect("what is stored is good"), stored);
    let stored = canonical::object(&stored).expect("it is canonical");
    let signers = stored.get("signatures").and_then(CanonicalJsonValue::as_object).expect("it is signed");
    assert!(signers.keys().eq([USER]), "signatures of others are not kept");
    object.insert("more".to_owned(), CanonicalJsonValue::String(signature(object.clone()).unwrap_or_default()));
    assert!(
        device_keys(&canonical::text(&object).expect("a text"), USER, DEVICE).is_err(),
        "changed after it was signed"
    );
}

fn of_messages(keys: &Uploaded) {
    let sign = |(name, key): (&String, &Box<RawValue>)| {
        let object = canonical::object(key.get()).ok().filter(|_| name.starts_with("signed_curve25519:"));
        let object = object.and_then(with_signature).and_then(|object| canonical::text(&object).ok());
        let signed = object.map_or_else(|| key.clone(), |text| RawValue::from_string(text).expect("it is JSON"));
        (name.clone(), signed)
    };
    let keys: Uploaded = keys.iter().map(sign).collect();
    let Ok(read) = one_time_keys(&keys, (USER, DEVICE), &KEY.public_key_base64()) else { return };
    assert_eq!(read.len(), keys.len());
    for (algorithm, id, json) in &read {
        assert!(!algorithm.is_empty() && !id.is_empty() && id.len() <= 255 && !id.contains('\0'));
        assert!(json.len() <= 4_096);
        assert_eq!(keys.get(&format!("{algorithm}:{id}")).map(|key| key.get()), Some(&**json));
    }
    if read.iter().any(|(algorithm, ..)| algorithm == "signed_curve25519") {
        assert!(one_time_keys(&keys, (USER, DEVICE), &OTHER.public_key_base64()).is_err(), "not of this key");
    }
}

/// All signatures at once are as good as each of them.
fn many(texts: &str) {
    let object =
        |text: &str| CanonicalJsonObject::from([("t".to_owned(), CanonicalJsonValue::String(text.to_owned()))]);
    let one = |line: &str| {
        let (text, by) = match (line.strip_prefix('!'), line.strip_prefix('=')) {
            (Some(text), _) => (text, signature(object(line))?),
            (_, Some(raw)) => ("", raw.to_owned()),
            _ => (line, signature(object(line))?),
        };
        Some((canonical::text(&object(text)).ok()?, by))
    };
    let signed: Vec<(String, String)> = texts.split('\n').take(12).filter_map(one).collect();
    let signed: Vec<(&str, &str)> = signed.iter().map(|(text, by)| (text.as_str(), by.as_str())).collect();
    let (each, all) = verify(&KEY.public_key_base64(), &signed).expect("it is a key");
    assert_eq!(all, each.iter().all(|good| *good), "{signed:?}");
    for (line, good) in texts.split('\n').zip(&each) {
        assert!(*good || line.starts_with(['!', '=']), "{line:?}");
    }
}
