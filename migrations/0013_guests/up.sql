-- A guest has no password and may do little; whoever becomes a user keeps the id.
ALTER TABLE users ADD COLUMN guest BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_guest ON users (user_id) WHERE guest;
