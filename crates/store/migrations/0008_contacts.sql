-- The people whom the user prefers, in every network of the profile.

CREATE TABLE contacts (
    user  BLOB    PRIMARY KEY NOT NULL CHECK (length(user) = 32),
    -- Since when, Unix milliseconds.
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
