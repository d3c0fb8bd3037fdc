-- How far users have read: one row for each kind of receipt and each thread.
CREATE TABLE receipts (
    room BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    -- 1 m.read, 2 m.read.private.
    kind SMALLINT NOT NULL,
    -- Empty: unthreaded; "main"; or the event id of the thread's root.
    thread TEXT NOT NULL,
    event_id TEXT NOT NULL,
    -- Where the event stands in the one order.
    event_position BIGINT NOT NULL,
    -- When it was read, in milliseconds since 1970.
    ts BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (room, user_id, kind, thread)
) /* WITHOUT ROWID */;
CREATE INDEX receipts_position ON receipts (room, position);

-- What is kept of presence beyond a restart.
CREATE TABLE presence (
    user_id TEXT NOT NULL PRIMARY KEY,
    -- Whether the user was online, lately.
    online BOOLEAN NOT NULL,
    last_active_at BIGINT NOT NULL,
    status_msg TEXT
) /* WITHOUT ROWID */;
