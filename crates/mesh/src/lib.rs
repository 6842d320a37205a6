//! The mesh brain: who is there, what travels where. Sans-IO.
