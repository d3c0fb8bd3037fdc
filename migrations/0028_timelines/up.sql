-- Rooms that their create event calls somebody's timeline (federation-spec/thoughts.md). `named` says whether the room's
-- current state names the creator as the owner; if not, it is nobody's.
CREATE TABLE timeline_rooms (
    room BIGINT PRIMARY KEY,
    owner TEXT NOT NULL,
    named BOOLEAN NOT NULL
);
CREATE INDEX timeline_rooms_owner ON timeline_rooms (owner);

-- What owners said there, as it arrived: messages that relate to nothing and are not redacted.
CREATE TABLE timeline_events (
    room BIGINT NOT NULL,
    position BIGINT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (room, position)
) /* WITHOUT ROWID */;
CREATE INDEX timeline_events_event ON timeline_events (event);

-- Of what is here already. Events are stored as canonical JSON, so nothing stands between these signs.
INSERT INTO timeline_rooms (room, owner, named)
    SELECT e.room, e.sender, EXISTS (
        SELECT 1 FROM current_state c JOIN events n ON n.nid = c.event
        WHERE c.room = e.room AND c.event_type = 'org.matrix.msc4501.social.profile_user_id' AND c.state_key = ''
            AND n.json LIKE '%"user_id":"' || e.sender || '"%')
    FROM current_state s JOIN events e ON e.nid = s.event
    WHERE s.event_type = 'm.room.create' AND s.state_key = '' AND e.json LIKE '%"type":"org.matrix.msc4501.social.profile"%';
INSERT INTO timeline_events (room, position, event)
    SELECT e.room, e.position, e.nid FROM timeline_rooms t JOIN events e ON e.room = t.room AND e.sender = t.owner
    WHERE e.position > 0 AND e.state_key IS NULL AND e.event_type IN ('m.room.message', 'm.room.encrypted')
        AND e.redacted_by IS NULL AND e.json NOT LIKE '%"m.relates_to"%' AND e.flags IN (0, 8, 16, 32, 64, 128);
