-- Identity keys of devices, as canonical JSON with the signatures that everybody may see.
CREATE TABLE device_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id)
) /* WITHOUT ROWID */;

-- Keys that are given out once each, the oldest position first. That a key id is unique is the writer's business.
CREATE TABLE one_time_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    position BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id, algorithm, position, key_id)
) /* WITHOUT ROWID */;

-- What is given out when those are used up, one for each algorithm.
CREATE TABLE fallback_keys (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    json TEXT NOT NULL,
    used BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, device_id, algorithm)
) /* WITHOUT ROWID */;

-- Master (1), self-signing (2) and user-signing (3) keys, as canonical JSON with the owner's own signatures.
CREATE TABLE cross_signing_keys (
    user_id TEXT NOT NULL,
    usage SMALLINT NOT NULL,
    public_key TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, usage)
) /* WITHOUT ROWID */;

-- Signatures that users have put on the master keys of others; only the signer sees them.
CREATE TABLE user_signatures (
    signer TEXT NOT NULL,
    target TEXT NOT NULL,
    -- The public keys: the master key that is signed, the user-signing key that signs.
    target_key TEXT NOT NULL,
    signer_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (signer, target)
) /* WITHOUT ROWID */;
CREATE INDEX user_signatures_position ON user_signatures (signer, position);

-- When the keys or devices of a user last changed.
CREATE TABLE device_list_changes (
    user_id TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX device_list_changes_position ON device_list_changes (position);
