//! Any objects, and such as are nearly objects.

use proptest::prelude::*;
use serde_json::Value;

use super::{LISTS, compare};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        r#"[\[\]{}",:\\ a-c]{0,8}"#.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..6).prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(LISTS.to_vec()).prop_map(str::to_owned), "[a\\[\"\\\\]{0,3}"]
}

/// An object that mostly has the lists.
fn object() -> impl Strategy<Value = String> {
    let list = prop::collection::vec(value(), 0..6).prop_map(Value::from);
    let member = (name(), prop_oneof![3 => list, 1 => value()]);
    (prop::collection::btree_map(name(), value(), 0..3), prop::collection::vec(member, 0..4), any::<bool>()).prop_map(
        |(mut members, lists, pretty)| {
            members.extend(lists);
            let object = Value::from_iter(members);
            if pretty { format!("{object:#}") } else { object.to_string() }
        },
    )
}

proptest! {
    #[test]
    fn serde_reads_the_same(text in object(), piece in 1_usize..20) {
        compare(text.as_bytes(), piece);
    }

    #[test]
    fn and_refuses_the_same(
        text in object(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), r#"[\[\]{}",:\\ 1a]{0,2}"#), 1..3),
        piece in 1_usize..20,
    ) {
        let mut text = text.into_bytes();
        for (at, new) in changes {
            let at = at.index(text.len());
            text.splice(at..=at, new.bytes());
            prop_assume!(!text.is_empty());
        }
        compare(&text, piece);
    }
}
