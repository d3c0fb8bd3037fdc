//! One macro that makes a settings struct, its defaults and its description from one text, so that the example file and
//! the list of known keys cannot say anything else than the code.

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// One setting, as the example file and the search for unknown keys see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The key inside its section.
    pub name: &'static str,
    /// The doc comment of the field, line by line.
    pub doc: Vec<&'static str>,
    /// The default. An optional setting without one has the empty text, which means "unset".
    pub default: toml::Value,
}

/// A struct made by [`settings!`].
pub(super) trait Section {
    /// The doc comment of the struct, line by line.
    fn about() -> Vec<&'static str>;
    /// Its settings in the order of their declaration.
    fn settings() -> Vec<Setting>;
}

/// Declares a section: `/// doc` and `name: Type = default` for each setting. Every type is written by serde.
macro_rules! settings {
    (
        $(#[doc = $about:literal])*
        pub struct $section:ident {
            $( $(#[doc = $doc:literal])* $(#[serde($($attribute:tt)*)])? $name:ident: $type:ty = $default:expr, )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $section {
            $( $(#[doc = $doc])* $(#[serde($($attribute)*)])? pub $name: $type, )*
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $( $name: $default, )* }
            }
        }

        impl $crate::config::describe::Section for $section {
            fn about() -> Vec<&'static str> {
                vec![$($about.trim(),)*]
            }

            fn settings() -> Vec<$crate::config::describe::Setting> {
                let defaults = Self::default();
                vec![$( $crate::config::describe::Setting {
                    name: stringify!($name),
                    doc: vec![$($doc.trim(),)*],
                    default: $crate::config::describe::as_toml(&defaults.$name),
                }, )*]
            }
        }
    };
}
pub(super) use settings;

/// Declares a setting that is one of some words, so that a wrong one is answered with the list of them.
macro_rules! words {
    (
        $(#[doc = $about:literal])*
        pub enum $name:ident { $( $(#[doc = $doc:literal])* $variant:ident = $word:literal, )* }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub enum $name {
            $( $(#[doc = $doc])* #[serde(rename = $word)] $variant, )*
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                match text.as_str() {
                    $( $word => Ok(Self::$variant), )*
                    _ => Err(format!("{text:?} is not one of {}", [$( concat!("\"", $word, "\"") ),*].join(", "))),
                }
            }
        }
    };
}
pub(super) use words;

/// A default in TOML; what TOML has no word for (`None`) becomes the empty text.
pub(super) fn as_toml<T: Serialize>(value: &T) -> toml::Value {
    toml::Value::try_from(value).unwrap_or_else(|_| toml::Value::String(String::new()))
}

/// Reads an optional setting, for which the empty text means "unset".
pub(super) fn unset_when_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    let value =
        text.map(|text| T::deserialize(serde::de::value::StringDeserializer::<serde::de::value::Error>::new(text)));
    value.transpose().map_err(D::Error::custom)
}
