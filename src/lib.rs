//! CorpuSQL: a columnar dataflow engine for the training data of language models.
//!
//! Every quality signal is a column, every filter is a SQL query, every export can be made again.
//!
//! ```text
//!    inputs              measure               judge                  sink
//!  Parquet, JSONL        udfs/                 queries/           Parquet, JSONL
//!  ┌───────────┐      ┌──────────────┐      ┌──────────────┐      ┌────────────┐
//!  │ documents │─────▶│ layers of    │─────▶│ rules,       │─────▶│ shards,    │
//!  │ id, text  │      │ signals      │      │ verdicts     │      │ manifest   │
//!  └───────────┘      └──────────────┘      └──────────────┘      └────────────┘
//! ```
//!
//! *Functions measure, queries judge, the engine moves batches.* The modules below stand in the order
//! in which data flows through them.

pub mod error;
pub mod progress;
pub mod session;
mod allocator;
pub mod ingest;
pub mod corpus;
pub mod query;
pub mod annotate;
pub mod dedup;
pub mod decontaminate;
pub mod filter;
pub mod mix;
pub mod export;
pub mod inspect;
pub mod recipe;
pub mod output;
pub mod cli;
