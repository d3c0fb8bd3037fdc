-- Facts about the database itself: its server name, and whatever must outlive the process.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) /* WITHOUT ROWID */;

-- The one order. Every write locks this row first, so positions are committed in order.
-- Live events count up from 1, backfilled ones count down from -1.
CREATE TABLE clock (
    id INTEGER NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    backfilled BIGINT NOT NULL
);
INSERT INTO clock (id, position, backfilled) VALUES (1, 0, 0);

-- What happened, in that order, for those who follow it. The tables carry the facts; this says where to look.
CREATE TABLE log (
    position BIGINT PRIMARY KEY,
    kind SMALLINT NOT NULL,
    room BIGINT,
    user_id TEXT,
    row_id BIGINT
);

-- How far each durable follower has come. The log is pruned behind the slowest.
CREATE TABLE followers (
    name TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
) /* WITHOUT ROWID */;
