//! The plan, held against a small model of a store and of the service, and case by case.

mod bad_days;
mod crashes;
mod document;
mod hostile;
mod model;
mod properties;
mod rivals;
mod words;
