//! Identifiers on the wire. Ours begin with `org.peerbrain`; those of an open proposal (MSC4501, social profiles) are taken
//! in its unstable form, so that other social clients find us.

/// The `type` in the create event of a room that is a timeline (MSC4501).
pub const PROFILE_ROOM_TYPE: &str = "org.matrix.msc4501.social.profile";
/// State event that names the owner of a timeline (MSC4501). Content: [`crate::ProfileUserId`].
pub const PROFILE_USER_ID: &str = "org.matrix.msc4501.social.profile_user_id";
/// Profile field that names a user's timeline for friends (MSC4501). Value: [`crate::ProfileRoom`].
pub const PROFILE_ROOM_FIELD: &str = "org.matrix.msc4501.social.profile_room";
/// Key in the content of a message, inside of what is encrypted. Value: [`crate::Thought`].
pub const THOUGHT: &str = "org.peerbrain.thought";
/// Type of the account data, encrypted as secret storage is, with the author's [`crate::Audiences`].
pub const AUDIENCES: &str = "org.peerbrain.audiences";
/// Type of the account data, encrypted as secret storage is, with the reader's [`crate::Synapses`].
pub const SYNAPSES: &str = "org.peerbrain.synapses";
/// Path of the home feed. Answer: [`crate::Feed`].
pub const FEED_PATH: &str = "/_matrix/client/unstable/org.peerbrain/feed";
/// Path of the list of friends. Answer: [`crate::Friends`].
pub const FRIENDS_PATH: &str = "/_matrix/client/unstable/org.peerbrain/friends";
/// Flag in `unstable_features` of `/_matrix/client/versions`: the server has [`FEED_PATH`].
pub const FEED_FEATURE: &str = "org.peerbrain.feed";
/// Flag in `unstable_features` of `/_matrix/client/versions`: the server has [`FRIENDS_PATH`].
pub const FRIENDS_FEATURE: &str = "org.peerbrain.friends";
