-- Unread counts come from ordinals: how many events of a room notify under the predefined rules, up to each event. What
-- one user has not read is the difference of two of them, and what differs for that user alone.
ALTER TABLE rooms ADD COLUMN notifications BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN highlights BIGINT NOT NULL DEFAULT 0;
-- The position of the newest event that notified and was redacted.
ALTER TABLE rooms ADD COLUMN redacted_upto BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN notifications BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN highlights BIGINT NOT NULL DEFAULT 0;
-- Which predefined rule notifies of it those whom it does not name; 0 none.
ALTER TABLE events ADD COLUMN push_rule SMALLINT NOT NULL DEFAULT 0;

-- Where a member of ours stands in a room:
-- unread = (muted ? 0 : rooms.notifications - notifications) + extra_notifications, but for what was redacted.
CREATE TABLE unread (
    user_id TEXT NOT NULL,
    room BIGINT NOT NULL,
    -- The position at which the user joined.
    joined BIGINT NOT NULL,
    -- All up to this position is read.
    position BIGINT NOT NULL,
    -- The ordinals from which on the room counts.
    notifications BIGINT NOT NULL,
    highlights BIGINT NOT NULL,
    -- What else counts since then: mentions, own rules; less own messages, and what was read in threads.
    extra_notifications BIGINT NOT NULL,
    extra_highlights BIGINT NOT NULL,
    -- The user's own rules are silent where the predefined ones notify. Since which position this is so or not so.
    muted BOOLEAN NOT NULL,
    muted_since BIGINT NOT NULL,
    -- The position of the last change that came without an event: a receipt.
    changed BIGINT NOT NULL,
    PRIMARY KEY (user_id, room)
) /* WITHOUT ROWID */;
CREATE INDEX unread_changed ON unread (user_id, changed);

-- Events of threads that notify under the predefined rules; thread is the id of the root.
CREATE TABLE thread_notifications (
    room BIGINT NOT NULL,
    position BIGINT NOT NULL,
    thread TEXT NOT NULL,
    sender TEXT NOT NULL,
    highlight BOOLEAN NOT NULL,
    PRIMARY KEY (room, position)
) /* WITHOUT ROWID */;

-- Events that do something else for one user than for everybody.
CREATE TABLE own_notifications (
    user_id TEXT NOT NULL,
    room BIGINT NOT NULL,
    position BIGINT NOT NULL,
    event BIGINT NOT NULL,
    -- "main", or the id of the thread's root.
    thread TEXT NOT NULL,
    -- What it adds to the user's counts, beside what the ordinals count.
    notifications SMALLINT NOT NULL,
    highlights SMALLINT NOT NULL,
    -- What the user's rules do: a list of actions; empty if they are silent.
    actions TEXT NOT NULL,
    highlight BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, room, position)
) /* WITHOUT ROWID */;
CREATE INDEX own_notifications_event ON own_notifications (event);
CREATE INDEX own_notifications_position ON own_notifications (user_id, position);

-- Events that were counted in the ordinals and are redacted.
CREATE TABLE redacted_notifications (
    room BIGINT NOT NULL,
    position BIGINT NOT NULL,
    thread TEXT NOT NULL,
    sender TEXT NOT NULL,
    highlight BOOLEAN NOT NULL,
    PRIMARY KEY (room, position)
) /* WITHOUT ROWID */;

CREATE TABLE pushers (
    user_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    pushkey TEXT NOT NULL,
    -- The device that set it, and takes it along.
    device_id TEXT NOT NULL,
    -- What `GET /pushers` says of it.
    json TEXT NOT NULL,
    -- When it was set, in milliseconds since 1970.
    set_at BIGINT NOT NULL,
    -- All up to this position is delivered.
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, app_id, pushkey)
) /* WITHOUT ROWID */;
CREATE INDEX pushers_key ON pushers (app_id, pushkey);
