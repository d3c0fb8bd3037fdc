-- Backups of room keys. The newest version of a user takes keys.
CREATE TABLE key_backups (
    user_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    algorithm TEXT NOT NULL,
    auth_data TEXT NOT NULL,
    -- Counts the changes of its keys.
    etag BIGINT NOT NULL,
    -- How many keys there are, and how many bytes of `session_data`.
    sessions BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (user_id, version)
) /* WITHOUT ROWID */;

-- The last version that each user made. It may be deleted by now: its name is not used again.
CREATE TABLE key_backup_versions (
    user_id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- Keys. Those whose version is gone are being deleted. Rows are too large to be kept in the order of their key.
CREATE TABLE key_backup_sessions (
    user_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    first_message_index BIGINT NOT NULL,
    forwarded_count BIGINT NOT NULL,
    is_verified BOOLEAN NOT NULL,
    session_data TEXT NOT NULL,
    PRIMARY KEY (user_id, version, room_id, session_id)
);
