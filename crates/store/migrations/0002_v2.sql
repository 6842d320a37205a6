-- The v2 protocol. Ids are the bytes they are on the wire; `birth` and `uptime` count the seconds
-- that the node has run (docs/protocol-v2.md 6.2).

-- The identity takes its place. Nothing refers to the id it held.
DROP TABLE profile;

CREATE TABLE identity (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    user_key   BLOB    NOT NULL CHECK (length(user_key) = 32),
    device_key BLOB    NOT NULL CHECK (length(device_key) = 32),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seq        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE uptime (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seconds INTEGER NOT NULL
) STRICT;

CREATE TABLE network_keys (
    network BLOB NOT NULL CHECK (length(network) = 16),
    key     BLOB NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (network, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE admitted (
    network BLOB    NOT NULL CHECK (length(network) = 16),
    device  BLOB    NOT NULL CHECK (length(device) = 32),
    uptime  INTEGER NOT NULL,
    address TEXT,
    PRIMARY KEY (network, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX admitted_by_uptime ON admitted (network, uptime);

CREATE TABLE envelopes (
    row      INTEGER PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    network  BLOB    NOT NULL CHECK (length(network) = 16),
    bucket   INTEGER NOT NULL,
    audience BLOB    CHECK (length(audience) = 32),
    kind     INTEGER NOT NULL,
    origin   BLOB    CHECK (length(origin) = 32),
    seq      INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    lifetime INTEGER NOT NULL,
    birth    INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    own      INTEGER NOT NULL CHECK (own IN (0, 1)),
    hops     INTEGER NOT NULL,
    held     INTEGER NOT NULL CHECK (held IN (0, 1))
) STRICT;

-- Apart, so that reading the index does not read the bodies.
CREATE TABLE bodies (
    envelope  INTEGER PRIMARY KEY REFERENCES envelopes (row) ON DELETE CASCADE,
    body      BLOB    NOT NULL,
    signature BLOB    NOT NULL CHECK (length(signature) = 64),
    signer    BLOB    CHECK (length(signer) = 32)
) STRICT;

-- `place` is where a message stands in its conversation, see src/order.rs.
ALTER TABLE messages ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN late  INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1));
UPDATE messages SET place = min(sent_at, 9007199254740991);

DROP INDEX messages_by_conversation;
CREATE INDEX messages_by_place ON messages (conversation, place, id);
CREATE INDEX messages_unreadable ON messages (seq) WHERE readable = 0;

-- Which message names which earlier one, whether that is here yet or not.
CREATE TABLE message_after (
    earlier TEXT    NOT NULL,
    later   INTEGER NOT NULL,
    PRIMARY KEY (earlier, later)
) STRICT, WITHOUT ROWID;

CREATE TABLE reached (
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    device     BLOB NOT NULL CHECK (length(device) = 32),
    PRIMARY KEY (message_id, device)
) STRICT, WITHOUT ROWID;

ALTER TABLE read_markers ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE read_markers SET place = coalesce(
    (SELECT place FROM messages WHERE messages.id = message_id), 0
);
ALTER TABLE read_markers DROP COLUMN message_seq;
