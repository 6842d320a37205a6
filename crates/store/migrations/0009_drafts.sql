-- What was typed and not sent yet. The text of nothing is no row.

CREATE TABLE drafts (
    conversation TEXT PRIMARY KEY NOT NULL,
    text         TEXT NOT NULL CHECK (text <> '')
) STRICT, WITHOUT ROWID;
