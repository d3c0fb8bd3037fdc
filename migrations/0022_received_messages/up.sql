-- Messages to devices that other servers have sent lately: one that comes again is not delivered again. Those that are old
-- go, and of each server all but the newest.
CREATE TABLE received_messages (
    origin TEXT NOT NULL,
    message_id TEXT NOT NULL,
    -- Counts the messages of the server.
    number BIGINT NOT NULL,
    -- In milliseconds since 1970.
    received_at BIGINT NOT NULL,
    PRIMARY KEY (origin, message_id)
) /* WITHOUT ROWID */;
CREATE INDEX received_messages_number ON received_messages (origin, number);
CREATE INDEX received_messages_time ON received_messages (received_at);
