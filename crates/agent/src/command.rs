//! Logging commands (`##vso[...]`) and their escaping.
