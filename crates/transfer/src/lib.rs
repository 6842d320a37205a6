//! Planning and checking file transfers.
