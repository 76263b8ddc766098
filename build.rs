//! Compiles the C shim.

fn main() {}
