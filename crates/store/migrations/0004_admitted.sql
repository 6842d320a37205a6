-- Who was admitted, by which password (docs/protocol-v2.md 5.3): whoever knew only an earlier one is
-- as new as anyone.

-- The tag of the password; NULL while the network is open.
ALTER TABLE admitted ADD COLUMN password BLOB CHECK (length(password) = 2);
