//! The allocator.

/// The C library of the static program gives memory back to the kernel so eagerly that a quarter of a run's process
/// time went there.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
