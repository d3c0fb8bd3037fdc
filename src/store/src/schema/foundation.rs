//! `migrations/0001_foundation`.

diesel::table! { meta (name) { name -> Text, value -> Text, } }
diesel::table! { clock (id) { id -> Integer, position -> BigInt, backfilled -> BigInt, } }
diesel::table! {
    log (position) { position -> BigInt, kind -> SmallInt, room -> Nullable<BigInt>, user_id -> Nullable<Text>, row_id -> Nullable<BigInt>, }
}
diesel::table! { followers (name) { name -> Text, position -> BigInt, } }
