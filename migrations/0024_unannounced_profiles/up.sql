-- Users whose rooms may not have been told of their new name or picture yet, and how many changes that are.
CREATE TABLE unannounced_profiles (
    user_id TEXT NOT NULL PRIMARY KEY,
    changes BIGINT NOT NULL
) /* WITHOUT ROWID */;
