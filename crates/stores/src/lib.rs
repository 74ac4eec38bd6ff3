//! Where secrets are kept.
