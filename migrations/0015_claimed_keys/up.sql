-- One-time keys that were given out, until their device shows by its next ones that it knows of their upload: it may
-- upload them again when it has not heard the answer, and they must not be given out again then.
CREATE TABLE claimed_one_time_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id, algorithm, key_id)
) /* WITHOUT ROWID */;
