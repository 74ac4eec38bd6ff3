//! Organizations with many PATs, from a seed.
