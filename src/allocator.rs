//! How the C library's allocator keeps memory that is free: as little as it can where the user has set a limit, else
//! what the next batch will want.
//!
//! By default glibc gives each thread an arena of its own, and takes what it was given back for a reason to keep the
//! next free block of that size, up to tens of megabytes an arena. Under `--memory-limit 256MB` and with a
//! document of 200 MB that was a hundred megabytes more than was in use.
//!
//! Without a limit, what matters is the other side: columns of a row group are blocks of a megabyte, and where each is
//! asked of the system and given back, a seventh of a filter report's time goes into empty pages.

/// Gives back to the system what is freed in blocks of a megabyte and more, and shares arenas among threads. To be
/// called before threads are started; does nothing where the allocator is another.
pub fn keep_little() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const BLOCK_BYTES: libc::c_int = 1 << 20;
        const ARENAS: libc::c_int = 2;
        set(&[
            (libc::M_ARENA_MAX, ARENAS),
            (libc::M_MMAP_THRESHOLD, BLOCK_BYTES),
            (libc::M_TRIM_THRESHOLD, BLOCK_BYTES),
        ]);
    }
}

/// Keeps blocks of columns for the next batch: up to a quarter of a gigabyte in each arena. Does nothing where the
/// allocator is another.
pub fn keep_ready() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // glibc allows no more.
        const BLOCK_BYTES: libc::c_int = 32 << 20;
        const KEPT_BYTES: libc::c_int = 256 << 20;
        set(&[
            (libc::M_MMAP_THRESHOLD, BLOCK_BYTES),
            (libc::M_TRIM_THRESHOLD, KEPT_BYTES),
        ]);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set(parameters: &[(libc::c_int, libc::c_int)]) {
    for &(parameter, value) in parameters {
        // SAFETY: takes two numbers and keeps no pointer; glibc locks its own state.
        unsafe { libc::mallopt(parameter, value) };
    }
}
