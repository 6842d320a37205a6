-- Files over v2 (docs/protocol-v2.md 9): what both sides need of a transfer after a restart.

CREATE TABLE shares (
    transfer TEXT PRIMARY KEY REFERENCES transfers (id) ON DELETE CASCADE,
    key      BLOB NOT NULL CHECK (length(key) = 32),
    -- When the source was changed last, nanoseconds since 1970; where the system tells.
    modified INTEGER
) STRICT, WITHOUT ROWID;

-- The other side: one device of a file that comes, any number of one that goes out.
CREATE TABLE transfer_recipients (
    transfer TEXT    NOT NULL REFERENCES shares (transfer) ON DELETE CASCADE,
    device   BLOB    NOT NULL CHECK (length(device) = 32),
    state    TEXT    NOT NULL,
    -- Whether the device has still to be told of the state.
    owed     INTEGER NOT NULL CHECK (owed IN (0, 1)),
    PRIMARY KEY (transfer, device)
) STRICT, WITHOUT ROWID;
