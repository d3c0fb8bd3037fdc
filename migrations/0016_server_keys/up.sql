-- The newest answer of each server about its keys, as it signed it, for those who ask us for them.
CREATE TABLE server_key_answers (
    server TEXT NOT NULL PRIMARY KEY,
    fetched_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    json TEXT NOT NULL
);
-- The keys of other servers. They are kept for ever: old events are signed with them.
CREATE TABLE server_keys (
    server TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    good_until BIGINT NOT NULL,
    PRIMARY KEY (server, key_id)
) /* WITHOUT ROWID */;
-- The keys that this server no longer signs with.
CREATE TABLE old_signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    public_key BYTEA NOT NULL,
    expired_at BIGINT NOT NULL
) /* WITHOUT ROWID */;
