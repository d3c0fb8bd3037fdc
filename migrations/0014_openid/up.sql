-- Tokens that prove to others who a user is, and let in nowhere; as SHA-256.
CREATE TABLE openid_tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX openid_tokens_user ON openid_tokens (user_id, expires_at);
CREATE INDEX openid_tokens_age ON openid_tokens (expires_at);
