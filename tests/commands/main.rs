//! Every command, run as a user runs it: the built program in a folder of its own.
//!
//! One module per command, and one for what concerns several: `support` runs the program.

mod annotate;
mod damage;
mod decontaminate;
mod dedup;
mod dedup_keys;
mod dedup_semantic;
mod dedup_simhash;
mod dedup_spans;
mod dedup_substrings;
mod distinct;
mod export;
mod filter;
mod filter_page;
mod filter_views;
mod functions;
mod golden;
mod golden_dedup;
mod golden_filters;
mod hand_worked;
mod hostile_dedup;
mod ingest;
mod inspect;
mod licences;
mod memory;
mod mix;
mod queries;
mod recipe;
mod sql;
mod support;
mod words;
