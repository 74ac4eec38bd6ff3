//! PatMonitor.
