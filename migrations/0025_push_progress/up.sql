-- Up to where all pushers have delivered, but for those that are behind. So what is delivered costs one row, however many
-- pushers there are.
CREATE TABLE push_progress (
    id BIGINT PRIMARY KEY,
    position BIGINT NOT NULL
);
-- Of those, only `position` of their own row counts.
ALTER TABLE pushers ADD COLUMN behind BOOLEAN NOT NULL DEFAULT FALSE;
