//! The catalogue as people read it.
