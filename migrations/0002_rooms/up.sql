CREATE TABLE rooms (
    nid BIGINT PRIMARY KEY,
    room_id TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL,
    -- Counts the appends; an append built on an older one is refused.
    revision BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    -- Current state, a root of the state trie.
    state BIGINT NOT NULL,
    -- Forward extremities: event numbers, comma separated.
    extremities TEXT NOT NULL,
    joined BIGINT NOT NULL,
    invited BIGINT NOT NULL,
    -- In the public directory of this server.
    published BOOLEAN NOT NULL
);
CREATE INDEX rooms_published ON rooms (published) WHERE published;

CREATE TABLE events (
    nid BIGINT PRIMARY KEY,
    room BIGINT NOT NULL,
    position BIGINT NOT NULL,
    depth BIGINT NOT NULL,
    origin_server_ts BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    sender TEXT NOT NULL,
    state_key TEXT,
    -- Of a state event: the event that held its key before.
    replaces BIGINT,
    -- Roots of the state trie before and after the event.
    state_before BIGINT NOT NULL,
    state_after BIGINT NOT NULL,
    -- 1 outlier, 2 rejected, 4 soft-failed; of children 8 edits, 16 references, 32 a thread; 64 relayed.
    flags SMALLINT NOT NULL,
    -- The redaction that emptied this event; json is the redacted form then.
    redacted_by BIGINT,
    -- The request that made the event, for the sender's own device.
    device_id TEXT,
    txn_id TEXT,
    json TEXT NOT NULL
);
CREATE UNIQUE INDEX events_id ON events (room, event_id);
CREATE UNIQUE INDEX events_position ON events (room, position);
CREATE INDEX events_depth ON events (room, depth, position);
CREATE INDEX events_time ON events (room, origin_server_ts);
CREATE INDEX events_txn ON events (sender, txn_id) WHERE txn_id IS NOT NULL;

-- What a redacted event said, until it is forgotten.
CREATE TABLE event_originals (
    event BIGINT PRIMARY KEY,
    redacted_at BIGINT NOT NULL,
    json TEXT NOT NULL
);
CREATE INDEX event_originals_age ON event_originals (redacted_at);

-- A redaction that came before what it redacts.
CREATE TABLE pending_redactions (
    room BIGINT NOT NULL,
    target TEXT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (room, target, event)
) /* WITHOUT ROWID */;

-- Numbers for (type, state key), the keys of the state trie.
CREATE TABLE state_keys (
    nid BIGINT PRIMARY KEY,
    event_type TEXT NOT NULL,
    state_key TEXT NOT NULL
);
CREATE UNIQUE INDEX state_keys_key ON state_keys (event_type, state_key);

CREATE TABLE state_nodes (
    id BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL,
    data BYTEA NOT NULL
);
CREATE UNIQUE INDEX state_nodes_hash ON state_nodes (hash);

CREATE TABLE current_state (
    room BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    state_key TEXT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (room, event_type, state_key)
) /* WITHOUT ROWID */;

-- How the current state changed; event is null where state resolution took the key away.
CREATE TABLE state_deltas (
    room BIGINT NOT NULL,
    position BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    state_key TEXT NOT NULL,
    event BIGINT,
    replaced BIGINT,
    PRIMARY KEY (room, position, event_type, state_key)
) /* WITHOUT ROWID */;

CREATE TABLE memberships (
    room BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    membership SMALLINT NOT NULL,
    event BIGINT NOT NULL,
    position BIGINT NOT NULL,
    sender TEXT NOT NULL,
    display_name TEXT,
    avatar_url TEXT,
    forgotten BOOLEAN NOT NULL,
    PRIMARY KEY (room, user_id)
) /* WITHOUT ROWID */;
CREATE INDEX memberships_user ON memberships (user_id, membership);
CREATE INDEX memberships_room ON memberships (room, membership, position);

-- Chain cover of the auth events: an event reaches all of its own chain up to its sequence, and what the links say.
CREATE TABLE auth_chains (
    event BIGINT PRIMARY KEY,
    room BIGINT NOT NULL,
    chain BIGINT NOT NULL,
    sequence BIGINT NOT NULL
);
CREATE UNIQUE INDEX auth_chains_place ON auth_chains (chain, sequence);

CREATE TABLE auth_chain_links (
    chain BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    target_chain BIGINT NOT NULL,
    target_sequence BIGINT NOT NULL,
    PRIMARY KEY (chain, sequence, target_chain)
) /* WITHOUT ROWID */;
CREATE INDEX auth_chain_links_target ON auth_chain_links (target_chain);

CREATE TABLE room_aliases (
    alias TEXT NOT NULL PRIMARY KEY,
    room BIGINT NOT NULL,
    creator TEXT NOT NULL
) /* WITHOUT ROWID */;
CREATE INDEX room_aliases_room ON room_aliases (room);
