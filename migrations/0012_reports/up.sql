-- What users have reported, for those who run the server. Matrix ids, because it may outlive the room.
CREATE TABLE reports (
    id BIGINT PRIMARY KEY,
    reported_at BIGINT NOT NULL,
    reporter TEXT NOT NULL,
    -- A report is of a room, of an event in it, or of a user.
    room_id TEXT,
    event_id TEXT,
    user_id TEXT,
    reason TEXT NOT NULL
);

-- Rooms that nobody of this server may enter.
CREATE TABLE blocked_rooms (
    room_id TEXT NOT NULL PRIMARY KEY,
    blocked_at BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- Numbers of rooms that are gone, but for rows that are still to be deleted.
CREATE TABLE purged_rooms (
    room BIGINT PRIMARY KEY,
    room_id TEXT NOT NULL
);
