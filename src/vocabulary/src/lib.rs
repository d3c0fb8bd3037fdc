//! The words of thoughts: names, contents of events and of account data, and what the endpoints answer, as
//! `federation-spec/` writes them down. Server and client both speak them, and are linked with different versions of
//! ruma; so everything here is plain serde, and nothing of ours is called. What the words mean for rooms and keys lives in
//! `thoughts` (server) and `client`; no input and output lives here.

mod alias;
mod audiences;
mod feed;
mod friends;
pub mod names;
mod synapses;
mod text;
mod thought;
mod timeline;

pub use alias::{alias_localpart, alias_owner, public_alias_localpart};
pub use audiences::{Audience, AudienceKind, Audiences, MAX_AUDIENCE_NAME_CHARS, MAX_AUDIENCES};
pub use feed::{Feed, FeedFilter, MAX_FEED_LIMIT};
pub use friends::{Friends, MAX_FRIENDS_LIMIT, Membership, Owner, Person, Relation, Timeline};
pub use synapses::{DEFAULT_WEIGHT, Synapses};
pub use text::{body, formatted_body, text_of};
pub use thought::{MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS, Thought, Unfit, VERSION};
pub use timeline::{ProfileRoom, ProfileUserId};
