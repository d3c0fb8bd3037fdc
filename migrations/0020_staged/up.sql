-- Events of other servers that cannot be judged yet: what they build on must be fetched first. Their servers have been
-- told that they arrived.
CREATE TABLE staged_events (
    -- Counts them in the order in which they came.
    number BIGINT PRIMARY KEY,
    room_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    -- Who sent it to us.
    origin TEXT NOT NULL,
    -- The event as it passed the checks that need no room.
    json TEXT NOT NULL
);
CREATE UNIQUE INDEX staged_events_event ON staged_events (room_id, event_id);
CREATE INDEX staged_events_room ON staged_events (room_id, number);
CREATE INDEX staged_events_origin ON staged_events (origin);
