-- When devices of a network were here last, also those that only others reach: people see since when
-- someone is away, whenever this node was started.

CREATE TABLE seen (
    network BLOB    NOT NULL CHECK (length(network) = 16),
    device  BLOB    NOT NULL CHECK (length(device) = 32),
    -- Unix milliseconds.
    at      INTEGER NOT NULL,
    -- What it was called then.
    name    TEXT    NOT NULL,
    PRIMARY KEY (network, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX seen_by_time ON seen (network, at);
