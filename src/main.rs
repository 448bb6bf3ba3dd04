//! `corpusql`: parse, run, turn an error into words and an exit code.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use corpusql::cli::{self, CommandLine};
use corpusql::error::Error;
use corpusql::progress::say;

fn main() -> ExitCode {
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(e) => {
            // Help and version are results; anything else is the user's input at fault.
            let code = u8::from(e.use_stderr());
            return if e.print().is_ok() {
                ExitCode::from(code)
            } else {
                ExitCode::from(2)
            };
        }
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| cli::run(command_line)))
        .unwrap_or_else(|panic| Err(of_panic(panic.as_ref())));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// A panic is a defect of ours, said in words.
fn of_panic(panic: &(dyn Any + Send)) -> Error {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    Error::internal(format!(
        "corpusql failed: {}",
        words.unwrap_or("it does not say why")
    ))
    .hint("this is a defect of corpusql; please report the command and this message")
}

/// The message, its causes, the next step.
fn report(error: &Error) {
    say(format_args!("error: {error}"));
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        say(format_args!("  caused by: {inner}"));
        cause = inner.source();
    }
    if let Some(hint) = error.next_step() {
        say(format_args!("hint: {hint}"));
    }
}
