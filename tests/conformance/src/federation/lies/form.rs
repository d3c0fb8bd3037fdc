//! Lies about the form of an answer: whatever was asked, none of them is an answer to it, or more is in it than may be.

use super::super::prelude::*;

/// What makes a lie of an honest answer.
pub type Form = fn(Answer) -> Answer;

/// What no client may ever see.
pub const FALSE: &str = "said by nobody";

/// A gigabyte, and no end in sight.
pub fn endless(_: Answer) -> Answer {
    let part = vec![b' '; 1 << 16];
    Answer::of(200, Body::Repeated { first: b"{".to_vec(), part, times: 1 << 14 })
}

/// A gigabyte that is announced, of which a little comes.
pub fn announced(honest: Answer) -> Answer {
    Answer::of(200, Body::Announced { first: honest.value().to_string().into_bytes(), length: 1 << 30 })
}

/// A page.
pub fn no_json(_: Answer) -> Answer {
    Answer::text(200, "<html>It works!</html>".to_owned())
}

/// "require the destination server to return a JSON object".
pub fn no_object(_: Answer) -> Answer {
    Answer::ok(json!([7]))
}

/// An object whose members are nothing that they could be.
pub fn wrong_shape(honest: Answer) -> Answer {
    honest.changed(|answer| members(answer).for_each(|member| *member = json!(7)))
}

/// The same one step further in.
pub fn wrong_within(honest: Answer) -> Answer {
    honest.changed(|answer| {
        members(answer).for_each(|member| {
            *member = match &*member {
                Value::Array(_) => json!([7, null, {}, "x"]),
                Value::Object(_) => json!({ "x": 7, "": null }),
                _ => json!({ "x": [] }),
            }
        });
    })
}

fn members(answer: &mut Value) -> impl Iterator<Item = &mut Value> {
    answer.as_object_mut().into_iter().flatten().map(|(_, member)| member)
}

/// A number that canonical JSON has not, in each object.
pub fn floats(honest: Answer) -> Answer {
    honest.changed(add_floats)
}

fn add_floats(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(add_floats);
            members.insert("org.example.float".to_owned(), json!(1.5));
        }
        Value::Array(values) => values.iter_mut().for_each(add_floats),
        _ => {}
    }
}

/// Each member twice: first something false, then the truth. Whoever takes the last sees nothing false.
pub fn duplicate_keys(honest: Answer) -> Answer {
    Answer::text(200, twice(&honest.value()))
}

/// Numbers that nobody can count with, in the place of others and beside them.
pub fn huge_numbers(honest: Answer) -> Answer {
    let text = rewritten(&honest.value(), &|value| value.is_number().then(|| format!("1{}", "0".repeat(40))));
    with_member(&text, "org.example.number", "-9223372036854775809")
}

/// A hundred thousand elements more in each list.
pub fn huge_lists(honest: Answer) -> Answer {
    let answer = honest.changed(|answer| {
        for list in members(answer).filter_map(Value::as_array_mut) {
            list.extend(vec![json!(7); 100_000]);
        }
    });
    with_member(&answer.value().to_string(), "org.example.list", &json!(vec![7; 100_000]).to_string())
}

/// Lists within lists beside the truth.
pub fn deep(honest: Answer) -> Answer {
    let lists = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    with_member(&honest.value().to_string(), "org.example.deep", &lists)
}

/// A character that no database and no C program likes, in each text.
pub fn zero_bytes(honest: Answer) -> Answer {
    Answer::text(200, rewritten(&honest.value(), &|value| Some(json!(format!("{}\0", value.as_str()?)).to_string())))
}

/// Half of a character that UTF-16 writes as two, in each text.
pub fn half_characters(honest: Answer) -> Answer {
    let half = |value: &Value| Some(json!(value.as_str()?).to_string().replacen('"', "\"\\ud800", 1));
    Answer::text(200, rewritten(&honest.value(), &half))
}

/// A value as JSON, with something else in the place of those texts and numbers for which `other` gives it.
fn rewritten(value: &Value, other: &dyn Fn(&Value) -> Option<String>) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}:{}", json!(name), rewritten(value, other));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            format!("[{}]", values.iter().map(|value| rewritten(value, other)).collect::<Vec<_>>().join(","))
        }
        value => other(value).unwrap_or_else(|| value.to_string()),
    }
}

/// An object with one more member at its beginning.
fn with_member(object: &str, name: &str, value: &str) -> Answer {
    let comma = if object == "{}" { "" } else { "," };
    Answer::text(200, object.replacen('{', &format!("{{\"{name}\":{value}{comma}"), 1))
}

fn twice(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let name = json!(name);
                format!("{name}:{},{name}:{}", untrue(value), twice(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(twice).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// Something false of the same kind.
fn untrue(value: &Value) -> Value {
    match value {
        Value::Object(_) => json!({}),
        Value::Array(_) => json!([]),
        Value::String(_) => json!(FALSE),
        _ => json!(0),
    }
}

/// What a client may be answered after a lie: a Matrix error, or something in which nothing is false.
pub fn harmless(reply: &Reply) -> Outcome {
    let is_error = reply.status >= 400 && reply.json["errcode"].as_str().is_some_and(|code| code.starts_with("M_"));
    ensure!(is_error || (reply.status == 200 && reply.json.is_object()), "after a lie: {}", reply.brief());
    ensure!(!reply.text.contains(FALSE), "what nobody said is shown: {}", reply.brief());
    ensure!(reply.text.len() < 1 << 20, "an answer of {} bytes", reply.text.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        FALSE, deep, duplicate_keys, floats, half_characters, huge_lists, huge_numbers, wrong_shape, wrong_within,
        zero_bytes,
    };
    use crate::peer::{Answer, Body};

    #[test]
    fn each_lie_is_one() {
        let honest = json!({ "text": "x", "list": [{ "a": "b" }], "object": {} });
        let told = |lie: fn(Answer) -> Answer| lie(Answer::ok(honest.clone())).value();
        assert_eq!(told(wrong_shape), json!({ "text": 7, "list": 7, "object": 7 }));
        assert_eq!(told(wrong_within)["text"], json!({ "x": [] }));
        assert_eq!(told(floats)["list"][0]["org.example.float"], json!(1.5));
        assert_eq!(told(duplicate_keys), honest, "the last of two members counts here");
        assert_eq!(told(huge_lists)["list"].as_array().map(Vec::len), Some(100_001));
        assert_eq!(told(zero_bytes)["list"], json!([{ "a": "b\0" }]));
        let text = |lie: fn(Answer) -> Answer, honest| match lie(Answer::ok(honest)).body {
            Body::Whole(text) => String::from_utf8_lossy(&text).into_owned(),
            _ => String::new(),
        };
        let x = json!({ "text": "x" });
        assert_eq!(text(duplicate_keys, x.clone()), format!("{{\"text\":\"{FALSE}\",\"text\":\"x\"}}"));
        assert_eq!(text(half_characters, x), r#"{"text":"\ud800x"}"#);
        assert!(text(huge_numbers, json!({ "n": 1 })).ends_with(&format!("\"n\":1{}}}", "0".repeat(40))));
        assert!(text(deep, json!({})).starts_with("{\"org.example.deep\":[["));
    }
}
