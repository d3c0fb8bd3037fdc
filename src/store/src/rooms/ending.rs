//! How user ids end: with the name of their server.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// A text with another one in each place where `part` stands.
    fn replace(text: Text, part: Text, other: Text) -> Text;
}

/// Whether a text ends with exactly this, and has it nowhere else. `LIKE` does not tell: for SQLite it does not matter there
/// whether letters are large or small, and users of `A.example` would be those of `a.example`.
macro_rules! ends_with {
    ($text:expr, $ending:expr) => {{
        let ending: String = $ending;
        $crate::rooms::ending::replace($text, ending.clone(), String::new()).concat(ending).eq($text)
    }};
}
pub(crate) use ends_with;
