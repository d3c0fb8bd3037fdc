-- When other servers have been in rooms: a server is in a room as long as any of its users is joined. Intervals that are
-- over go when no event of their time is left to be sent.
CREATE TABLE room_servers (
    room BIGINT NOT NULL,
    server TEXT NOT NULL,
    -- Positions of the events with which it came and went; the largest number there is while it is there.
    entered BIGINT NOT NULL,
    departed BIGINT NOT NULL,
    -- How many of its users are joined.
    users BIGINT NOT NULL,
    PRIMARY KEY (room, server, entered)
) /* WITHOUT ROWID */;
CREATE INDEX room_servers_server ON room_servers (server, departed);
CREATE INDEX room_servers_departed ON room_servers (departed, room, server);

-- The events that it is upon us to send to the other servers of their room.
CREATE TABLE outgoing (
    position BIGINT PRIMARY KEY,
    room BIGINT NOT NULL,
    event BIGINT NOT NULL
);
CREATE INDEX outgoing_room ON outgoing (room, position);

-- What single servers are to be sent beside events. Rows are too large to be kept in the order of their key.
CREATE TABLE outbox (
    server TEXT NOT NULL,
    position BIGINT NOT NULL,
    edu TEXT NOT NULL,
    PRIMARY KEY (server, position)
);
CREATE INDEX outbox_position ON outbox (position);

-- Servers to which something was ever sent.
CREATE TABLE destinations (
    server TEXT NOT NULL PRIMARY KEY,
    -- What goes out was sent to it up to this position.
    sent_upto BIGINT NOT NULL,
    -- Since when it does not take what is sent, in milliseconds since 1970; when it is tried again, and how long that
    -- pause is. Nothing where it does.
    failing_since BIGINT,
    retry_at BIGINT,
    pause BIGINT NOT NULL,
    -- What went wrong the last time, for the operator.
    error TEXT,
    -- The transaction that it did not take, which must be repeated as it was: the position up to which it has events, and
    -- that up to which it has rows of the outbox.
    txn_events BIGINT NOT NULL,
    txn_outbox BIGINT NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX destinations_retry ON destinations (retry_at) WHERE retry_at IS NOT NULL;
