-- Contents of files, each kept once under its SHA-256 whoever uploads it.
CREATE TABLE media_contents (
    hash BYTEA NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- An operator has put it away: nobody gets it, and nobody can upload it again.
    quarantined BOOLEAN NOT NULL,
    -- Small ones are here, and share their fsync with other writes; the others are files. It is the last column, so that
    -- what is asked of the rest of the row need not read it.
    bytes BYTEA
);
CREATE INDEX media_contents_files ON media_contents (hash) WHERE bytes IS NULL;

-- What an mxc URI of this server stands for.
CREATE TABLE media (
    media_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Until when the content may come; null where it has come.
    expires_at BIGINT,
    hash BYTEA,
    content_type TEXT NOT NULL,
    file_name TEXT,
    -- Whether it can be had without a token, on the deprecated paths.
    is_open BOOLEAN NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX media_user ON media (user_id, created_at);
CREATE INDEX media_hash ON media (hash) WHERE hash IS NOT NULL;
CREATE INDEX media_pending ON media (user_id) WHERE expires_at IS NOT NULL;
CREATE INDEX media_expiry ON media (expires_at) WHERE expires_at IS NOT NULL;

-- How much of it each user has.
CREATE TABLE media_usage (
    user_id TEXT NOT NULL PRIMARY KEY,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- Thumbnails of a content: which content they are themselves.
CREATE TABLE media_thumbnails (
    hash BYTEA NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    crop BOOLEAN NOT NULL,
    animated BOOLEAN NOT NULL,
    thumbnail BYTEA NOT NULL,
    content_type TEXT NOT NULL,
    PRIMARY KEY (hash, width, height, crop, animated)
) /* WITHOUT ROWID */;
CREATE INDEX media_thumbnails_content ON media_thumbnails (thumbnail);
