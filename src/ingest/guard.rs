//! Decoders that panic on damaged bytes: what they say becomes an error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `decode`; a panic in it becomes its words. What `decode` was working on is not to be used
/// after that.
pub fn guarded<T>(decode: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    // A caught panic is reported as what it means, not as a fault of the program.
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                report(info);
            }
        }));
    });
    QUIET.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(decode));
    QUIET.set(false);
    outcome.map_err(|payload| format!("damaged data: {}", words(payload.as_ref())))
}

fn words(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("the decoder gave up")
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn panics_become_words() {
        assert_eq!(guarded(|| 1), Ok(1));
        let bytes: Vec<u8> = Vec::new();
        let outcome = guarded(|| bytes[3]);
        assert!(outcome.is_err_and(|words| words.starts_with("damaged data: index out of bounds")));
    }
}
