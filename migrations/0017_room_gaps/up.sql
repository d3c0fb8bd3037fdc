-- Where history is missing: previous events that are not here, or as outliers only, and the events that name them.
CREATE TABLE room_gaps (
    room BIGINT NOT NULL,
    missing TEXT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (room, missing, event)
) /* WITHOUT ROWID */;

-- An outlier has no place in the order of the room, and is not stepped over by those who walk through it.
UPDATE events SET depth = -1 WHERE (flags & 1) <> 0;
