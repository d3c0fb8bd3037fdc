mod adopt;
mod check;
mod collapse;
mod dag;
mod difference;
mod history;
mod large;
pub(crate) mod model;
mod outgoing;
mod outliers;
mod outside;
pub(crate) mod random;
mod redactions;
mod relations;
mod soft_fail;
mod split;
mod taken_away;
mod told;
mod verdicts;
mod withheld;
pub(crate) mod world;

use ruma::RoomVersionId;

/// One of each kind: redaction rules, auth rules and resolution changed between them.
const VERSIONS: [RoomVersionId; 4] = [RoomVersionId::V6, RoomVersionId::V10, RoomVersionId::V11, RoomVersionId::V12];
