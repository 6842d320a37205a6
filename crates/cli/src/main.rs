//! `gossamer`: the node without a window.
fn main() {}
