-- Users of this server. A deactivated one stays, so that nobody takes the name again.
CREATE TABLE users (
    user_id TEXT NOT NULL PRIMARY KEY,
    -- Argon2id in PHC form; null where no password opens the account.
    password_hash TEXT,
    created_at BIGINT NOT NULL,
    admin BOOLEAN NOT NULL,
    deactivated BOOLEAN NOT NULL,
    erased BOOLEAN NOT NULL,
    locked BOOLEAN NOT NULL,
    suspended BOOLEAN NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX users_admin ON users (user_id) WHERE admin;

CREATE TABLE devices (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    display_name TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT,
    last_seen_ip TEXT,
    last_seen_agent TEXT,
    PRIMARY KEY (user_id, device_id)
) /* WITHOUT ROWID */;

-- Access tokens (kind 1) and refresh tokens (kind 2), as SHA-256. A refresh gives the device a pair of the next
-- generation; the first use of that pair revokes all older ones.
CREATE TABLE tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    kind SMALLINT NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    expires_at BIGINT
) /* WITHOUT ROWID */;
CREATE INDEX tokens_device ON tokens (user_id, device_id, generation);

-- Tokens of m.login.token, as SHA-256; each is good for one login.
CREATE TABLE login_tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX login_tokens_age ON login_tokens (expires_at);

CREATE TABLE registration_tokens (
    token TEXT NOT NULL PRIMARY KEY,
    -- Null: any number.
    uses_allowed BIGINT,
    uses BIGINT NOT NULL,
    expires_at BIGINT
) /* WITHOUT ROWID */;

-- One row per field, the value as JSON.
CREATE TABLE profiles (
    user_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user_id, field)
) /* WITHOUT ROWID */;

-- Room 0 stands for the global account data.
CREATE TABLE account_data (
    user_id TEXT NOT NULL,
    room BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    content TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (user_id, room, event_type)
) /* WITHOUT ROWID */;
CREATE INDEX account_data_position ON account_data (user_id, position);

-- Filters as canonical JSON; the hash finds the one that says the same.
CREATE TABLE filters (
    user_id TEXT NOT NULL,
    filter_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, filter_id)
) /* WITHOUT ROWID */;
CREATE UNIQUE INDEX filters_hash ON filters (user_id, hash);

-- The users that can be found, with the text in which a search looks for its words.
CREATE TABLE user_directory (
    user_id TEXT NOT NULL PRIMARY KEY,
    folded TEXT NOT NULL
) /* WITHOUT ROWID */;
