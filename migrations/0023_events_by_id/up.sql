-- Other servers ask for events by their id alone.
DROP INDEX events_id;
CREATE UNIQUE INDEX events_id ON events (event_id, room);
