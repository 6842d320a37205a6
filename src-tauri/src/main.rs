//! The thin desktop shell over the node.
fn main() {}
