-- When the last row of a purged room was gone; NULL before. Kept for a while, for those who ask what became of it.
ALTER TABLE purged_rooms ADD COLUMN finished_at BIGINT;

-- Users of ours whose rooms went away, and from which position on they were not in them: what is left of a room to tell
-- a client that was not there.
CREATE TABLE departures (
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, room_id)
) /* WITHOUT ROWID */;
CREATE INDEX departures_user ON departures (user_id, position);
CREATE INDEX departures_position ON departures (position);
