//! `corpusql`: parse, run, turn an error into words and an exit code.

use std::process::ExitCode;

use clap::Parser;
use corpusql::cli::{self, CommandLine};
use corpusql::error::Error;

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
    match cli::run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// The message, its causes, the next step.
fn report(error: &Error) {
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        eprintln!("  caused by: {inner}");
        cause = inner.source();
    }
    if let Some(hint) = error.next_step() {
        eprintln!("hint: {hint}");
    }
}
