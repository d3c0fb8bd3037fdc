//! What those who run the server do about rooms: reports that users have made, rooms that nobody may enter, rooms that go
//! away, guests who have to leave.

mod block;
mod guests;
mod purge;
mod reports;

pub use purge::RoomPage;
pub use reports::{Report, Reported};
pub use store::moderation::{ListedRoom, ReportRow};
