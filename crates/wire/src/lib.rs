//! Bytes to messages and back, within named limits. No I/O.
