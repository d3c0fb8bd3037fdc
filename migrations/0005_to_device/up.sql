-- Messages that wait for devices, until a token of theirs says that they have arrived. Rows are too large to be kept in
-- the order of their key.
CREATE TABLE to_device_messages (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    -- Counts the messages of the device for as long as some are waiting.
    number BIGINT NOT NULL,
    sender TEXT NOT NULL,
    event_type TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id, position)
);

-- The newest requests of each device: one that is repeated sends nothing.
CREATE TABLE to_device_transactions (
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    -- Counts the requests of the device.
    number BIGINT NOT NULL,
    PRIMARY KEY (user_id, device_id, txn_id, event_type)
) /* WITHOUT ROWID */;
CREATE INDEX to_device_transactions_number ON to_device_transactions (user_id, device_id, number);

-- The device that each user may have that never logs in (MSC3814): its private keys, encrypted, as JSON.
CREATE TABLE dehydrated_devices (
    user_id TEXT NOT NULL PRIMARY KEY,
    device_id TEXT NOT NULL,
    device_data TEXT NOT NULL
) /* WITHOUT ROWID */;
