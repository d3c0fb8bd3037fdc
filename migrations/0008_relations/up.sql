-- Which event relates to which: of events that clients may be shown, as long as they are not redacted. The target need
-- not be here, or come later.
CREATE TABLE event_relations (
    child BIGINT PRIMARY KEY,
    room BIGINT NOT NULL,
    target TEXT NOT NULL,
    rel_type TEXT NOT NULL,
    event_type TEXT NOT NULL,
    sender TEXT NOT NULL,
    event_id TEXT NOT NULL,
    origin_server_ts BIGINT NOT NULL,
    depth BIGINT NOT NULL,
    position BIGINT NOT NULL,
    -- Of an annotation a hash of its key, of an edit with new content 1, else 0.
    mark BIGINT NOT NULL
);
CREATE INDEX event_relations_place ON event_relations (room, target, depth, position);
CREATE INDEX event_relations_type ON event_relations (room, target, rel_type, depth, position);
CREATE INDEX event_relations_sender
    ON event_relations (room, target, sender, rel_type, event_type, mark, origin_server_ts, event_id);

-- Events that others relate to as the root of their thread, with the place of the newest of these.
CREATE TABLE thread_roots (
    room BIGINT NOT NULL,
    root TEXT NOT NULL,
    replies BIGINT NOT NULL,
    depth BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (room, root)
) /* WITHOUT ROWID */;
CREATE INDEX thread_roots_place ON thread_roots (room, depth, position);
