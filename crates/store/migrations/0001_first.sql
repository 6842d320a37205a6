-- Instants are Unix milliseconds, sizes are bytes. `seq` is the order in which rows came to be.

CREATE TABLE profile (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    node_id    TEXT    NOT NULL CHECK (length(node_id) = 8),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE messages (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    conversation TEXT    NOT NULL,
    from_id      TEXT    NOT NULL,
    from_name    TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    own          INTEGER NOT NULL CHECK (own IN (0, 1)),
    readable     INTEGER NOT NULL CHECK (readable IN (0, 1)),
    sent_at      INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    hops         INTEGER,
    state        TEXT,
    reached      INTEGER NOT NULL DEFAULT 0,
    reason       TEXT
) STRICT;

CREATE INDEX messages_by_conversation ON messages (conversation, seq);
CREATE INDEX messages_queued ON messages (seq) WHERE state = 'queued';

CREATE TABLE read_markers (
    conversation TEXT    PRIMARY KEY,
    message_id   TEXT    NOT NULL,
    message_seq  INTEGER NOT NULL
) STRICT;

CREATE TABLE transfers (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    file_id      TEXT    NOT NULL,
    direction    TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    from_id      TEXT    NOT NULL,
    from_name    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    bytes        INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    path         TEXT,
    spool        TEXT,
    sha256       TEXT,
    reason       TEXT,
    reached      INTEGER NOT NULL DEFAULT 0,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
