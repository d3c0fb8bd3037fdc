-- Invites and knocks of our users in rooms that are not here, and how they ended: as 'memberships', by Matrix ids.
CREATE TABLE foreign_memberships (
    user_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    membership SMALLINT NOT NULL,
    position BIGINT NOT NULL,
    version TEXT NOT NULL,
    sender TEXT NOT NULL,
    -- The server through which it came, which knows the room.
    via TEXT NOT NULL,
    event_id TEXT NOT NULL,
    -- The membership event.
    json TEXT NOT NULL,
    -- A JSON array of stripped state, as clients get it, without that event.
    state TEXT NOT NULL,
    PRIMARY KEY (user_id, room_id)
) /* WITHOUT ROWID */;
CREATE INDEX foreign_memberships_position ON foreign_memberships (user_id, position);
