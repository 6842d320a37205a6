-- Direct messages, which wait here for the device that `audience` names (docs/protocol-v2.md 6.6): whoever
-- shows what has this hash has opened one.

ALTER TABLE envelopes ADD COLUMN ack BLOB CHECK (length(ack) = 32);
