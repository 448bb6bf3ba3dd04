//! The command line: one file per command, and the options that all commands share.

mod annotate;
mod decontaminate;
mod dedup;
mod export;
mod filter;
mod functions;
mod ingest;
mod inspect;
mod mix;
mod queries;
mod run;
mod selection;
mod sql;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::allocator;
use crate::error::{Error, Result};
use crate::session::{Engine, Options, on_threads, parse_size};

/// Threads beyond this are a slip of the keyboard.
const MOST_THREADS: usize = 1024;

/// SQL over the training data of language models.
#[derive(Parser, Debug)]
#[command(
    name = "corpusql",
    version,
    about,
    max_term_width = 100,
    propagate_version = true
)]
pub struct CommandLine {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Debug)]
struct Shared {
    /// Stay within this much memory (256MB, 2GB, …); what does not fit is spilled
    #[arg(long, global = true, value_name = "SIZE", value_parser = parse_size, help_heading = "Everywhere")]
    memory_limit: Option<usize>,
    /// Worker threads [default: all cores]
    #[arg(long, global = true, value_name = "N", help_heading = "Everywhere")]
    threads: Option<std::num::NonZeroUsize>,
    /// Rows of a batch inside plans; results do not depend on it
    #[arg(
        long,
        global = true,
        value_name = "ROWS",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    batch_size: Option<std::num::NonZeroUsize>,
    /// Folder for what does not fit in memory [default: the system's temporary folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    spill_folder: Option<PathBuf>,
    /// UT1 blocklist for rps_doc_ut1_blacklist: a folder of categories or a JSON map of domains to ids
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "CORPUSQL_UT1",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    ut1: Option<PathBuf>,
    /// Lists of datatrove's URL filter: a folder with domains, urls and three lists of words
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "CORPUSQL_URL_LISTS",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    url_lists: Option<PathBuf>,
    /// Public Suffix List for url_domain [default: the one of 2025-04-07]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CORPUSQL_PUBLIC_SUFFIXES",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    public_suffixes: Option<PathBuf>,
    /// fastText model for language_id and language_score, lid.176.ftz for instance
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "CORPUSQL_LID",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    lid: Option<PathBuf>,
    /// Folder of queries that come before the built-in ones (filters/, layers/, …)
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "CORPUSQL_QUERIES",
        hide_short_help = true,
        help_heading = "Everywhere"
    )]
    queries: Option<PathBuf>,
    /// No progress and no words, only results and errors
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    quiet: bool,
}

impl Shared {
    /// `options` with what the user has given.
    fn over(&self, options: Options) -> Options {
        Options {
            threads: self
                .threads
                .map_or(options.threads, std::num::NonZeroUsize::get),
            memory_limit: self.memory_limit.or(options.memory_limit),
            batch_size: self
                .batch_size
                .map_or(options.batch_size, std::num::NonZeroUsize::get),
            quiet: self.quiet || options.quiet,
            spill_folder: self.spill_folder.clone().or(options.spill_folder),
            ut1: self.ut1.clone().or(options.ut1),
            url_lists: self.url_lists.clone().or(options.url_lists),
            public_suffixes: self.public_suffixes.clone().or(options.public_suffixes),
            lid: self.lid.clone().or(options.lid),
            queries: self.queries.clone().or(options.queries),
        }
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    Ingest(ingest::Ingest),
    Annotate(annotate::Annotate),
    Dedup(dedup::Dedup),
    Decontaminate(decontaminate::Decontaminate),
    Sql(sql::Sql),
    Filter(filter::Filter),
    Mix(mix::Mix),
    Export(export::Export),
    Run(run::Run),
    Inspect(inspect::Inspect),
    Functions(functions::Functions),
    Queries(queries::Queries),
}

/// Runs one command to its end.
pub fn run(command_line: CommandLine) -> Result<()> {
    let shared = command_line.shared;
    let options = match &command_line.command {
        // The command line wins over what a recipe says.
        Command::Run(run) => shared.over(run.options(shared.over(Options::default()))?),
        _ => shared.over(Options::default()),
    };
    if options.threads > MOST_THREADS {
        return Err(Error::user(format!(
            "--threads {} is more than {MOST_THREADS}",
            options.threads
        ))
        .hint("more threads than cores do not help; leave it out to use all cores"));
    }
    match options.memory_limit {
        Some(_) => allocator::keep_little(),
        None => allocator::keep_ready(),
    }
    let engine = Engine::new(options)?;
    on_threads(engine.options().threads, async move {
        match command_line.command {
            Command::Ingest(command) => command.run(&engine).await,
            Command::Annotate(command) => command.run(&engine).await,
            Command::Dedup(command) => command.run(&engine).await,
            Command::Decontaminate(command) => command.run(&engine).await,
            Command::Sql(command) => command.run(&engine).await,
            Command::Filter(command) => command.run(&engine).await,
            Command::Mix(command) => command.run(&engine).await,
            Command::Export(command) => command.run(&engine).await,
            Command::Run(command) => command.run(&engine).await,
            Command::Inspect(command) => command.run(&engine).await,
            Command::Functions(command) => command.run(&engine).await,
            Command::Queries(command) => command.run(&engine).await,
        }
    })?
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
