//! What operators need: reports of users, rooms that nobody may enter, rooms that go away.

mod blocked_rooms;
mod departures;
pub mod purge;
mod reports;
mod room_list;

pub use blocked_rooms::{block, blocked, is_blocked, unblock};
pub use departures::{departures, newest_departure};
pub use reports::{NewReport, ReportRow, count_reports, delete_report, insert_report, report, reports};
pub use room_list::{ListedRoom, forgotten_rooms, list_rooms};
