-- Which change of a user's devices other servers were told of last, or would have been: the stream_id of the newest
-- m.device_list_update.
ALTER TABLE device_list_changes ADD COLUMN stream_id BIGINT NOT NULL DEFAULT 0;
UPDATE device_list_changes SET stream_id = position;

-- Users of other servers whose devices are known here, as long as a room is shared with them.
CREATE TABLE remote_device_lists (
    user_id TEXT NOT NULL PRIMARY KEY,
    server TEXT NOT NULL,
    -- The newest change that the list has, as its server counts them; nothing where the list came without one.
    stream_id BIGINT,
    -- Whether what is here is all of it and true.
    fresh BOOLEAN NOT NULL,
    -- Since when the list is followed, or when something was heard that it does not have: an answer that was asked for
    -- before may lack it.
    heard BIGINT NOT NULL,
    -- Since when the server is to be asked for the list; nothing where it need not.
    wanted BIGINT
) /* WITHOUT ROWID */;
CREATE INDEX remote_device_lists_wanted ON remote_device_lists (server, wanted) WHERE wanted IS NOT NULL;

-- Their devices that have keys. Cross-signing keys are in cross_signing_keys, like those of our users.
CREATE TABLE remote_devices (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    display_name TEXT,
    -- The keys as canonical JSON, with the owner's signatures.
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id)
) /* WITHOUT ROWID */;

-- Servers that could not be asked for such lists.
CREATE TABLE device_list_pauses (
    server TEXT NOT NULL PRIMARY KEY,
    -- When it is asked again, in milliseconds since 1970, and how long that pause is.
    retry_at BIGINT NOT NULL,
    pause BIGINT NOT NULL
) /* WITHOUT ROWID */;
