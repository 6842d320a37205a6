//! The encrypted database: one file per table.
