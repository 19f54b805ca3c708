//! Memory that is no longer needed.

/// Gives it back to the system. Reading takes several times what is kept in the end, in pieces of every size, of which
/// the C library keeps most for the next who asks: in a server that is the next reading, hours later.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it may be called at any time, by any thread, and touches no memory that is in use.
    #[allow(unsafe_code)]
    unsafe {
        libc::malloc_trim(0);
    }
}
