//! How the C library's allocator keeps memory that is free: as little as it can, where the user has set a limit.
//!
//! By default glibc gives each thread an arena of its own, and takes what it was given back for a reason to keep the
//! next free block of that size, up to tens of megabytes an arena. Under `--memory-limit 256MB` and with a
//! document of 200 MB that was a hundred megabytes more than was in use.

/// Gives back to the system what is freed in blocks of a megabyte and more, and shares arenas among threads. To be
/// called before threads are started; does nothing where the allocator is another.
pub fn keep_little() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const BLOCK_BYTES: libc::c_int = 1 << 20;
        const ARENAS: libc::c_int = 2;
        for (parameter, value) in [
            (libc::M_ARENA_MAX, ARENAS),
            (libc::M_MMAP_THRESHOLD, BLOCK_BYTES),
            (libc::M_TRIM_THRESHOLD, BLOCK_BYTES),
        ] {
            // SAFETY: takes two numbers and keeps no pointer; glibc locks its own state.
            unsafe { libc::mallopt(parameter, value) };
        }
    }
}
