-- Files of other servers that were fetched for our users: a cache, which no backup takes along. Their contents are in
-- media_contents and their thumbnails in media_thumbnails, like those of our own files.
CREATE TABLE remote_media (
    server TEXT NOT NULL,
    media_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    size BIGINT NOT NULL,
    content_type TEXT NOT NULL,
    file_name TEXT,
    -- Whether it can be had without a token, on the deprecated paths.
    is_open BOOLEAN NOT NULL,
    fetched_at BIGINT NOT NULL,
    -- When somebody last asked for it, to about an hour: who was asked for least lately goes first.
    used_at BIGINT NOT NULL,
    PRIMARY KEY (server, media_id)
) /* WITHOUT ROWID */;
CREATE INDEX remote_media_hash ON remote_media (hash);
CREATE INDEX remote_media_used ON remote_media (used_at);
