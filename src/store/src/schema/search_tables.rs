//! `migrations/0011_search`. The index itself differs between the databases: its queries are written out.

diesel::table! {
    search_progress (id) { id -> BigInt, position -> BigInt, older_after -> BigInt, older_upto -> BigInt, }
}
diesel::table! { search_again (event) { event -> BigInt, } }
