//! What other servers say of keys, and what is left of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use ruma::user_id;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use super::{
    TheirDevice, TheirKeys,
    bounds::{DEVICES, DEVICES_BYTES},
    check_claims,
};

const BOB: &str = "@bob:far";

fn keys(user: &str, device: &str) -> Value {
    json!({
        "user_id": user,
        "device_id": device,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
        "keys": { format!("ed25519:{device}"): "key" },
        "signatures": { user: { format!("ed25519:{device}"): "signature" }, "@eve:far": { "ed25519:E": "knows him" } },
        "unsigned": { "device_display_name": "Phone", "more": 1 },
    })
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

fn device(id: &str, keys: &Value) -> TheirDevice {
    TheirDevice { device_id: id.to_owned(), display_name: None, keys: raw(keys) }
}

fn check(devices: Vec<TheirDevice>) -> TheirKeys {
    TheirKeys::check(user_id!("@bob:far"), devices, None, None)
}

#[test]
fn of_a_device_its_keys_name_and_own_signatures_are_kept() {
    let kept = check(vec![device("D", &keys(BOB, "D"))]);
    let row = &kept.devices[0];
    assert_eq!((row.user_id.as_str(), row.device_id.as_str(), row.display_name.as_deref()), (BOB, "D", Some("Phone")));
    let mut expected = keys(BOB, "D");
    expected.as_object_mut().unwrap().remove("unsigned");
    expected["signatures"].as_object_mut().unwrap().remove("@eve:far");
    assert_eq!(serde_json::from_str::<Value>(&row.json).unwrap(), expected);
}

/// A server that gives keys of another user as a device of its own would have clients encrypt for whom it likes.
#[test]
fn keys_of_others_and_what_clients_could_not_read_are_left_out() {
    let without = |field: &str| {
        let mut keys = keys(BOB, "D");
        keys.as_object_mut().unwrap().remove(field);
        keys
    };
    let mut float = keys(BOB, "D");
    float["keys"]["ed25519:D"] = json!(1.5);
    let mut large = keys(BOB, "D");
    large["more"] = "x".repeat(20_000).into();
    for (id, keys) in [
        ("D", keys("@eve:far", "D")),
        ("D", keys(BOB, "E")),
        ("", keys(BOB, "")),
        ("D\0", keys(BOB, "D\0")),
        (&*"D".repeat(300), keys(BOB, &"D".repeat(300))),
        ("D", without("algorithms")),
        ("D", without("keys")),
        ("D", without("user_id")),
        ("D", float),
        ("D", large),
        ("D", json!([])),
    ] {
        let kept = check(vec![device(id, &keys), device("GOOD", &self::keys(BOB, "GOOD"))]);
        let ids: Vec<&str> = kept.devices.iter().map(|row| row.device_id.as_str()).collect();
        assert_eq!(ids, ["GOOD"], "{id:?} {keys}");
    }
}

#[test]
fn no_user_has_too_many_devices_or_too_large_ones() {
    let many = (0..DEVICES + 50).map(|n| device(&format!("D{n}"), &keys(BOB, &format!("D{n}"))));
    assert_eq!(check(many.collect()).devices.len(), DEVICES);
    let large = (0..300).map(|n| {
        let mut keys = keys(BOB, &format!("D{n}"));
        keys["more"] = "x".repeat(10_000).into();
        device(&format!("D{n}"), &keys)
    });
    let kept: usize = check(large.collect()).devices.iter().map(|row| row.json.len()).sum();
    assert!(kept <= DEVICES_BYTES && kept > DEVICES_BYTES / 2, "{kept}");
}

#[test]
fn a_name_may_be_missing_but_not_too_long() {
    let mut long = keys(BOB, "D");
    long["unsigned"]["device_display_name"] = "x".repeat(300).into();
    assert_eq!(check(vec![device("D", &long)]).devices[0].display_name, None);
    let named = TheirDevice { display_name: Some("Laptop".into()), ..device("D", &long) };
    assert_eq!(check(vec![named]).devices[0].display_name.as_deref(), Some("Laptop"));
}

#[test]
fn cross_signing_keys_are_of_the_user_and_for_what_they_are_said_to_be() {
    let public = crate::testing::public(&crate::testing::key(1));
    let key = |user: &str, usage: &str| {
        let keys = json!({ format!("ed25519:{public}"): public });
        raw(&json!({ "user_id": user, "usage": [usage], "keys": keys }))
    };
    let count = |master: &RawValue, own: &RawValue| {
        TheirKeys::check(user_id!("@bob:far"), [], Some(master), Some(own)).keys.len()
    };
    assert_eq!(count(&key(BOB, "master"), &key(BOB, "self_signing")), 2);
    assert_eq!(count(&key("@eve:far", "master"), &key(BOB, "master")), 0);
    let none = STANDARD_NO_PAD.encode("short");
    let bad = raw(&json!({ "user_id": BOB, "usage": ["master"], "keys": { format!("ed25519:{none}"): none } }));
    assert_eq!(count(&bad, &key(BOB, "self_signing")), 1);
}

#[test]
fn only_keys_that_were_wanted_are_claimed() {
    let key = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    let wanted = BTreeMap::from(["D", "E", "G"].map(|device| (device.to_owned(), "a".to_owned())));
    let of = |keys: &[(&str, &str)]| keys.iter().map(|(name, text)| ((*name).to_owned(), key(text))).collect();
    let given = BTreeMap::from([
        ("D".to_owned(), of(&[("b:1", "{}"), ("a:2", "7"), ("a:3", "{}"), ("a:4", "{}")])),
        ("E".to_owned(), of(&[("a", "{}"), (":1", "{}")])),
        ("F".to_owned(), of(&[("a:1", "{}")])),
        ("G".to_owned(), of(&[("a:1", r#""\ud800""#), ("a:2", r#"{"key":"\ud800"}"#), ("a:3", r#"{"key":"k"}"#)])),
    ]);
    let claimed = check_claims(&wanted, given);
    let names: Vec<_> = claimed.iter().flat_map(|(id, keys)| keys.keys().map(move |name| (&**id, &**name))).collect();
    assert_eq!(names, [("D", "a:3"), ("G", "a:3")], "half a character is none");
}
