-- The words of messages, names and topics, by the number of the event; the text itself is not kept. Words are split in
-- the program. Among them are marks, words that no text has: the room, the field, and the edit from which the words are.
CREATE TABLE search_index (
    event BIGINT PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_index_words ON search_index USING gin (words);

-- How far the index has come: in the log, and among the events that were there before it began to follow that.
CREATE TABLE search_progress (
    id BIGINT PRIMARY KEY,
    position BIGINT NOT NULL,
    older_after BIGINT NOT NULL,
    older_upto BIGINT NOT NULL
);

-- Events whose newest edit was redacted: the words that they had before are to be found again.
CREATE TABLE search_again (
    event BIGINT PRIMARY KEY
);
