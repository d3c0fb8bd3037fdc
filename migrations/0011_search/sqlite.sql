-- The words of messages, names and topics, by the number of the event; the text itself is not kept. Words are split in
-- the program, so the tokenizer has nothing to do but part them at spaces. `marks` are words that no text has: the room,
-- the field, and the edit from which the words are.
CREATE VIRTUAL TABLE search_index USING fts5(
    words, marks, content = '', contentless_delete = 1, tokenize = 'ascii'
);

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
