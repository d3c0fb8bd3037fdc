//! `migrations/0007_media`, `0027_remote_media`.

diesel::table! {
    media_contents (hash) {
        hash -> Binary,
        size -> BigInt,
        created_at -> BigInt,
        quarantined -> Bool,
        bytes -> Nullable<Binary>,
    }
}
diesel::table! {
    media (media_id) {
        media_id -> Text,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        hash -> Nullable<Binary>,
        content_type -> Text,
        file_name -> Nullable<Text>,
        is_open -> Bool,
    }
}
diesel::table! { media_usage (user_id) { user_id -> Text, files -> BigInt, bytes -> BigInt, } }
diesel::table! {
    media_thumbnails (hash, width, height, crop, animated) {
        hash -> Binary,
        width -> BigInt,
        height -> BigInt,
        crop -> Bool,
        animated -> Bool,
        thumbnail -> Binary,
        content_type -> Text,
    }
}
diesel::table! {
    remote_media (server, media_id) {
        server -> Text,
        media_id -> Text,
        hash -> Binary,
        size -> BigInt,
        content_type -> Text,
        file_name -> Nullable<Text>,
        is_open -> Bool,
        fetched_at -> BigInt,
        used_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(media, media_contents, media_thumbnails, remote_media);
