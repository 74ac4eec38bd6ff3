//! The page's half of core, natively: what it says, and the vectors that its wasm is held against in Node.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod documents;
mod page;
mod properties;
mod scenes;
mod stringify;
mod vectors;
