-- The name that a whole file is about to get: written first, so that a node that dies before it says
-- that the file is there knows it again.

ALTER TABLE transfers ADD COLUMN intended TEXT;
-- When its bytes were changed last, nanoseconds since 1970; where the system tells.
ALTER TABLE transfers ADD COLUMN intended_modified INTEGER;
